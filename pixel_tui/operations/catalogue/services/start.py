"""Start services that are down."""

from collections.abc import Collection, Sequence
from typing import Final

from pixel_tui.operations.planning.action import Action, ActionGroup
from pixel_tui.operations.planning.dependencies import dependencies_of
from pixel_tui.operations.planning.draft import PlanDraft
from pixel_tui.operations.planning.networks import refuse_changed_networks, touched_by_up
from pixel_tui.operations.planning.plan import Risk
from pixel_tui.operations.planning.providers import add_provider_effects, runs_provider
from pixel_tui.operations.planning.start_failures import not_checked, why_start_fails
from pixel_tui.operations.planning.targets import Target, find_target
from pixel_tui.operations.planning.up_failures import (
    EXTERNALS_NOT_CHECKED,
    are_externals_unknown,
    externals_of,
    start_needs_up,
)
from pixel_tui.plurals import counted
from pixel_tui.stack.model.container import Container, ContainerState
from pixel_tui.text import SafeText

CANCEL_EFFECT: Final = SafeText("Started services keep running; the rest is unchanged.")


def refuse(target: Target) -> str:
    """Return why a target can't be started, as a predicate; empty if it can."""
    if target.leftover_reason:
        return target.leftover_reason
    paused = [item.name for item in target.containers if item.state is ContainerState.PAUSED]
    if paused:
        return f"is paused (continue it with `docker unpause {' '.join(paused)}`)"
    if target.provider_reason:
        return ""
    if not target.containers and not target.missing:
        return "is scaled to 0 in the compose file"
    if target.missing or len(target.up) < len(target.containers):
        return ""
    if any(item.state is ContainerState.RESTARTING for item in target.containers):
        return "is already being restarted by Docker (stop or restart it)"
    # If it is cut off from a namespace, `why_start_fails` says what to do.
    return "" if target.cut_off else "is already running"


def draft_start(draft: PlanDraft) -> None:
    """Draft `start` for services with all containers, and `up` for the others."""
    created = tuple(target for target in draft.services if start_needs_up(target, draft.snapshot))
    started = tuple(target for target in draft.services if target not in created)
    if draft.all_services and created:
        created += _provided(draft)
    draft.considered |= {
        *dependencies_of(draft.project, [target.name for target in draft.services])
    }
    draft.compose_step(started, "start", cancel_effect=CANCEL_EFFECT)
    created_names = [target.name for target in created]
    refuse_changed_networks(draft, created_names)
    # Without `--no-recreate`, `up` would also apply all changes to the compose file.
    draft.compose_step(created, "up", "--detach", "--no-recreate", cancel_effect=CANCEL_EFFECT)
    draft.docker_step(draft.singles, "start", cancel_effect=CANCEL_EFFECT)
    for target in (item for item in created if item.provider_reason):
        draft.affect(target.name, runs_provider(target.spec.provider if target.spec else ""))
    add_provider_effects(draft, created_names, no_deps=False)
    for target in draft.targets:
        if target.provider_reason:
            continue
        off = target.spec is not None and not target.spec.active and not target.single
        cause = "its profile is not active, but naming it starts it" if off else ""
        draft.affect(target.name, _words(target, draft, created=target in created), cause)
        draft.expect_running(target, _idle(target), created=target.missing)
        if target in created and target.surplus:
            _scale_down(target, draft)
    _start_dependencies(draft, started, created=False)
    _start_dependencies(draft, created, created=True)
    _warn_of_unchecked(draft, touched_by_up(draft.snapshot, created_names, no_deps=False))
    draft.warn_of_old_configuration()


def _provided(draft: PlanDraft) -> tuple[Target, ...]:
    """Return the services with a provider, which `up` of all services runs too."""
    names = [spec.name for spec in draft.project.services if spec.enabled and spec.provider]
    found = draft.services_named(names)
    return tuple(item for item in found if item.provider_reason and item not in draft.targets)


def _warn_of_unchecked(draft: PlanDraft, touched: Collection[str]) -> None:
    """Warn of what could not be checked because Docker did not answer in time."""
    found = draft.services_named(effect.service for effect in draft.effects)
    unknown = [*not_checked(found, draft.facts)]
    if are_externals_unknown(externals_of(touched, draft.snapshot), draft.facts):
        unknown.append(EXTERNALS_NOT_CHECKED)
    draft.warn_of_unchecked(unknown)


def _start_dependencies(draft: PlanDraft, targets: Sequence[Target], *, created: bool) -> None:
    """Record the dependencies, which are started too, and created and scaled by `up`."""
    known = {effect.service for effect in draft.effects}
    for name, needer in dependencies_of(draft.project, [target.name for target in targets]).items():
        other = find_target(name, draft.snapshot)
        if other is None or name in known:
            continue
        missing = other.missing if created else 0
        if _idle(other) or missing:
            words = _words(other, draft, created=created, as_well=True)
            draft.affect(name, words, f"{needer} depends on it")
            draft.expect_running(other, _idle(other), created=missing)
        if created and other.surplus:
            _scale_down(other, draft)


def _scale_down(target: Target, draft: PlanDraft) -> None:
    draft.risk = Risk.DISRUPTIVE
    draft.affect(
        target.name,
        f"loses {target.surplus} of its {counted(len(target.containers), 'container')}",
        "`up` scales it to the number in the compose file",
    )
    draft.note_removed_surplus(target)


def _words(target: Target, draft: PlanDraft, *, created: bool, as_well: bool = False) -> str:
    suffix = " as well" if as_well else ""
    if not (created and target.missing):
        return f"is started{suffix}"
    service = draft.snapshot.service(target.service)
    if service is None or not service.sync.missing_image or target.spec is None:
        return f"is created and started{suffix}"
    how = "built" if target.spec.builds else "pulled"
    return f"is created and started{suffix}, once its image is {how}"


def _idle(target: Target) -> list[Container]:
    return [container for container in target.containers if container not in target.up]


ACTION: Final = Action(
    name="start",
    verb="Start",
    group=ActionGroup.SERVICES,
    when="A service is down, and not on purpose.",
    failure_hint="Its logs and last exit say why it did not start; a dependency may be down.",
    refuse=refuse,
    predict_failure=why_start_fails,
    draft=draft_start,
    by_container=True,
)
