"""The protocol of a followed log, as used by screens."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

from pixel_tui.stack.feed.ring import Ring
from pixel_tui.text import NO_TEXT, SafeText

TAIL: Final = 1000
"""The number of past lines that a log starts with."""


class FeedState(StrEnum):
    """The state of a followed log."""

    CONNECTING = "connecting"
    LIVE = "live"
    WAITING = "waiting"
    """There is no running container: past lines are shown until one starts."""
    REFUSED = "refused"
    """The engine can't return this log, for the given reason."""
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class FeedStatus:
    """The state of a feed and, if it is not live, the reason and the fix."""

    state: FeedState
    reason: SafeText = NO_TEXT
    hint: SafeText = NO_TEXT


@dataclass(frozen=True, slots=True)
class LogTarget:
    """The logs to follow: those of a service, or of one of its containers."""

    service: str
    container_id: str | None = None
    """If set, only this container, and its replacements with the same name."""


@dataclass(frozen=True, slots=True)
class Source:
    """A container whose lines a feed has."""

    container: SafeText
    """Its name, which is the `source` of its lines."""
    service: SafeText
    label: SafeText
    """Short and unique in the feed: the service, with the number if there are several."""


@dataclass(frozen=True, slots=True)
class HistoryExtent:
    """The position of the kept lines in the complete logs."""

    first: bool = False
    """There are no older lines."""
    last: bool = True
    """New lines are appended; if not, the lines are from the past, and `newer` reads on."""
    loading: bool = False
    """More lines are being read on request."""
    trouble: SafeText = NO_TEXT
    """Why the last request failed."""


class LogFeed(Protocol):
    """The logs of some containers in one stream. Thread-safe.

    It starts at the end and follows. Requests return at once; the lines appear in the ring, and
    `reach` shows that they are still being read. A new request replaces a running one, except
    `older` and `newer`, which are then ignored.
    """

    ring: Ring

    @property
    def status(self) -> FeedStatus:
        """The present state."""
        ...

    @property
    def sources(self) -> tuple[Source, ...]:
        """The containers whose lines it has or has had, in the order of the stack."""
        ...

    @property
    def reach(self) -> HistoryExtent:
        """The position of the kept lines in the complete logs."""
        ...

    def older(self) -> None:
        """Insert a page of older lines before the first one.

        If the ring is full, its last lines are dropped, and following ends.
        """
        ...

    def newer(self) -> None:
        """Append a page of newer lines, if not at the end; follow when the end is reached."""
        ...

    def jump_to_first(self) -> None:
        """Go to the first lines that the engine has."""
        ...

    def jump_to_last(self) -> None:
        """Go to the last lines and follow."""
        ...

    def jump_to_time(self, at: datetime) -> None:
        """Go to the lines around a time."""
        ...

    def mark(self, words: str, at: datetime, source: str = "") -> None:
        """Insert a mark into the stream, for example about an operation.

        Args:
            words: The text.
            at: The time, by which the mark is sorted between the lines.
            source: The name of the container; empty for the complete stack.
        """
        ...

    def close(self) -> None:
        """Stop following. Returns at once; may be called twice."""
        ...
