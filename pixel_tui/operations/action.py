"""What an action is. Each is one file of the catalogue, and nothing else knows it by name."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from pixel_tui.operations.draft import Draft
from pixel_tui.operations.targets import Target


class Group(StrEnum):
    """Under which heading an action stands."""

    SERVICES = "Services"
    RECOVERY = "Recovery"


@dataclass(frozen=True, slots=True)
class Action:
    """Something that can be done to services and containers.

    Args:
        name: What scripts call it: `hard-rebuild`.
        verb: What people call it, at the beginning of a title: `Rebuild without the cache`.
        group: Where it is listed.
        when: When to use it, in a sentence or two.
        failing: What to do when it fails.
        refuse: Why it makes no sense for a target, as a predicate; empty where it does.
        draft: Says what it does to the targets of a draft.
    """

    name: str
    verb: str
    group: Group
    when: str
    failing: str
    refuse: Callable[[Target], str]
    draft: Callable[[Draft], None]
