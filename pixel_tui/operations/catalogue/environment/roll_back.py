"""Roll back an interrupted apply of the environment: the file and the containers."""

from collections.abc import Sequence
from typing import Final

from pixel_tui.humanize import span
from pixel_tui.operations.catalogue.environment.choices import file_name
from pixel_tui.operations.catalogue.environment.worker_steps import add_worker_step
from pixel_tui.operations.planning.action import Action, ActionGroup, Scope
from pixel_tui.operations.planning.draft import PlanDraft
from pixel_tui.operations.planning.facts import Facts
from pixel_tui.operations.planning.networks import note_recreated_networks
from pixel_tui.operations.planning.plan import Risk
from pixel_tui.operations.planning.providers import runs_provider
from pixel_tui.stack.model.resource_model import Diverged
from pixel_tui.stack.model.snapshot import StackSnapshot
from pixel_tui.text import SafeText


def why_no_roll_back(_snapshot: StackSnapshot, facts: Facts) -> str:
    """Return why there is no apply to roll back; empty if there is one."""
    every = facts.environment.all_files
    if all(item.trouble for item in every):
        return facts.environment.trouble
    return "" if any(item.interrupted_apply for item in every) else "No apply was interrupted."


def draft_roll_back(draft: PlanDraft) -> None:
    """Draft the roll-back; the worker's record of the apply has the details."""
    found = (
        item for item in draft.facts.environment.all_files if item.interrupted_apply is not None
    )
    environment = next(found, None)
    if environment is None or (left := environment.interrupted_apply) is None:
        return
    draft.subject = file_name(environment)
    draft.reason = left.description
    draft.risk = Risk.DISRUPTIVE
    cancel_effect = SafeText("The roll-back is incomplete; run it again.")
    title = "Restore the previous state"
    add_worker_step(draft, environment, title, cancel_effect, "roll-back", rolls_back=True)
    draft.targets = tuple(draft.services_named(left.services))
    _warn_of_networks(draft, environment.interrupted_networks)
    draft.note_removed_containers(
        item.name for touched in draft.targets for item in touched.containers
    )
    for name in left.providers:
        service = draft.snapshot.service(name)
        if service is not None and service.spec is not None:
            draft.affect(name, runs_provider(service.spec.provider))
    for target in draft.services_named(left.watched):
        draft.affect(target.name, "is recreated as it was before, if it was changed")
        draft.interrupt(
            target, f"up to {span(target.stop_grace_seconds)} to stop, then until it is running"
        )
        draft.expect_running(target, ())


def _warn_of_networks(draft: PlanDraft, networks: Sequence[Diverged]) -> None:
    """Warn that the previous networks are restored, and of the containers on them.

    Unknown containers don't prevent a roll-back: the worker checks again, and stops there.

    Raises:
        OperationError: A container that is not part of the plan is running on one of them.
    """
    for network in networks:
        if network.unread:
            words = f"the containers on network {network.name} are unknown: {network.unread}"
            draft.warn("network", words)
    read = [network for network in networks if not network.unread]
    note_recreated_networks(draft, read, "is not the one from before the apply")


ACTION: Final = Action(
    name="environment-roll-back",
    verb="Roll back an apply of",
    menu_title="Roll back an apply",
    group=ActionGroup.ENVIRONMENT,
    when="An apply of the environment was interrupted: pixel-tui or the machine crashed.",
    failure_hint="The last line says what could not be restored; run it again. The replaced file "
    "is one of the saved versions.",
    draft=draft_roll_back,
    scope=Scope.PROJECT,
    blocked_by=why_no_roll_back,
    needs_project=False,
)
