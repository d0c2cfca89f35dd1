"""What a plan is made from beside the picture of the stack."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pixel_tui.stack.model import NO_TEXT, StackSnapshot
from pixel_tui.text import SafeText


@dataclass(frozen=True, slots=True)
class Proxy:
    """A service that stands in front of others, and which of their addresses it keeps."""

    service: SafeText
    pinned: tuple[SafeText, ...] = ()
    """The names that it looks up at its start only."""
    file: SafeText = NO_TEXT
    """Where that is written."""
    unknown: SafeText = NO_TEXT
    """Why it can't be known; empty where it was read."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Read from files and programs whenever a plan is asked for."""

    host: SafeText = NO_TEXT
    """The name of the machine that the console runs on; what concerns all of it wants it typed."""
    proxies: tuple[Proxy, ...] = ()
    """What stands in front of the services, as far as its configuration can be read."""
    down: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    """For how many seconds services were away in the last jobs, by name, the newest first."""


NO_FACTS = Facts()
FactReader = Callable[[StackSnapshot], Facts]
"""Reads the facts for a stack. It blocks: never called on the event loop."""


def no_facts(_snapshot: StackSnapshot) -> Facts:
    """The reader of a stack of which nothing is kept."""
    return NO_FACTS
