"""Take back an apply of the environment that was left half done: the file and the containers."""

from collections.abc import Sequence
from typing import Final

from pixel_tui.humanize import span
from pixel_tui.operations.catalogue.environment.shared import file_name, work_step
from pixel_tui.operations.planning.action import Action, ActionGroup, Scope
from pixel_tui.operations.planning.draft import PlanDraft
from pixel_tui.operations.planning.facts import Facts
from pixel_tui.operations.planning.networks import tell_networks
from pixel_tui.operations.planning.plan import Risk
from pixel_tui.operations.planning.providers import runs_provider
from pixel_tui.operations.planning.targets import find_target
from pixel_tui.stack.model.resource_model import Diverged
from pixel_tui.stack.model.snapshot import StackSnapshot
from pixel_tui.text import SafeText


def why_not(_snapshot: StackSnapshot, facts: Facts) -> str:
    """Why there is nothing to take back."""
    every = facts.environment.every
    if all(item.trouble for item in every):
        return facts.environment.trouble
    return "" if any(item.left for item in every) else "No apply was left half done."


def draft_roll_back(draft: PlanDraft) -> None:
    """What was touched is put back; the worker knows from its notes what that is."""
    found = (item for item in draft.facts.environment.every if item.left is not None)
    environment = next(found, None)
    if environment is None or (left := environment.left) is None:
        return
    draft.subject = file_name(environment)
    draft.reason = left.words
    draft.risk = Risk.DISRUPTIVE
    cancelling = SafeText("It can't be taken back half way: it can be asked for again.")
    title = "Put back what was before"
    work_step(draft, environment, title, cancelling, "roll-back", takes_back=True)
    found_services = (find_target(name, draft.snapshot) for name in left.services)
    draft.chosen = tuple(target for target in found_services if target is not None)
    _tell_networks(draft, environment.left_networks)
    draft.lose_layers(item.name for touched in draft.chosen for item in touched.containers)
    for name in left.providers:
        service = draft.snapshot.service(name)
        if service is not None and service.spec is not None:
            draft.affect(name, runs_provider(service.spec.provider))
    for name in left.watched:
        target = find_target(name, draft.snapshot)
        if target is not None:
            draft.affect(name, "is made again as it was before, where it was touched")
            draft.interrupt(target, f"up to {span(target.grace)} to stop, then until it is up")
            draft.expect_running(target, ())


def _tell_networks(draft: PlanDraft, networks: Sequence[Diverged]) -> None:
    """Say that the networks of before come back, and what is on those that go for it.

    What is not known keeps nobody from taking it back: the program looks again, and stops there.

    Raises:
        OperationError: Something else runs on one of them.
    """
    for network in networks:
        if network.unread:
            words = f"what is on network {network.name} is not known: {network.unread}"
            draft.warn("network", words)
    read = [network for network in networks if not network.unread]
    tell_networks(draft, read, "is another one than before the apply")


ACTION: Final = Action(
    name="environment-roll-back",
    verb="Take back an apply of",
    alone="Take back an apply",
    group=ActionGroup.ENVIRONMENT,
    when="An apply of the environment was cut off: the console, or the machine, died in between.",
    failing="The last line says what could not be put back; it can be asked for again. What the"
    " file was is among the saved versions.",
    draft=draft_roll_back,
    scope=Scope.PROJECT,
    obstacle=why_not,
    needs_project=False,
)
