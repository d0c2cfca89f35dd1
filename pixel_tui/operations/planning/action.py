"""What an action is. Each is one file of the catalogue, and nothing else knows it by name."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pixel_tui.operations.planning.draft import PlanDraft
from pixel_tui.operations.planning.facts import Facts
from pixel_tui.operations.planning.targets import Target
from pixel_tui.stack.model.snapshot import StackSnapshot
from pixel_tui.text import SafeText


class ActionGroup(StrEnum):
    """Under which heading an action stands."""

    SERVICES = "Services"
    RECOVERY = "Recovery"
    BACKUPS = "Backups"
    LEDGER = "Tasks"
    ENVIRONMENT = "Environment"


class Scope(StrEnum):
    """What an action is done to."""

    SERVICES = "services"
    """Services and containers: those that are named, else every active service."""
    PROJECT = "project"
    """The project as a whole: nothing is named."""
    BACKUP = "backup"
    """One backup, which is named by its id."""
    TASK = "task"
    """One task of the ledger, which is named by its id, or by the beginning of it."""
    CANDIDATE = "candidate"
    """One content that waits to replace the project's `.env`, named by its id."""
    VERSION = "version"
    """One version of the `.env` that was saved, named by its id."""
    HOST = "host"
    """The machine, with all that runs there: nothing is named, and its name has to be typed."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the things that an action can be done to, where it has to be picked."""

    name: SafeText
    """What the action is given."""
    words: SafeText
    """What people read of it."""


NAMED: Final = {
    Scope.BACKUP: "the id of one backup",
    Scope.TASK: "the id of one task",
    Scope.CANDIDATE: "the id of one candidate",
    Scope.VERSION: "the id of one version",
}
"""The scopes for which one thing has to be named, and what."""


def nothing_to_choose(_facts: Facts) -> Sequence[Choice]:
    """The choices of an action for which there are none."""
    return ()


def nothing_against(_snapshot: StackSnapshot, _facts: Facts) -> str:
    """What stands against an action that is always possible."""
    return ""


def always_possible(_target: Target, _snapshot: StackSnapshot, _facts: Facts) -> str:
    """What an action says of a service that nothing around it stands against."""
    return ""


def refuse_nothing(_target: Target) -> str:
    """What an action says of a service where it refuses none, or is done to something else."""
    return ""


@dataclass(frozen=True, slots=True)
class Action:
    """Something that can be done to a stack.

    Args:
        name: What scripts call it: `hard-rebuild`.
        verb: What people call it, at the beginning of a title: `Rebuild without the cache`.
        alone: What people call it where nothing is named behind the verb; empty for the verb.
        group: Where it is listed.
        when: When to use it, in a sentence or two.
        failing: What to do when it fails.
        draft: Says what it does to the targets of a draft.
        refuse: Why it makes no sense for a target, as a predicate; empty where it does.
        impossible: Why it would fail for a service in any case, as a predicate with what to do;
            empty where it may work.
        scope: What it is done to; `refuse` is asked for services and containers only.
        obstacle: What stands against it now, whatever it is done to, as a sentence; empty
            where nothing does.
        choices: What there is to pick from, newest first, where the scope wants one thing named.
        by_container: Whether the engine alone can do it, to containers that are there.
        reads_stored: Whether its plan needs to know what volumes and servers hold now.
        needs_project: Whether compose has to resolve the project for it.
    """

    name: str
    verb: str
    group: ActionGroup
    when: str
    failing: str
    draft: Callable[[PlanDraft], None]
    refuse: Callable[[Target], str] = refuse_nothing
    impossible: Callable[[Target, StackSnapshot, Facts], str] = always_possible
    scope: Scope = Scope.SERVICES
    obstacle: Callable[[StackSnapshot, Facts], str] = nothing_against
    choices: Callable[[Facts], Sequence[Choice]] = nothing_to_choose
    needs_project: bool = True
    by_container: bool = False
    reads_stored: bool = False
    alone: str = ""

    @property
    def title(self) -> str:
        """What people call it in a list."""
        return self.alone or self.verb
