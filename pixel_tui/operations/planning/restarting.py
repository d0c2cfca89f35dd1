"""What plans that restart services and containers have in common."""

from collections.abc import Sequence
from typing import Final

from pixel_tui.humanize import span
from pixel_tui.operations.planning.dependencies import (
    COMPLETED,
    active_services,
    completed_for,
    layers,
    needed_by,
    needs,
    why_needed,
)
from pixel_tui.operations.planning.draft import PlanDraft
from pixel_tui.operations.planning.impossible import not_checked, why_no_restart
from pixel_tui.operations.planning.plan import Risk
from pixel_tui.operations.planning.proxy_effects import (
    ask_proxies,
    test_configuration,
    watch_kept_addresses,
)
from pixel_tui.operations.planning.targets import Target, find_target
from pixel_tui.operations.planning.waiting import wait_for_completion, wait_for_health
from pixel_tui.operations.planning.words import listed
from pixel_tui.text import SafeText

# Seen with engine 20.10 and compose 2.40: the program ends at once, the engine does not.
CANCELLING: Final = SafeText(
    "Docker finishes the container it is working on; the rest is unchanged."
)
_VERB: Final = "Restart"


def draft_restart(draft: PlanDraft, *, cause: str = "") -> None:
    """`restart` of the targets, which takes dependants with `restart: true` along.

    Args:
        draft: The plan in the making.
        cause: Why, where the plan is about something else.
    """
    draft.risk = Risk.DISRUPTIVE
    _restart_in_order(draft)
    _restart_containers(draft)
    for target in draft.chosen:
        draft.affect(target.name, "is restarted" if target.up else "is started", cause)
        _interrupt(draft, target)
    along = []
    names = [target.name for target in draft.services]
    for name, chain in needed_by(draft.project, names, restarted=True).items():
        other = find_target(name, draft.snapshot)
        if other is None or not other.containers:
            continue
        if reason := why_no_restart(other, draft.snapshot, draft.facts):
            draft.leave_alone(name, reason)
            continue
        along.append(name)
        change = "is restarted as well" if other.up else "is stopped now and is started as well"
        why = why_needed(other.spec, chain[0], restarted=True) if other.spec else ""
        draft.affect(name, change, why)
        _interrupt(draft, other, by_the_way=True)
    draft.lose("while it is down", spared=along)
    _warn_of_absent_dependencies(draft)
    restarted = (*draft.chosen, *(find_target(name, draft.snapshot) for name in along))
    if unknown := not_checked(filter(None, restarted), draft.facts):
        draft.warn("not checked", f"{listed(unknown)} (Docker did not answer in time)")
    watch_kept_addresses(draft)
    ask_proxies(draft)


def _restart_in_order(draft: PlanDraft) -> None:
    """One step, or one for each layer where some depend on others: compose keeps no order.

    With `--no-deps` no step takes dependants along, so that each is restarted once, and is
    named. Between two layers is waited for what the next one needs: for its health, or for the
    end of its work where a service depends on that.
    """
    names = [target.name for target in draft.services]
    along = needed_by(draft.project, names, restarted=True)
    others = [find_target(name, draft.snapshot) for name in along]
    there = [item for item in others if item and item.containers]
    able = [item for item in there if not why_no_restart(item, draft.snapshot, draft.facts)]
    every = {item.name: item for item in (*draft.services, *able)}
    if len(layers(draft.project, names)) < 2 and len(able) == len(there):
        test_configuration(draft, draft.services)
        draft.compose_step(draft.services, "restart", cancelling=CANCELLING, verb=_VERB)
        return
    awaited = completed_for(draft.project, every)
    left = [target for target in every.values() if target.probed or target.name in awaited]
    for layer in layers(draft.project, every):
        targets = [every[name] for name in layer]
        needed = needs(draft.project, layer)
        waited = [target for target in left if target.name in needed]
        wait_for_completion(draft, [target for target in waited if target.name in awaited])
        wait_for_health(draft, [target for target in waited if target.name not in awaited])
        left = [target for target in left if target.name not in needed]
        test_configuration(draft, targets)
        draft.compose_step(targets, "restart", "--no-deps", cancelling=CANCELLING, verb=_VERB)


def _restart_containers(draft: PlanDraft) -> None:
    """Single containers, in the order of what they depend on, and waited for like services."""
    awaited = completed_for(draft.project, [target.service for target in draft.singles])
    batch: list[Target] = []
    left = [
        target
        for target in draft.singles
        if not target.containers[0].oneoff and (target.probed or target.service in awaited)
    ]
    for layer in layers(draft.project, [target.service for target in draft.singles]):
        needed = needs(draft.project, layer)
        waited = [target for target in left if target.service in needed]
        if waited:
            _restart_batch(draft, batch)
            batch = []
        wait_for_completion(draft, [item for item in waited if item.service in awaited])
        wait_for_health(draft, [item for item in waited if item.service not in awaited])
        left = [target for target in left if target not in waited]
        batch += [target for target in draft.singles if target.service in layer]
    _restart_batch(draft, batch)


def _restart_batch(draft: PlanDraft, targets: Sequence[Target]) -> None:
    test_configuration(draft, targets)
    draft.docker_step(targets, "restart", cancelling=CANCELLING, verb=_VERB)


def _interrupt(draft: PlanDraft, target: Target, *, by_the_way: bool = False) -> None:
    draft.expect_running(target, target.containers, by_the_way=by_the_way)
    if target.up:
        back = "it is healthy" if target.probed else "it runs"
        draft.interrupt(target, f"up to {span(target.grace)} to stop, then until {back} again")


def _warn_of_absent_dependencies(draft: PlanDraft) -> None:
    """Restarting starts no dependency, so that the service may fail as it did before."""
    names = [target.name for target in draft.services]
    specs = active_services(draft.project, names)
    for target in draft.services:
        for dependency in specs[target.name].depends_on:
            other = find_target(dependency.service, draft.snapshot)
            wanted = dependency.service in specs and dependency.service not in names
            completes = dependency.condition == COMPLETED
            if other is not None and wanted and not completes and not other.up:
                draft.warn(
                    "dependencies",
                    f"{target.name} depends on {other.name}, which {other.condition}",
                )
