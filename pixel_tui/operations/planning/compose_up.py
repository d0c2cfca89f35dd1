"""Steps and effects of plans that end in `docker compose up`."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from pixel_tui.errors import OperationError
from pixel_tui.humanize import listed
from pixel_tui.operations.planning.draft import PlanDraft
from pixel_tui.operations.planning.networks import (
    add_network_steps,
    changed_networks,
    others_on_changed_networks,
    touched_by_up,
    warn_of_resources,
)
from pixel_tui.operations.planning.plan import PlanCheck, Risk, is_up
from pixel_tui.operations.planning.ports import own_container_ids, taken_port
from pixel_tui.operations.planning.providers import add_provider_effects
from pixel_tui.operations.planning.proxy_effects import restart_proxies, verify_through_proxies
from pixel_tui.operations.planning.targets import Target, find_target
from pixel_tui.operations.planning.up_failures import (
    inactive_dependency,
    why_up_cannot_start,
    why_up_fails,
    why_up_no_deps_fails,
)
from pixel_tui.operations.planning.up_prediction import (
    ContainerChange,
    Prediction,
    UpOptions,
    kept_scales,
    predict_up,
    services_cut_off,
)
from pixel_tui.plurals import counted
from pixel_tui.stack.model.container import ContainerState
from pixel_tui.stack.model.sync import kept_by_image
from pixel_tui.text import SafeText, plain

CANCEL_BUILD: Final = SafeText("A build changes no container; finished layers stay in the cache.")
CANCEL_UP: Final = SafeText(
    "Recreated containers stay; a stopped one stays stopped, with its unfinished replacement "
    "beside it. Start or recreate it: the replacement is removed first."
)
_WORDS: Final = {
    ContainerChange.RECREATED: "recreated",
    ContainerChange.RESTARTED: "restarted",
    ContainerChange.CREATED: "created and started",
    ContainerChange.STARTED: "started",
}


def refuse_up(target: Target) -> str:
    """Return why `up` makes no sense for a target, as a predicate; empty if it does."""
    if target.single:
        return "is one container, and compose recreates complete services"
    if target.provider_reason:
        return f"{target.provider_reason} (`start` runs that)"
    paused = [item.name for item in target.containers if item.state is ContainerState.PAUSED]
    if paused:
        return f"is paused (continue it with `docker unpause {' '.join(paused)}`)"
    if not target.containers and not target.missing:
        return "is scaled to 0 in the compose file"
    return ""


def refuse_build(target: Target) -> str:
    """Return why a target can't be built, as a predicate; empty if it can."""
    if target.provider_reason:
        return target.provider_reason
    if not target.single and target.spec is not None and not target.spec.builds:
        names = "an image" if target.spec.image else "no image and no build"
        return f"is not built: the compose file names {names}"
    return refuse_up(target)


def draft_recreate(draft: PlanDraft) -> None:
    """Draft `up --force-recreate --no-deps` of the targets and the services coupled to them."""
    coupled = add_coupled_services(draft, force=True, no_deps=True)
    options = add_up_steps(draft, force=True, no_deps=True)
    add_up_effects(draft, options, coupled)


def draft_rebuild(draft: PlanDraft, *, cached: bool = True) -> None:
    """Draft `build`, then `up`.

    Args:
        draft: The plan being drafted.
        cached: Use the build cache.
    """
    built = draft.services
    names = tuple(target.name for target in built)
    draft.recreated += [target.service for target in built]
    words = ("build",) if cached else ("build", "--no-cache")
    draft.compose_step(built, *words, cancel_effect=CANCEL_BUILD, verb="Build")
    coupled = add_coupled_services(draft, rebuilt=names)
    options = add_up_steps(draft, rebuilt=names, verb="Bring up")
    add_up_effects(draft, options, coupled)


def add_coupled_services(
    draft: PlanDraft, *, force: bool = False, no_deps: bool = False, rebuilt: Collection[str] = ()
) -> Mapping[str, SafeText]:
    """Add to the targets the services that an `up` without them would break.

    These run on a changed network, or share a namespace or the volumes of a recreated container.

    Returns:
        The added services, each with the cause.

    Raises:
        OperationError: One of them can't be recreated.
    """
    snapshot = draft.snapshot
    names = [target.name for target in draft.services]
    coupled: dict[str, SafeText] = {}
    while True:
        found: dict[str, SafeText] = {
            name: SafeText("it is on a network that is recreated")
            for name in others_on_changed_networks(snapshot, names, no_deps=no_deps)
        }
        options = UpOptions(force=force, no_deps=no_deps, rebuilt=rebuilt)
        for sharer, shared in services_cut_off(
            snapshot, predict_up(snapshot, names, options)
        ).items():
            found.setdefault(sharer, plain(f"it shares namespaces or volumes of {shared}"))
        if not found:
            break
        names += map(plain, found)
        coupled |= found
    why_no = why_up_no_deps_fails if no_deps else why_up_fails
    for name in coupled:
        target = find_target(name, snapshot)
        if target is None:
            continue
        if reason := refuse_up(target) or why_no(target, snapshot, draft.facts):
            raise OperationError(f"{name} must be recreated as well, and {reason}.")
        draft.targets = (*draft.targets, target)
    return coupled


def add_up_steps(
    draft: PlanDraft,
    *,
    force: bool = False,
    no_deps: bool = False,
    rebuilt: Collection[str] = (),
    verb: str = "",
) -> UpOptions:
    """Add the steps that end in `up` of the targets; returns the options of that `up`.

    Raises:
        OperationError: `up` is known to fail half way.
    """
    names = [target.name for target in draft.services]
    require_dependencies(draft, names)
    touched = touched_by_up(draft.snapshot, names, no_deps=no_deps)
    draft.considered |= touched
    networks = changed_networks(draft.snapshot, touched)
    if networks:
        add_network_steps(draft, networks)
    # A container whose network was removed can't be started, only recreated.
    force = force or bool(networks) or any(_is_without_network(draft, names))
    options = UpOptions(
        force=force,
        no_deps=no_deps,
        rebuilt=rebuilt,
        scales=kept_scales(draft.snapshot, names, no_deps=no_deps),
    )
    words = ["up", "--detach"]
    words += ["--force-recreate"] * force + ["--no-deps"] * no_deps + [*options.scale_options]
    providers = add_provider_effects(draft, names, no_deps=no_deps)
    also_named = providers if no_deps else ()
    draft.compose_step(
        draft.services, *words, cancel_effect=CANCEL_UP, verb=verb, also_named=also_named
    )
    warn_of_resources(draft, touched)
    return options


def _is_without_network(draft: PlanDraft, names: Iterable[str]) -> Iterator[bool]:
    for name in names:
        target = find_target(name, draft.snapshot)
        if target is not None:
            yield bool(why_up_cannot_start(target, draft.snapshot, draft.facts))


def add_up_effects(draft: PlanDraft, options: UpOptions, coupled: Mapping[str, SafeText]) -> None:
    """Add the effects of an `up`: on the targets, their dependencies and all other services."""
    note_kept_scales(draft, options.scales)
    named = [target.name for target in draft.services]
    predicted = predict_up(draft.snapshot, named, options)
    _require_ports(draft, predicted)
    for name in [*named, *(name for name in predicted if name not in named)]:
        prediction = predicted.get(name)
        target = find_target(name, draft.snapshot)
        if target is None:
            continue
        if prediction is None:
            draft.affect(name, "stays unchanged")
            draft.expect_running(target, (), incidental=name in coupled)
            continue
        if cause := coupled.get(name):
            prediction = replace(prediction, cause=prediction.cause or cause)
        _affect(draft, target, prediction, asked=name in named and name not in coupled)
        if prediction.change is ContainerChange.RECREATED and name not in options.rebuilt:
            warn_of_old_image(draft, target)
    for name, shared in services_cut_off(draft.snapshot, predicted).items():
        draft.affect(
            name, f"loses what it shares with {shared}", "its container was created for it"
        )
        draft.warn(
            "shared",
            f"{name} has to be recreated as well: it shares namespaces or volumes of {shared}",
        )
    recreated = [
        name for name, item in predicted.items() if item.change is ContainerChange.RECREATED
    ]
    proxies = restart_proxies(draft, recreated, predicted)
    _watch_dependants(draft)
    verify_through_proxies(draft)
    draft.affect_dependants("while it is down", spared=(*predicted, *proxies))


def require_dependencies(draft: PlanDraft, named: Collection[str]) -> None:
    """Refuse an `up` that compose would refuse with "no such service".

    Raises:
        OperationError: A dependency's profile is not active.
    """
    for spec in draft.project.services:
        if spec.name not in named:
            continue
        if reason := inactive_dependency(spec, draft.project, named):
            verb = draft.verb.removesuffix(" to")
            raise OperationError(f"{verb} would fail: {spec.name} {reason}.")


def _require_ports(draft: PlanDraft, predicted: Mapping[SafeText, Prediction]) -> None:
    """Refuse an `up` whose new containers can't bind their ports.

    Raises:
        OperationError: A container that is not recreated with them holds one of the ports.
    """
    found = {name: find_target(name, draft.snapshot) for name in predicted}
    made = {ContainerChange.RECREATED, ContainerChange.CREATED}
    targets = [item for name, item in found.items() if item and predicted[name].change in made]
    replaced = {identity for target in targets for identity in own_container_ids(target)}
    for target in targets:
        ports = target.spec.ports if target.spec else ()
        if reason := taken_port(ports, draft.facts, replaced):
            raise OperationError(f"{draft.verb} would fail: {target.name} {reason}.")


def note_kept_scales(draft: PlanDraft, scales: Mapping[str, int]) -> None:
    """Add a check for each service that keeps its manual scale."""
    specs = {spec.name: spec for spec in draft.project.services}
    for name, count in scales.items():
        wanted = specs[SafeText(name)].replicas
        words = f"{name} keeps its {counted(count, 'container')}; the compose file says {wanted}"
        draft.checks.append(PlanCheck(SafeText("scale"), ok=True, message=plain(words)))


def _affect(draft: PlanDraft, target: Target, prediction: Prediction, *, asked: bool) -> None:
    change = prediction.change
    if change is ContainerChange.REMOVED:
        draft.risk = Risk.DISRUPTIVE
        draft.affect(target.name, f"loses {counted(target.surplus, 'container')}", prediction.cause)
        draft.note_removed_surplus(target)
        return
    condition = "" if prediction.certain else " if the build produces a new image"
    suffix = "" if asked else " as well"
    draft.affect(target.name, f"is {_WORDS[change]}{suffix}{condition}", prediction.cause)
    interrupts = change in {ContainerChange.RECREATED, ContainerChange.RESTARTED}
    before = [item for item in target.containers if interrupts or not is_up(item)]
    draft.expect_running(
        target,
        # If it may or may not be recreated, any running container is good.
        before if prediction.certain else (),
        created=target.missing,
        incidental=not asked and interrupts and bool(target.up),
    )
    if interrupts and target.up:
        draft.risk = Risk.DISRUPTIVE
        draft.interrupt_until_back(target)
    if change is ContainerChange.RECREATED:
        draft.recreated.append(target.service)
        draft.note_removed_containers(container.name for container in target.containers)


def warn_of_old_image(draft: PlanDraft, target: Target) -> None:
    """Warn of changed values that are built into the image: a recreate keeps the old ones."""
    service = draft.snapshot.service(target.service)
    if service is None or service.spec is None or not service.spec.builds:
        return
    build = service.build
    if kept := kept_by_image(service.spec, service.regular, build):
        draft.warn(
            "built in",
            f"{listed(kept)} is built into the image of {target.name}, which keeps its old "
            "value: rebuild it instead",
        )
    elif build.unknown:
        draft.warn(
            "built in",
            f"the image of {target.name} was built from unknown values of {listed(build.unknown)}:"
            " if one has changed, rebuild it instead",
        )


def _watch_dependants(draft: PlanDraft) -> None:
    """Expect healthy dependants of the targets to be healthy afterwards too."""
    known = {expectation.name for expectation in draft.expected}
    names = {target.name for target in draft.services}
    for spec in draft.project.services:
        target = find_target(spec.name, draft.snapshot)
        depends = any(dependency.service in names for dependency in spec.depends_on)
        if target is not None and depends and target.up and target.name not in known:
            draft.expect_running(target, (), incidental=True)
