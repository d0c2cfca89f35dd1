"""The protocol between the service layer and everything that shows a stack."""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from pixel_tui.stack.feed.feed import LogFeed, LogTarget
from pixel_tui.stack.model.container import Container, UsageTable
from pixel_tui.stack.model.snapshot import StackEvent, StackSnapshot

if TYPE_CHECKING:
    from pixel_tui.stack.feed.history import LogHistory


class Topic(StrEnum):
    """What a notification is about."""

    SNAPSHOT = "snapshot"
    USAGE = "usage"
    EVENTS = "events"


Listener = Callable[[Topic], None]


class Observer(Protocol):
    """Watches one stack and keeps its newest snapshot.

    The properties never block. Listeners are called on a thread of the service layer and must
    return at once. They read the property of the topic, so that a slow listener skips states
    instead of queueing them.
    """

    @property
    def snapshot(self) -> StackSnapshot:
        """The newest snapshot; a lost engine is a state in it, not an exception."""
        ...

    @property
    def usage(self) -> UsageTable:
        """The stats of the running containers."""
        ...

    @property
    def events(self) -> Sequence[StackEvent]:
        """The last engine events, oldest first, limited in number."""
        ...

    def start(self) -> None:
        """Start to watch. Returns at once."""
        ...

    def close(self) -> None:
        """Stop watching and close every stream. May be called twice."""
        ...

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call the listener on each change, until the returned function is called."""
        ...

    def refresh(self) -> None:
        """Read compose and the engine again, now. Returns at once."""
        ...

    def watch_usage(self, *, wanted: bool) -> None:
        """Turn the stats on or off."""
        ...

    def inspect(self, container_id: str) -> Container:
        """Read the present state of one container, including its health log. Blocks.

        Raises:
            EngineError: The engine can't be reached, or there is no such container.
        """
        ...

    def follow_logs(self, targets: Sequence[LogTarget]) -> LogFeed:
        """Follow logs in one stream, across recreations of their containers.

        Args:
            targets: Services or containers; every service of the stack if empty.
        """
        ...

    def log_history(self, targets: Sequence[LogTarget]) -> "LogHistory":
        """Return the past of logs; those of every service if there are no targets."""
        ...
