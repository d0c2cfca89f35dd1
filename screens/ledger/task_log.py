"""The log of a task: its container's, else the file of its worker."""

import asyncio

from pixel_tui.ledger.reading.places import LedgerPlace
from pixel_tui.ledger.reading.task import Task
from pixel_tui.ledger.view.log_place import TaskLogPlace as Found
from pixel_tui.ledger.view.log_place import log_of
from pixel_tui.ledger.view.view import LedgerView
from pixel_tui.logs.activity import Activity
from pixel_tui.stack.feed.feed import LogFeed, LogTarget
from pixel_tui.stack.feed.file import FileFeed
from pixel_tui.stack.watch.observer import Observer
from widgets.logs.pane import LogPane


class TaskLog:
    """Follows the log of one task.

    Args:
        observer: The source of containers' logs.
        place: The paths of the ledger's files.
    """

    def __init__(self, observer: Observer, place: LedgerPlace) -> None:
        self._observer = observer
        self._place = place
        self._shown: tuple[str, str] | None = None
        """The followed container's id, or the followed file's path."""
        self._feed: LogFeed | None = None

    async def follow(self, task: Task, view: LedgerView, pane: LogPane) -> None:
        """Show the current log of the task, if it is not shown already."""
        found = await asyncio.to_thread(log_of, task, view, self._place) or Found()
        container = found.worker.container if found.worker is not None else None
        what = (container.id if container is not None else "", str(found.path or ""))
        if what == self._shown:
            return
        self.close()
        self._shown = what
        if container is not None:
            self._feed = self._observer.follow_logs((LogTarget(container.service, container.id),))
            pane.show(self._feed, f"Log  {container.name}", Activity())
        elif found.path is not None:
            self._feed = FileFeed(found.path, found.path.name)
            pane.show(self._feed, f"Log  {found.path.relative_to(self._place.project)}")
        else:
            pane.show(None, "Log  not kept")

    def close(self) -> None:
        """Close the feed."""
        if self._feed is not None:
            self._feed.close()
            self._feed = None
