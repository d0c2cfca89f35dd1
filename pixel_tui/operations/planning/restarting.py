"""Steps and effects of plans that restart services and containers."""

from collections.abc import Sequence
from typing import Final

from pixel_tui.operations.planning.dependencies import (
    COMPLETED,
    active_services,
    awaited_tasks,
    dependants_of,
    dependencies_of,
    dependency_layers,
    dependency_reason,
)
from pixel_tui.operations.planning.draft import PlanDraft
from pixel_tui.operations.planning.plan import Risk
from pixel_tui.operations.planning.proxy_effects import (
    add_configuration_test,
    verify_pinned_addresses,
    verify_through_proxies,
)
from pixel_tui.operations.planning.start_failures import not_checked, why_restart_fails
from pixel_tui.operations.planning.targets import Target, find_target
from pixel_tui.operations.planning.wait_steps import wait_for_completion, wait_for_health
from pixel_tui.text import SafeText

# With engine 20.10 and compose 2.40, the program exits at once, but the engine continues.
CANCEL_EFFECT: Final = SafeText(
    "Docker finishes the container it is working on; the rest is unchanged."
)
_VERB: Final = "Restart"


def draft_restart(draft: PlanDraft, *, cause: str = "") -> None:
    """Draft a `restart` of the targets and of their dependants with `restart: true`.

    Args:
        draft: The plan being drafted.
        cause: The reason, if the plan is about something else.
    """
    draft.risk = Risk.DISRUPTIVE
    _restart_in_order(draft)
    _restart_containers(draft)
    for target in draft.targets:
        draft.affect(target.name, "is restarted" if target.up else "is started", cause)
        _interrupt(draft, target)
    dependants = []
    names = [target.name for target in draft.services]
    for name, chain in dependants_of(draft.project, names, restarted=True).items():
        other = find_target(name, draft.snapshot)
        if other is None or not other.containers:
            continue
        if reason := why_restart_fails(other, draft.snapshot, draft.facts):
            draft.skip(name, reason)
            continue
        dependants.append(name)
        change = "is restarted as well" if other.up else "is stopped now and is started as well"
        why = dependency_reason(other.spec, chain[0], restarted=True) if other.spec else ""
        draft.affect(name, change, why)
        _interrupt(draft, other, incidental=True)
    draft.affect_dependants("while it is down", spared=dependants)
    _warn_of_absent_dependencies(draft)
    restarted = (*draft.targets, *draft.services_named(dependants))
    draft.warn_of_unchecked(not_checked(restarted, draft.facts))
    verify_pinned_addresses(draft)
    verify_through_proxies(draft)


def _restart_in_order(draft: PlanDraft) -> None:
    """Restart services in one step, or in one step a layer if some depend on others.

    Compose itself keeps no order. With `--no-deps` no step restarts dependants, so each service is
    named and restarted once. Between two layers, the plan waits until the dependencies of the next
    one are healthy, or have completed.
    """
    names = [target.name for target in draft.services]
    dependants = dependants_of(draft.project, names, restarted=True)
    others = [item for item in draft.services_named(dependants) if item.containers]
    able = [item for item in others if not why_restart_fails(item, draft.snapshot, draft.facts)]
    every = {item.name: item for item in (*draft.services, *able)}
    if len(dependency_layers(draft.project, names)) < 2 and len(able) == len(others):
        add_configuration_test(draft, draft.services)
        draft.compose_step(draft.services, "restart", cancel_effect=CANCEL_EFFECT, verb=_VERB)
        return
    awaited = awaited_tasks(draft.project, every)
    left = [
        target for target in every.values() if target.has_health_check or target.name in awaited
    ]
    for layer in dependency_layers(draft.project, every):
        targets = [every[name] for name in layer]
        needed = dependencies_of(draft.project, layer)
        waited = [target for target in left if target.name in needed]
        wait_for_completion(draft, [target for target in waited if target.name in awaited])
        wait_for_health(draft, [target for target in waited if target.name not in awaited])
        left = [target for target in left if target.name not in needed]
        add_configuration_test(draft, targets)
        draft.compose_step(targets, "restart", "--no-deps", cancel_effect=CANCEL_EFFECT, verb=_VERB)


def _restart_containers(draft: PlanDraft) -> None:
    """Restart single containers in the order of their dependencies, and wait as for services."""
    awaited = awaited_tasks(draft.project, [target.service for target in draft.singles])
    batch: list[Target] = []
    left = [
        target
        for target in draft.singles
        if not target.containers[0].oneoff
        and (target.has_health_check or target.service in awaited)
    ]
    for layer in dependency_layers(draft.project, [target.service for target in draft.singles]):
        needed = dependencies_of(draft.project, layer)
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
    add_configuration_test(draft, targets)
    draft.docker_step(targets, "restart", cancel_effect=CANCEL_EFFECT, verb=_VERB)


def _interrupt(draft: PlanDraft, target: Target, *, incidental: bool = False) -> None:
    draft.expect_running(target, target.containers, incidental=incidental)
    if target.up:
        draft.interrupt_until_back(target)


def _warn_of_absent_dependencies(draft: PlanDraft) -> None:
    """Warn of dependencies that are down: a restart does not start them."""
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
