"""The seam between the service layer and everything that looks at a stack."""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from pixel_tui.stack.feed.feed import LogFeed, LogTarget
from pixel_tui.stack.model.container import Container, UsageTable
from pixel_tui.stack.model.snapshot import StackEvent, StackSnapshot

if TYPE_CHECKING:
    from pixel_tui.stack.feed.history import LogHistory


class Topic(StrEnum):
    """What has changed."""

    SNAPSHOT = "snapshot"
    USAGE = "usage"
    EVENTS = "events"


Listener = Callable[[Topic], None]


class Observer(Protocol):
    """Looks at one stack and keeps the newest picture of it.

    The properties never block. Whoever wants to know of changes subscribes; the
    listener is called on a thread of the service layer, must return at once, and
    reads the property that its topic names (so that a slow one skips pictures
    and never queues them).
    """

    @property
    def snapshot(self) -> StackSnapshot:
        """The stack as last seen; a lost engine is a state in it, never an exception."""
        ...

    @property
    def usage(self) -> UsageTable:
        """What the running containers use."""
        ...

    @property
    def events(self) -> Sequence[StackEvent]:
        """The last engine events, oldest first, bounded."""
        ...

    def start(self) -> None:
        """Begin to look. Returns at once."""
        ...

    def close(self) -> None:
        """Stop looking and end every stream. May be called twice."""
        ...

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call the listener on each change, until the returned function is called."""
        ...

    def refresh(self) -> None:
        """Read compose and the engine again, now. Returns at once."""
        ...

    def watch_usage(self, *, wanted: bool) -> None:
        """Say whether anybody looks at the figures; unwanted ones are not asked for."""
        ...

    def inspect(self, container_id: str) -> Container:
        """One container as it is now, health log included. Blocks.

        Raises:
            EngineError: It can't be asked, or there is no such container.
        """
        ...

    def follow_logs(self, targets: Sequence[LogTarget]) -> LogFeed:
        """Follow logs across the lives of their containers, in one stream.

        Args:
            targets: Whose logs; those of every service of the stack where there are none.
        """
        ...

    def log_history(self, targets: Sequence[LogTarget]) -> "LogHistory":
        """What the engine has of some logs; of every service where there are no targets."""
        ...
