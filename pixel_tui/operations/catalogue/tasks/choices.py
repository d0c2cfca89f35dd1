"""The tasks that an action can use, and which one was chosen."""

from collections.abc import Callable, Sequence

from pixel_tui.errors import NothingToDo, OperationError
from pixel_tui.ledger.reading.task import Task, TaskStatus, shown
from pixel_tui.operations.catalogue.tasks.workers import fingerprint_workers
from pixel_tui.operations.planning.action import Choice
from pixel_tui.operations.planning.draft import PlanDraft
from pixel_tui.operations.planning.facts import Facts
from pixel_tui.stack.model.snapshot import StackSnapshot
from pixel_tui.text import plain


def why_no_ledger(snapshot: StackSnapshot, facts: Facts) -> str:
    """Return why there is no usable ledger; empty if there is one."""
    reading = facts.ledger.reading
    if reading.trouble is not None:
        return f"{reading.trouble.what} {reading.trouble.hint}"
    fix = f"`{snapshot.typed.pixel_tui} ledger add` creates one"
    return "" if reading.present else f"There is no task ledger (data/task-ledger.json): {fix}."


def why_ledger_unreadable(_snapshot: StackSnapshot, facts: Facts) -> str:
    """Return why the ledger can't be read; empty if it can, or if it does not exist yet."""
    trouble = facts.ledger.reading.trouble
    return f"{trouble.what} {trouble.hint}" if trouble is not None else ""


def choices_of(*statuses: TaskStatus) -> Callable[[Facts], Sequence[Choice]]:
    """Return a function that lists the tasks of these statuses, newest first."""

    def choices(facts: Facts) -> Sequence[Choice]:
        found = [task for task in facts.ledger.reading.tasks if task.status in statuses and task.id]
        return tuple(
            Choice(task.id, plain(f"{task.short}  {task.status_text:<9}  {shown(task.headline)}"))
            for task in reversed(found)
        )

    return choices


def chosen_task(draft: PlanDraft) -> Task:
    """Return the task of the draft, and set the draft's subject and reason.

    Raises:
        OperationError: There is no task of that id, or there are several.
    """
    found = draft.facts.ledger.reading.named(draft.subject)
    if not found:
        raise OperationError(
            "No such task.",
            on=draft.subject,
            hint=f"See `{draft.snapshot.typed.pixel_tui} ledger list`.",
        )
    if len(found) > 1:
        same = len({task.id for task in found}) == 1
        why = "Several tasks have this id" if same else "Several ids start with that"
        raise OperationError(f"{why}.", on=draft.subject)
    (task,) = found
    fingerprint_workers(draft)
    draft.subject = plain(task.short)
    draft.reason = plain(f"{task.status_text}: {shown(task.headline)}")
    return task


def require_status(task: Task, *statuses: TaskStatus) -> None:
    """Raise `NothingToDo` if the task's status is none of these."""
    if task.status not in statuses:
        raise NothingToDo(f"The task {task.short} is {task.status_text or 'odd'}.")


def require_attempts_left(
    task: Task, hint: str = "Queue it as a new task if you want to try again."
) -> None:
    """Raise `OperationError` if the task has no attempts left."""
    if not task.tries_left:
        raise OperationError(
            f"The task has had {task.tries} of {task.max_attempts} attempts.",
            on=task.short,
            hint=hint,
        )
