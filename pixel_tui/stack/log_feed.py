"""What a screen sees of a log that is being followed."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from pixel_tui.stack.model import NO_TEXT
from pixel_tui.stack.ring import Ring
from pixel_tui.text import SafeText


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


class LogFeed(Protocol):
    """A log that is being followed. Everything may be called from any thread."""

    ring: Ring

    @property
    def status(self) -> FeedStatus:
        """How it stands now."""
        ...

    @property
    def sources(self) -> tuple[SafeText, ...]:
        """The names of the containers whose lines it holds."""
        ...

    def close(self) -> None:
        """Stop following. Returns at once; may be called twice."""
        ...
