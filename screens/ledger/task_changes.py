"""What leads from tasks to changes."""

from typing import Protocol

from textual.screen import Screen

from pixel_tui.ledger.reading.task import Task


class TaskChanges(Protocol):
    """What leads from tasks to changes. It does not exist in a read-only console."""

    def offer_for_task(self, screen: Screen[None], task: Task | None) -> None:
        """List what can be done to a task; of none, to the ledger as a whole."""
        ...

    def queue_task(self, screen: Screen[None]) -> None:
        """Ask for a new task."""
        ...
