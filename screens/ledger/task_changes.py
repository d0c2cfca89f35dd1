"""The protocol for changes of tasks."""

from typing import Protocol

from textual.screen import Screen

from pixel_tui.ledger.reading.task import Task


class TaskChanges(Protocol):
    """Plans changes of tasks; a read-only console has none."""

    def list_actions(self, screen: Screen[None], task: Task | None) -> None:
        """List the actions on a task; without one, on the ledger."""
        ...

    def queue_task(self, screen: Screen[None]) -> None:
        """Ask for a new task, and show the plan that queues it."""
        ...
