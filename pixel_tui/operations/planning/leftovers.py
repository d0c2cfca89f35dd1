"""Removal of the containers that an interrupted recreate left over.

`docker compose start` and `restart` start every container of a service, leftovers too, and then
two containers use the same volumes. So every plan that starts something removes them first.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from pixel_tui.humanize import listed
from pixel_tui.operations.planning.draft import PlanDraft
from pixel_tui.operations.planning.plan import Expectation, ExpectedState, Step, is_up
from pixel_tui.stack.model.container import Container
from pixel_tui.text import SafeText, plain

CANCEL_EFFECT: Final = SafeText("Removed containers are gone; nothing else was changed.")


def remove_leftovers_first(draft: PlanDraft) -> None:
    """Remove leftovers before all other steps, if the plan starts or considers their service.

    `up` and `start` start every container of the dependencies too.
    """
    if not any(item.state is ExpectedState.RUNNING for item in draft.expected):
        return
    names = {
        *(target.service for target in draft.targets),
        *draft.interrupted,
        *draft.recreated,
        *draft.considered,
        *(item.name for item in draft.expected if item.previous_runs),
    }
    found = leftovers_of(draft, names)
    if found:
        words = listed([item.name for item in found])
        draft.warn("leftover", f"an interrupted recreate left {words}: it is removed first")
        draft.steps[:0] = removal_steps(draft, found)


def leftovers_of(draft: PlanDraft, services: Iterable[str]) -> tuple[Container, ...]:
    """Return the leftovers of these services."""
    found = [draft.snapshot.service(name) for name in sorted(set(services))]
    return tuple(item for service in found if service is not None for item in service.leftovers)


def removal_steps(draft: PlanDraft, containers: Sequence[Container]) -> list[Step]:
    """Return the steps that stop and remove containers; their volumes stay."""
    names = [item.name for item in containers]
    running = [item.name for item in containers if is_up(item)]
    steps = []
    if running:
        draft.raise_to_disruptive()
        argv = draft.command.docker_argv("stop", names=running)
        steps.append(Step(plain(f"Stop {listed(running)}"), argv, CANCEL_EFFECT))
    argv = draft.command.docker_argv("rm", names=names)
    steps.append(Step(plain(f"Remove {listed(names)}"), argv, CANCEL_EFFECT))
    for item in containers:
        draft.affect(item.service, f"loses {item.name}", "left over from an interrupted recreate")
        draft.expected.append(Expectation(item.name, ExpectedState.GONE, container_id=item.id))
    draft.note_removed_containers(item.name for item in containers if item.started_at is not None)
    return steps
