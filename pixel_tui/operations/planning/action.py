"""Actions: what can be done to a stack. The catalogue has one file for each."""

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
    """The heading under which an action is listed."""

    SERVICES = "Services"
    RECOVERY = "Recovery"
    BACKUPS = "Backups"
    LEDGER = "Tasks"
    ENVIRONMENT = "Environment"


class Scope(StrEnum):
    """The kind of target that an action takes."""

    SERVICES = "services"
    """The services and containers that are named; if none is, every active service."""
    PROJECT = "project"
    """The complete project; no target is named."""
    BACKUP = "backup"
    """One backup, by its id."""
    TASK = "task"
    """One task of the ledger, by its id or the beginning of it."""
    CANDIDATE = "candidate"
    """One staged content for the project's `.env`, by its id."""
    VERSION = "version"
    """One saved version of the `.env`, by its id."""
    HOST = "host"
    """The machine with everything on it; no target is named, and its name must be typed."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One target that can be picked for an action."""

    value: SafeText
    """What is passed to the action, such as a backup's id."""
    label: SafeText
    """What the list shows."""


TARGET_NOUNS: Final = {
    Scope.BACKUP: "the id of one backup",
    Scope.TASK: "the id of one task",
    Scope.CANDIDATE: "the id of one candidate",
    Scope.VERSION: "the id of one version",
}
"""The scopes that need exactly one target, and what to name."""


def no_choices(_facts: Facts) -> Sequence[Choice]:
    """Return no choices: nothing can be picked for the action."""
    return ()


def never_blocked(_snapshot: StackSnapshot, _facts: Facts) -> str:
    """Return no reason: the action is never blocked."""
    return ""


def no_known_failure(_target: Target, _snapshot: StackSnapshot, _facts: Facts) -> str:
    """Return no reason: no failure can be predicted."""
    return ""


def refuse_nothing(_target: Target) -> str:
    """Return no reason: every target is accepted."""
    return ""


@dataclass(frozen=True, slots=True)
class Action:
    """Something that can be done to a stack.

    Args:
        name: Its name on the command line: `hard-rebuild`.
        verb: The beginning of a plan's title: `Rebuild without the cache`.
        menu_title: Its title in a list, if that is not the verb.
        group: The heading under which it is listed.
        when: When to use it, in a sentence or two.
        failure_hint: What to do if it fails.
        draft: Adds its steps and effects to a draft.
        refuse: Returns why it makes no sense for a target, as a predicate; empty if it does.
            Called for services and containers only.
        predict_failure: Returns why it is known to fail for a target, as a predicate with what
            to do; empty if it may work.
        scope: The kind of target that it takes.
        blocked_by: Returns why it can't run now on any target, as a sentence; empty if it can.
        choices: Returns the targets to pick from, newest first, if the scope needs one.
        by_container: Whether Docker can do it to existing containers without compose.
        reads_stored: Whether its plan needs the current contents of volumes and servers.
        needs_project: Whether compose must resolve the project for it.
    """

    name: str
    verb: str
    group: ActionGroup
    when: str
    failure_hint: str
    draft: Callable[[PlanDraft], None]
    refuse: Callable[[Target], str] = refuse_nothing
    predict_failure: Callable[[Target, StackSnapshot, Facts], str] = no_known_failure
    scope: Scope = Scope.SERVICES
    blocked_by: Callable[[StackSnapshot, Facts], str] = never_blocked
    choices: Callable[[Facts], Sequence[Choice]] = no_choices
    needs_project: bool = True
    by_container: bool = False
    reads_stored: bool = False
    menu_title: str = ""

    @property
    def title(self) -> str:
        """Its title in a list."""
        return self.menu_title or self.verb
