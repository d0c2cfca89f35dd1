"""What a screen sees of a log that is being followed."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

from pixel_tui.stack.feed.ring import Ring
from pixel_tui.text import NO_TEXT, SafeText

TAIL: Final = 1000
"""Lines of its past with which a log begins."""


class FeedState(StrEnum):
    """How a followed log stands."""

    CONNECTING = "connecting"
    LIVE = "live"
    WAITING = "waiting"
    """There is no running container: what was written is shown, and the next life awaited."""
    REFUSED = "refused"
    """The engine can't give this log: see the reason."""
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class FeedStatus:
    """The state of a feed and, where it is not live, why and what to do."""

    state: FeedState
    reason: SafeText = NO_TEXT
    remedy: SafeText = NO_TEXT


@dataclass(frozen=True, slots=True)
class LogTarget:
    """What is wanted of a stack's logs: a service, or one of its containers."""

    service: str
    container_id: str | None = None
    """Only this container, and what replaces it under its name."""


@dataclass(frozen=True, slots=True)
class Source:
    """A container whose lines a feed holds."""

    container: SafeText
    """Its name, as a line's `source` says it."""
    service: SafeText
    label: SafeText
    """Short and unique in the feed: the service, with the number where there are several."""


@dataclass(frozen=True, slots=True)
class HistoryExtent:
    """How the kept lines lie in what the engine has."""

    first: bool = False
    """Nothing older is to be had."""
    last: bool = True
    """What comes is appended; else this is a part of the past, and `newer` reads on."""
    loading: bool = False
    """More is being read at somebody's wish."""
    trouble: SafeText = NO_TEXT
    """Why the last wish could not be met."""


class LogFeed(Protocol):
    """The logs of some containers in one stream. Everything may be called from any thread.

    It begins at the end and follows. The wishes return at once; what they bring appears in
    the ring, and `reach` tells that it is still being read. One that comes while another is
    under way takes its place, but for `older` and `newer`, which are dropped then.
    """

    ring: Ring

    @property
    def status(self) -> FeedStatus:
        """How it stands now."""
        ...

    @property
    def sources(self) -> tuple[Source, ...]:
        """The containers whose lines it holds or has held, in the order of the stack."""
        ...

    @property
    def reach(self) -> HistoryExtent:
        """How the kept lines lie in what the engine has."""
        ...

    def older(self) -> None:
        """Put a page of older lines before the first one.

        Where the ring is full, its last lines make room, and the feed stands in the past.
        """
        ...

    def newer(self) -> None:
        """In the past: append a page of newer lines; at the end, follow again."""
        ...

    def to_first(self) -> None:
        """Hold the very first lines that the engine has."""
        ...

    def to_last(self) -> None:
        """Hold the last lines and follow."""
        ...

    def to_moment(self, at: datetime) -> None:
        """Hold the lines around a moment."""
        ...

    def mark(self, words: str, at: datetime, source: str = "") -> None:
        """Say in the stream what happened, such as an operation of the console.

        Args:
            words: What happened.
            at: When; the mark finds its place among the lines of that time.
            source: The container that it is about; empty for all of the stack.
        """
        ...

    def close(self) -> None:
        """Stop following. Returns at once; may be called twice."""
        ...
