"""The open log feeds of a watched stack."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from pixel_tui.stack.feed.feed import LogFeed, LogTarget
from pixel_tui.stack.feed.ring import LogLine
from pixel_tui.stack.model.snapshot import StackSnapshot
from pixel_tui.stack.model.source import EngineReader

if TYPE_CHECKING:
    from pixel_tui.stack.feed.follower import LogFollower
    from pixel_tui.stack.feed.history import LogHistory
    from pixel_tui.stack.feed.marks import RunReader
    from pixel_tui.stack.feed.overlap import ReadPosition
    from pixel_tui.stack.feed.stream import LogStream


class LogFeeds:
    """Opens log feeds, and notifies the open ones of every new snapshot.

    It has no thread of its own: the feeds have theirs, and `snapshot_changed` is called on the
    containers' thread. Its lock guards only the list of open feeds, and is not held while a feed is
    called. Modules needed only for logs are imported with the first feed.

    Args:
        engine: The engine to read from.
        snapshot: Returns the present snapshot.
        runs: Reads the runs of a container's process.
        tail: The number of past lines of each container to start with.
    """

    def __init__(
        self,
        engine: EngineReader,
        *,
        snapshot: Callable[[], StackSnapshot],
        runs: "RunReader",
        tail: int,
    ) -> None:
        self._engine = engine
        self._snapshot = snapshot
        self._runs = runs
        self._tail = tail
        self._lock = threading.Lock()
        self._feeds: list[LogStream | LogFollower] = []
        self._closed = False

    def follow(self, targets: Sequence[LogTarget]) -> LogFeed:
        """Follow logs for a screen. After `close`, a closed feed is returned."""
        from pixel_tui.stack.feed.stream import LogStream

        feed = LogStream(self._engine, partial(self._follower, targets), monotonic=time.monotonic)
        self._open(feed)
        return feed

    def follow_into(
        self,
        targets: Sequence[LogTarget],
        sink: Callable[[Sequence[LogLine]], None],
        reached: "Mapping[str, ReadPosition]",
    ) -> None:
        """Follow logs from given positions, and pass the lines to a sink.

        Args:
            targets: Services or containers; every service if empty.
            sink: Receives the lines on several threads; if it blocks, so does the log.
            reached: Container id to the position from which to continue.
        """
        self._open(self._follower(targets, sink, reached))

    def history(self, targets: Sequence[LogTarget]) -> "LogHistory":
        """Return the past of logs; those of every service if there are no targets."""
        from pixel_tui.stack.feed.history import LogHistory

        snapshot = self._snapshot()
        names = [item.service for item in targets] or [item.name for item in snapshot.services]
        services = [snapshot.service(name) for name in names]
        alone = {item.container_id for item in targets if item.container_id is not None}
        containers = [item for service in services if service for item in service.containers]
        return LogHistory(
            self._engine, [item for item in containers if not alone or item.id in alone]
        )

    def snapshot_changed(self) -> None:
        """Notify every open feed of a change of the snapshot."""
        with self._lock:
            feeds = list(self._feeds)
        for feed in feeds:
            feed.snapshot_changed()

    def close(self) -> None:
        """Close every feed, and every feed that is opened from now on."""
        with self._lock:
            self._closed = True
            feeds = list(self._feeds)
        for feed in feeds:
            feed.close()

    def _follower(
        self,
        targets: Sequence[LogTarget],
        sink: Callable[[Sequence[LogLine]], None],
        reached: "Mapping[str, ReadPosition] | None",
    ) -> "LogFollower":
        from pixel_tui.stack.feed.follower import LogFollower

        return LogFollower(
            self._engine,
            targets,
            sink=sink,
            snapshot=self._snapshot,
            runs=self._runs,
            tail=self._tail,
            reached=reached,
        )

    def _open(self, feed: "LogStream | LogFollower") -> None:
        with self._lock:
            self._feeds = [*(item for item in self._feeds if not item.closed), feed]
        feed.start()
        if self._closed:
            feed.close()
