"""What can be done to services and containers: from what is seen to a plan. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from pixel_tui.errors import OperationError
from pixel_tui.operations import restart, start, stop
from pixel_tui.operations.draft import Draft
from pixel_tui.operations.plan import Check, Plan
from pixel_tui.operations.targets import Target, find_targets
from pixel_tui.operations.words import listed
from pixel_tui.stack.compose_command import ComposeCommand
from pixel_tui.stack.model import Project, StackSnapshot
from pixel_tui.text import SafeText


class Action(StrEnum):
    """What can be done to services and containers."""

    START = "start"
    STOP = "stop"
    RESTART = "restart"


@dataclass(frozen=True, slots=True)
class _Making:
    """How the plan of an action is made."""

    refuse: Callable[[Target], str]
    """Why it makes no sense for a target, as a predicate; empty where it does."""
    draft: Callable[[Draft], None]


_MAKING: Final = {
    Action.START: _Making(start.refuse, start.draft_start),
    Action.STOP: _Making(stop.refuse, stop.draft_stop),
    Action.RESTART: _Making(restart.refuse, restart.draft_restart),
}


def plan_action(
    action: Action,
    targets: Sequence[str],
    snapshot: StackSnapshot,
    command: ComposeCommand,
    *,
    now: datetime,
) -> Plan:
    """What starting, stopping or restarting these would be.

    Where it makes no sense for some of the targets, the plan leaves them alone and
    says so in a check.

    Args:
        action: What to do.
        targets: Names of services, and ids of containers (orphans, one-offs, or one
            of several of a service).
        snapshot: The stack as it is seen.
        command: How compose and docker are called.
        now: When the plan is made.

    Raises:
        OperationError: Nothing can be done; it says why.
    """
    project = _require_readable(snapshot)
    found = find_targets(targets, snapshot)
    if not found:
        raise OperationError("Nothing is chosen.", remedy="Choose a service first.")
    making = _MAKING[action]
    reasons = [(target, making.refuse(target)) for target in found]
    chosen = tuple(target for target, reason in reasons if not reason)
    refused = [f"{target.name} {reason}" for target, reason in reasons if reason]
    if not chosen:
        raise OperationError(f"There is nothing to {action.value}: {listed(refused)}.")
    draft = Draft(action.value, snapshot, project, command, chosen)
    draft.checks += [
        Check(SafeText("engine"), ok=True, message=SafeText("the engine answers")),
        Check(SafeText("project"), ok=True, message=SafeText("compose resolves the project")),
    ]
    if snapshot.other_names:
        other = listed(snapshot.other_names)
        draft.warn("name", f"the containers of this folder carry the name {other}, not this one")
    for words in refused:
        draft.warn("left alone", words)
    making.draft(draft)
    return draft.finished(now)


def _require_readable(snapshot: StackSnapshot) -> Project:
    engine = snapshot.engine
    if engine.trouble is not None and snapshot.stale:
        raise OperationError(
            f"The engine can't be asked: {engine.trouble.what}", remedy=engine.trouble.remedy
        )
    trouble = snapshot.project_trouble
    if trouble is not None:
        raise OperationError(trouble.what, remedy=trouble.remedy)
    if snapshot.stale or snapshot.taken_at is None or snapshot.project is None:
        raise OperationError(
            "The stack is still being read.", remedy="Wait a moment and try again."
        )
    return snapshot.project
