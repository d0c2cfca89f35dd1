"""What actions that end in `docker compose up` have in common."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from pixel_tui.errors import OperationError
from pixel_tui.humanize import span
from pixel_tui.operations.planning.convergence import (
    ContainerChange,
    Prediction,
    UpOptions,
    kept_scales,
    left_without,
    predict_up,
)
from pixel_tui.operations.planning.creation import (
    dependency_that_is_off,
    why_no_up,
    why_no_up_alone,
    why_not_started_by_up,
)
from pixel_tui.operations.planning.draft import PlanDraft
from pixel_tui.operations.planning.networks import (
    changed_networks,
    network_steps,
    others_on,
    touched_by_up,
    warn_of_resources,
)
from pixel_tui.operations.planning.plan import PlanCheck, Risk, is_up
from pixel_tui.operations.planning.ports import own_containers, taken_port
from pixel_tui.operations.planning.providers import run_providers
from pixel_tui.operations.planning.proxy_effects import ask_proxies, proxies_to_restart
from pixel_tui.operations.planning.targets import Target, find_target
from pixel_tui.operations.planning.words import listed
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
    """Why `up` makes no sense for a target, as a predicate; empty where it does."""
    if target.single:
        return "is one container, and compose recreates complete services"
    if target.provided:
        return f"{target.provided} (`start` runs that)"
    paused = [item.name for item in target.containers if item.state is ContainerState.PAUSED]
    if paused:
        return f"is paused (continue it with `docker unpause {' '.join(paused)}`)"
    if not target.containers and not target.missing:
        return "is scaled to 0 in the compose file"
    return ""


def refuse_build(target: Target) -> str:
    """Why it can't be built, as a predicate; empty where it can."""
    if target.provided:
        return target.provided
    if not target.single and target.spec is not None and not target.spec.builds:
        names = "an image" if target.spec.image else "no image and no build"
        return f"is not built: the compose file names {names}"
    return refuse_up(target)


def draft_recreate(draft: PlanDraft) -> None:
    """`up --force-recreate --no-deps`: nothing but what it names, and what can't be left out."""
    along = take_along(draft, force=True, alone=True)
    options = up_steps(draft, force=True, alone=True)
    draft_up(draft, options, along)


def draft_rebuild(draft: PlanDraft, *, cached: bool = True) -> None:
    """`build`, then `up`.

    Args:
        draft: What is drafted.
        cached: Use what was kept of earlier builds.
    """
    built = draft.services
    names = tuple(target.name for target in built)
    draft.remade += [target.service for target in built]
    words = ("build",) if cached else ("build", "--no-cache")
    draft.compose_step(built, *words, cancelling=CANCEL_BUILD, verb="Build")
    along = take_along(draft, rebuilt=names)
    options = up_steps(draft, rebuilt=names, verb="Bring up")
    draft_up(draft, options, along)


def take_along(
    draft: PlanDraft, *, force: bool = False, alone: bool = False, rebuilt: Collection[str] = ()
) -> Mapping[str, SafeText]:
    """Add to the targets what would be broken by leaving it out.

    That is what runs on a changed network, and what shares a namespace or the volumes of a
    container that is recreated.

    Returns:
        What was added, with the cause.

    Raises:
        OperationError: Something can't be taken along.
    """
    snapshot = draft.snapshot
    names = [target.name for target in draft.services]
    along: dict[str, SafeText] = {}
    while True:
        found: dict[str, SafeText] = {
            name: SafeText("it is on a network that is recreated")
            for name in others_on(snapshot, names, alone=alone)
        }
        options = UpOptions(force=force, alone=alone, rebuilt=rebuilt)
        for sharer, shared in left_without(snapshot, predict_up(snapshot, names, options)).items():
            found.setdefault(sharer, plain(f"it shares namespaces or volumes of {shared}"))
        if not found:
            break
        names += map(plain, found)
        along |= found
    why_no = why_no_up_alone if alone else why_no_up
    for name in along:
        target = find_target(name, snapshot)
        if target is None:
            continue
        if reason := refuse_up(target) or why_no(target, snapshot, draft.facts):
            raise OperationError(f"{name} must be recreated as well, and {reason}.")
        draft.chosen = (*draft.chosen, target)
    return along


def up_steps(
    draft: PlanDraft,
    *,
    force: bool = False,
    alone: bool = False,
    rebuilt: Collection[str] = (),
    verb: str = "",
) -> UpOptions:
    """The steps that end in `up` of the targets; returns how that is called.

    Raises:
        OperationError: It is known to fail half way.
    """
    names = [target.name for target in draft.services]
    require_dependencies(draft, names)
    touched = touched_by_up(draft.snapshot, names, alone=alone)
    draft.looked_at |= touched
    networks = changed_networks(draft.snapshot, touched)
    if networks:
        network_steps(draft, networks)
    # What is on a network that is gone can't be started, only recreated.
    force = force or bool(networks) or any(_is_without_network(draft, names))
    options = UpOptions(
        force=force,
        alone=alone,
        rebuilt=rebuilt,
        scales=kept_scales(draft.snapshot, names, alone=alone),
    )
    words = ["up", "--detach"]
    words += ["--force-recreate"] * force + ["--no-deps"] * alone + [*options.scale_words]
    providers = run_providers(draft, names, alone=alone)
    along = providers if alone else ()
    draft.compose_step(draft.services, *words, cancelling=CANCEL_UP, verb=verb, along=along)
    warn_of_resources(draft, touched)
    return options


def _is_without_network(draft: PlanDraft, names: Iterable[str]) -> Iterator[bool]:
    for name in names:
        target = find_target(name, draft.snapshot)
        if target is not None:
            yield bool(why_not_started_by_up(target, draft.snapshot, draft.facts))


def draft_up(draft: PlanDraft, options: UpOptions, along: Mapping[str, SafeText]) -> None:
    """Say what an `up` of the targets does: to them, to what they depend on, to the rest."""
    tell_scales(draft, options.scales)
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
            draft.expect_running(target, (), by_the_way=name in along)
            continue
        if cause := along.get(name):
            prediction = replace(prediction, cause=prediction.cause or cause)
        _affect(draft, target, prediction, asked=name in named and name not in along)
        if prediction.change is ContainerChange.RECREATED and name not in options.rebuilt:
            warn_of_old_image(draft, target)
    for name, shared in left_without(draft.snapshot, predicted).items():
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
    proxies = proxies_to_restart(draft, recreated, predicted)
    _watch_dependants(draft)
    ask_proxies(draft)
    draft.lose("while it is down", spared=(*predicted, *proxies))


def require_dependencies(draft: PlanDraft, named: Collection[str]) -> None:
    """Refuse an `up` of which compose says "no such service".

    Raises:
        OperationError: It needs a service whose profile is off.
    """
    for spec in draft.project.services:
        if spec.name not in named:
            continue
        if reason := dependency_that_is_off(spec, draft.project, named):
            verb = draft.verb.removesuffix(" to")
            raise OperationError(f"{verb} would fail: {spec.name} {reason}.")


def _require_ports(draft: PlanDraft, predicted: Mapping[SafeText, Prediction]) -> None:
    """Refuse an `up` whose new containers can't have their ports.

    Raises:
        OperationError: A container holds one that is not recreated with it.
    """
    found = {name: find_target(name, draft.snapshot) for name in predicted}
    made = {ContainerChange.RECREATED, ContainerChange.CREATED}
    targets = [item for name, item in found.items() if item and predicted[name].change in made]
    replaced = {identity for target in targets for identity in own_containers(target)}
    for target in targets:
        ports = target.spec.ports if target.spec else ()
        if reason := taken_port(ports, draft.facts, replaced):
            raise OperationError(f"{draft.verb} would fail: {target.name} {reason}.")


def tell_scales(draft: PlanDraft, scales: Mapping[str, int]) -> None:
    """Say that what was scaled by hand stays so."""
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
        draft.lose_surplus(target)
        return
    verb = "is" if prediction.certain else "is, if the build produces a new image,"
    along = "" if asked else " as well"
    draft.affect(target.name, f"{verb} {_WORDS[change]}{along}", prediction.cause)
    away = change in {ContainerChange.RECREATED, ContainerChange.RESTARTED}
    before = [item for item in target.containers if away or not is_up(item)]
    draft.expect_running(
        target,
        # What may be made anew proves itself by running, whichever container it is.
        before if prediction.certain else (),
        created=target.missing,
        by_the_way=not asked and away and bool(target.up),
    )
    if away and target.up:
        draft.risk = Risk.DISRUPTIVE
        back = "it is healthy" if target.probed else "it runs"
        draft.interrupt(target, f"up to {span(target.grace)} to stop, then until {back} again")
    if change is ContainerChange.RECREATED:
        draft.remade.append(target.service)
        draft.lose_layers(container.name for container in target.containers)


def warn_of_old_image(draft: PlanDraft, target: Target) -> None:
    """Say which values a recreate does not bring into force, since a build writes them down."""
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
    """What depends on the targets, runs and is well is to be so afterwards too."""
    known = {expectation.name for expectation in draft.expected}
    names = {target.name for target in draft.services}
    for spec in draft.project.services:
        target = find_target(spec.name, draft.snapshot)
        depends = any(dependency.service in names for dependency in spec.depends_on)
        if target is not None and depends and target.up and target.name not in known:
            draft.expect_running(target, (), by_the_way=True)
