"""The lock file that prevents a second worker from being started."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from pixel_tui.ledger.file.json_edit import serialize
from pixel_tui.ledger.reading.task import parse_time
from pixel_tui.stack.model.json_value import Node, load_object
from pixel_tui.text import SafeText

STARTING_SECONDS: Final = 60.0
"""How long a lock may exist before its worker does."""


@dataclass(frozen=True, slots=True)
class WorkerLock:
    """A worker lock and its holder."""

    task: SafeText
    """The task's id; empty if the file does not say."""
    created: datetime | None
    """When it was created; if the file does not say, when it was written."""

    def starting(self, now: datetime) -> bool:
        """Whether it is so new that its worker may not exist yet."""
        if self.created is None:
            return False
        return -STARTING_SECONDS < (now - self.created).total_seconds() < STARTING_SECONDS


def parse_lock(raw: bytes, written: float) -> WorkerLock:
    """Parse a lock file; an invalid one is a lock all the same.

    Args:
        raw: The file.
        written: The file's modification time, in seconds since 1970.
    """
    at = datetime.fromtimestamp(written, UTC)
    try:
        node = Node(load_object(raw))
    except ValueError:
        return WorkerLock(SafeText(""), at)
    return WorkerLock(node["taskId"].text, parse_time(node["createdAt"].raw) or at)


def lock_content(task_id: str, now: datetime) -> bytes:
    """Return the content of a lock file, as syntropy writes it."""
    return serialize({"taskId": task_id, "createdAt": stamp(now)}, indent="  ")


def stamp(at: datetime) -> str:
    """Format a time as syntropy does: `2026-03-01T10:42:07.123Z`."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
