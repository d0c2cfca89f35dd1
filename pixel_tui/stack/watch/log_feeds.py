"""The logs that are followed while a stack is watched."""

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
    from pixel_tui.stack.feed.marks import RunsKnown
    from pixel_tui.stack.feed.overlap import ReadPosition
    from pixel_tui.stack.feed.stream import LogStream


class LogFeeds:
    """Opens logs, and lets each that is open know of every new snapshot.

    It has no thread of its own: the feeds have theirs, and `snapshot_changed` comes on the
    containers' thread. Its lock guards the list of open feeds alone, and is never held while
    one of them is called. What only a log needs is imported with the first one.

    Args:
        engine: How logs are asked for.
        snapshot: The stack as it is now.
        runs: What is known of the runs of a container's process.
        tail: How many lines of each container's history a log begins with.
    """

    def __init__(
        self,
        engine: EngineReader,
        *,
        snapshot: Callable[[], StackSnapshot],
        runs: "RunsKnown",
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
        """Follow logs for a screen. After `close` it returns a closed feed."""
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
        """Follow logs from where they were read to, and give the lines away as they come.

        Args:
            targets: Whose logs; those of every service if there are none.
            sink: Gets the lines, on several threads; what it waits for holds the log up.
            reached: How far each container was read, by its id.
        """
        self._open(self._follower(targets, sink, reached))

    def history(self, targets: Sequence[LogTarget]) -> "LogHistory":
        """What the engine has of some logs; of every service if there are no targets."""
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
        """Let every open feed know that the stack is not as it was."""
        with self._lock:
            feeds = list(self._feeds)
        for feed in feeds:
            feed.snapshot_changed()

    def close(self) -> None:
        """Close every feed, and each that is opened from now on."""
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
