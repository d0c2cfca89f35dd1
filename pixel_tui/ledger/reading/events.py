"""Reads the events of workers from `worker-events.json`."""

from dataclasses import dataclass
from datetime import datetime

from pixel_tui.ledger.reading.task import parse_time
from pixel_tui.stack.model.json_value import Node, load_object
from pixel_tui.text import NO_TEXT, SafeText


@dataclass(frozen=True, slots=True)
class WorkerEvent:
    """An event of a worker."""

    task: SafeText
    """The task's id."""
    container: SafeText
    kind: SafeText
    """`spawn`, `complete`, `failed`, `aborted`, or another word."""
    at: datetime | None
    exit_code: int | None = None
    error: SafeText = NO_TEXT


def parse_events(raw: bytes) -> tuple[WorkerEvent, ...]:
    """Parse the events of a file, in its order; invalid ones are left out.

    Raises:
        ValueError: The file is not valid.
    """
    return tuple(
        WorkerEvent(
            task=node["taskId"].text,
            container=node["containerName"].text,
            kind=node["eventType"].text,
            at=parse_time(node["timestamp"].raw),
            exit_code=node["exitCode"].integer if isinstance(node["exitCode"].value, int) else None,
            error=node["error"].text,
        )
        for node in Node(load_object(raw))["events"]
        if node["taskId"].raw
    )
