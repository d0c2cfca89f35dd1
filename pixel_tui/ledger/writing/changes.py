"""The possible changes of a ledger, each a function from the current file to the next. Pure.

Each refuses if the task is no longer in the required state.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from pixel_tui.errors import NothingToDo, OperationError
from pixel_tui.ledger.file.document import LedgerDocument
from pixel_tui.ledger.file.json_edit import with_members
from pixel_tui.ledger.reading.task import Task, TaskStatus
from pixel_tui.ledger.reading.worker_lock import stamp
from pixel_tui.ledger.writing.store import Change
from pixel_tui.stack.model.json_value import JsonObject, JsonValue

_RUN_FIELDS: Final = frozenset(
    {"startedAt", "completedAt", "workerId", "workerPid", "exitCode", "error"}
)


def add(value: JsonObject) -> Change:
    """Queue a task."""

    def apply(document: LedgerDocument[Task]) -> bytes:
        if any(task.id == value["id"] for task in document.items):
            raise NothingToDo("It is already queued.", on=str(value["id"]))
        return document.appended(value)

    return apply


def abort(
    task_id: str,
    reason: str,
    *,
    now: datetime,
    exit_code: int | None = None,
    only_running: bool = False,
) -> Change:
    """Abort a task that has not ended.

    Args:
        task_id: The task's id.
        reason: The reason, which becomes its error.
        now: The time.
        exit_code: Its container's exit code, if known.
        only_running: Do nothing unless it is running, because it may have ended by itself.
    """

    def apply(document: LedgerDocument[Task]) -> bytes:
        index, task = _find(document, task_id)
        if task.status.ended:
            raise NothingToDo(f"The task is already {task.status.value}.", on=task.short)
        if only_running and task.status is not TaskStatus.RUNNING:
            raise NothingToDo(f"The task is {task.status_text}.", on=task.short)
        changed: dict[str, JsonValue] = {
            "status": TaskStatus.ABORTED.value,
            "completedAt": stamp(now),
            "error": reason,
        }
        if exit_code is not None:
            changed["exitCode"] = exit_code
        return _with_changes(document, index, changed)

    return apply


def queue_again(task_id: str, allowed: frozenset[TaskStatus]) -> Change:
    """Queue a task again, if it has attempts left.

    Its output stays until the next run replaces it; its error is kept as that of the last
    attempt.

    Args:
        task_id: The task's id.
        allowed: The statuses from which it may be queued again.
    """

    def apply(document: LedgerDocument[Task]) -> bytes:
        index, task = _find(document, task_id)
        if task.status is TaskStatus.PENDING:
            raise NothingToDo("The task is already pending.", on=task.short)
        if task.status not in allowed:
            raise OperationError(f"The task is {task.status_text} now.", on=task.short)
        if not task.tries_left:
            raise OperationError(
                f"The task has had {task.tries} of {task.max_attempts} attempts.", on=task.short
            )
        changed: dict[str, JsonValue] = {"status": TaskStatus.PENDING.value}
        if task.tries != task.attempts:
            changed["attempts"] = task.tries
        changed["lastAttemptError"] = task.error or _end_description(task)
        return _with_changes(document, index, changed, _RUN_FIELDS)

    return apply


def count_attempt(task_id: str, before: int) -> Change:
    """Count an attempt that has started, unless its worker has counted it.

    Args:
        task_id: The task's id.
        before: The number of attempts before.
    """

    def apply(document: LedgerDocument[Task]) -> bytes:
        index, task = _find(document, task_id)
        if task.attempts != before:
            raise NothingToDo("It is already counted.", on=task.short)
        return _with_changes(document, index, {"attempts": before + 1})

    return apply


def _end_description(task: Task) -> str:
    if task.status is TaskStatus.RUNNING:
        return "Its worker no longer exists"
    if task.exit_code is not None:
        return f"It exited with exit code {task.exit_code}"
    return f"It was {task.status_text}"


def _find(document: LedgerDocument[Task], task_id: str) -> tuple[int, Task]:
    """Return the only task with this id, and its index."""
    found = [(index, task) for index, task in enumerate(document.items) if task.id == task_id]
    if not found or not task_id:
        raise OperationError("No such task in the ledger.", on=task_id)
    if len(found) > 1:
        raise OperationError(
            f"{len(found)} tasks have this id.", on=task_id, hint="Fix that by hand first."
        )
    return found[0]


def _with_changes(
    document: LedgerDocument[Task],
    index: int,
    changed: Mapping[str, JsonValue],
    removed: frozenset[str] = frozenset(),
) -> bytes:
    raw = document.entries[index].raw
    return document.replaced(index, with_members(raw, changed=changed, removed=removed))
