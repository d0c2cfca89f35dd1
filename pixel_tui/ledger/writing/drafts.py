"""Drafts of tasks, stored first so that a plan can name them.

The instructions may be long and confidential, so they are not passed as a program's argument,
which every user of the machine could read.
"""

import uuid
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from pixel_tui.errors import FileError, OperationError
from pixel_tui.files import read_regular, replace_file
from pixel_tui.ledger.file.json_edit import members_of, serialize
from pixel_tui.ledger.reading.task import Task, TaskType, parse_task
from pixel_tui.ledger.reading.worker_lock import stamp
from pixel_tui.ledger.writing.versions import old_versions_folder
from pixel_tui.stack.model.json_value import JsonObject

MAX_DRAFT_BYTES: Final = 1024 * 1024
ATTEMPTS: Final = {TaskType.SYNTROPY_REBUILD: 1}
"""Attempts by type; three for any other."""
TEMPLATE: Final = """\
What to change, and where:

How to see that it works:
"""
"""The initial text in the editor."""


@dataclass(frozen=True, slots=True)
class TaskDraft:
    """A task that is not queued yet."""

    task: Task
    value: JsonObject
    """The task as it will be in the ledger."""


def new_task(
    text: str, *, now: datetime, kind: TaskType = TaskType.OPENCODE, context: str = "",
    task_id: str = "",
) -> JsonObject:  # fmt: skip
    """Return a task as syntropy would write it.

    Raises:
        OperationError: The text is empty.
    """
    if not text.strip():
        raise OperationError("The task has no text.")
    payload: JsonObject = {"task": text, "context": context} if context else {"task": text}
    return {
        "id": task_id or str(uuid.uuid4()),
        "status": "pending",
        "createdAt": stamp(now),
        "type": kind.value,
        "payload": payload,
        "attempts": 0,
        "maxAttempts": ATTEMPTS.get(kind, 3),
    }


def drafts_of(state: Path, project: Path) -> "TaskDrafts":
    """Return the drafts for a project's ledger, in the state folder."""
    return TaskDrafts(old_versions_folder(state, project))


class TaskDrafts:
    """A folder of drafts, private to its user.

    Args:
        folder: Their folder; created when needed.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def save(self, value: JsonObject) -> str:
        """Save a task as a draft and return its id.

        Raises:
            FileError: It can't be written.
        """
        task_id = str(value["id"])
        replace_file(self._path(task_id), serialize(value, indent="  "))
        return task_id

    def list(self) -> tuple[TaskDraft, ...]:
        """Return all readable drafts, newest first."""
        found = []
        for path in self.folder.glob("draft-*.json"):
            with suppress(OSError, ValueError):
                raw = read_regular(path, MAX_DRAFT_BYTES)
                value = members_of(raw)
                found.append(TaskDraft(parse_task(raw, value), value))
        found.sort(key=lambda draft: str(draft.value.get("createdAt")), reverse=True)
        return tuple(found)

    def find(self, task_id: str) -> TaskDraft:
        """Return the draft with this id.

        Raises:
            FileError: There is none.
        """
        for draft in self.list():
            if draft.task.id == task_id:
                return draft
        raise FileError("No such draft of a task.", on=task_id)

    def remove(self, task_id: str) -> None:
        """Remove a draft."""
        with suppress(OSError):
            self._path(task_id).unlink()

    def _path(self, task_id: str) -> Path:
        # The id is a UUID of ours, so the path stays in the folder.
        return self.folder / f"draft-{uuid.UUID(task_id)}.json"
