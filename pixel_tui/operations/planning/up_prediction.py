"""Predicts what `docker compose up SERVICE...` will do, without running it. Pure.

`up --dry-run` is not used: it has been seen to make changes. What compose 2.40 does, as observed
with a real engine:

- It considers the named services and, without `--no-deps`, their direct and indirect
  dependencies; no other services.
- It recreates a container if its configuration or image differs from the model, and with
  `--force-recreate` the containers of the named services.
- It recreates services that share a namespace or the volumes of a recreated container.
- It restarts services that depend on a recreated service with `restart: true`, but not the
  dependants of those.
- It does not recreate a stopped container whose network was removed, and fails to start it; with
  `--force-recreate` it works. Plans refuse this case, or force it.
- It starts everything that is not running, including tasks that have completed, and scales each
  service to its number of containers.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from pixel_tui.humanize import listed
from pixel_tui.operations.planning.dependencies import (
    active_services,
    dependencies_of,
    dependency_reason,
)
from pixel_tui.operations.planning.plan import is_up
from pixel_tui.operations.planning.up_failures import RECREATING
from pixel_tui.redaction.known import masked_text
from pixel_tui.stack.model.project import ServiceSpec
from pixel_tui.stack.model.snapshot import Service, StackSnapshot, Sync, SyncAction
from pixel_tui.stack.model.words import state_words
from pixel_tui.text import NO_TEXT, SafeText, plain


class ContainerChange(StrEnum):
    """A change to the containers of a service."""

    RECREATED = "recreated"
    RESTARTED = "restarted"
    CREATED = "created"
    STARTED = "started"
    REMOVED = "removed"
    """Some of them, because there are more than in the compose file."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """The predicted change to one service."""

    service: SafeText
    change: ContainerChange
    cause: SafeText = NO_TEXT
    """Empty if the change was requested."""
    certain: bool = True
    """False if it depends on something unknown, such as the result of a build."""


@dataclass(frozen=True, slots=True)
class UpOptions:
    """The options of an `up`."""

    force: bool = False
    """`--force-recreate`."""
    no_deps: bool = False
    """`--no-deps`."""
    rebuilt: Collection[str] = ()
    """The services whose images are built right before."""
    scales: Mapping[str, int] = field(default_factory=dict)
    """`--scale`: the number of containers by service, in place of the compose file's."""

    @property
    def scale_options(self) -> tuple[str, ...]:
        """The scales as options; `up` refuses the name of a service that it does not consider."""
        return tuple(f"--scale={name}={count}" for name, count in self.scales.items())


def predict_up(
    snapshot: StackSnapshot, named: Sequence[str], options: UpOptions
) -> Mapping[SafeText, Prediction]:
    """Return the change to each service that `up` changes, dependencies first.

    Args:
        snapshot: The stack.
        named: The services on the command line.
        options: The options of `up`.
    """
    project = snapshot.project
    if project is None:
        return {}
    specs = active_services(project, named)
    selected = [SafeText(name) for name in named]
    if not options.no_deps:
        selected += dependencies_of(project, named)
    found: dict[SafeText, Prediction] = {}
    for name in _dependencies_first(selected, specs):
        if specs[name].provider:
            continue  # a provided service has no container
        prediction = _predict(specs[name], snapshot, options, found, named=name in set(named))
        if prediction is not None:
            found[name] = prediction
    return found


def kept_scales(
    snapshot: StackSnapshot, named: Sequence[str], *, no_deps: bool = False
) -> Mapping[str, int]:
    """Return the services that were scaled up manually, with their number of containers.

    Without `--scale`, `up` would scale them back to the number in the compose file.

    Args:
        snapshot: The stack.
        named: The services on the command line.
        no_deps: Whether `up` is called with `--no-deps`.
    """
    project = snapshot.project
    if project is None:
        return {}
    specs = active_services(project, named)
    names = [*named, *(() if no_deps else dependencies_of(project, named))]
    services = [snapshot.service(name) for name in sorted(set(names)) if name in specs]
    return {
        service.name: len(service.regular)
        for service in services
        if service is not None and len(service.regular) > specs[service.name].replicas
    }


def services_cut_off(
    snapshot: StackSnapshot, predicted: Mapping[SafeText, Prediction]
) -> Mapping[SafeText, SafeText]:
    """Return the running services that stay cut off from a recreated container.

    They share its namespaces or volumes, and `up` does not consider them. Each is returned with
    the service that it shares with.
    """
    gone = {name for name, item in predicted.items() if item.change is ContainerChange.RECREATED}
    specs = snapshot.project.services if snapshot.project else ()
    lost: dict[SafeText, SafeText] = {}
    for spec in specs:
        service = snapshot.service(spec.name)
        up = service is not None and any(map(is_up, service.regular))
        shared = [name for name in spec.joins if name in gone]
        if up and shared and spec.name not in predicted:
            lost[spec.name] = shared[0]
    return lost


def _predict(
    spec: ServiceSpec,
    snapshot: StackSnapshot,
    options: UpOptions,
    found: Mapping[SafeText, Prediction],
    *,
    named: bool,
) -> Prediction | None:
    service = snapshot.service(spec.name)
    regular = service.regular if service is not None else ()
    if not regular:
        cause = plain("" if named else "it is missing")
        return Prediction(spec.name, ContainerChange.CREATED, cause) if spec.replicas else None
    scaled = spec.name in options.scales
    if spec.replicas == 0 and not scaled:
        return Prediction(spec.name, ContainerChange.REMOVED, plain("not in the compose file"))
    return (
        _recreation(spec, snapshot, options, found, named=named)
        or (None if scaled else _scaling(spec, service))
        or _restart(spec, found)
        or _start(spec, service)
    )


def _scaling(spec: ServiceSpec, service: Service | None) -> Prediction | None:
    sync = service.sync if service is not None else Sync(SyncAction.NOTHING)
    if sync.action is SyncAction.SCALE_UP:
        return Prediction(spec.name, ContainerChange.CREATED, sync.reason)
    if sync.action is SyncAction.SCALE_DOWN:
        return Prediction(spec.name, ContainerChange.REMOVED, sync.reason)
    return None


def _restart(spec: ServiceSpec, found: Mapping[SafeText, Prediction]) -> Prediction | None:
    for dependency in spec.depends_on:
        other = found.get(dependency.service)
        if dependency.restart and other is not None and other.change is ContainerChange.RECREATED:
            why = dependency_reason(spec, other.service, restarted=True)
            cause = plain(f"{other.service} is recreated, and it {why}")
            return Prediction(spec.name, ContainerChange.RESTARTED, cause, certain=other.certain)
    return None


def _start(spec: ServiceSpec, service: Service | None) -> Prediction | None:
    regular = service.regular if service is not None else ()
    idle = [container for container in regular if not is_up(container)]
    if not idle or (service is not None and service.sync.needs_force):
        return None
    cause = plain(f"{idle[0].name} {state_words(idle[0].state)}")
    return Prediction(spec.name, ContainerChange.STARTED, cause)


def _recreation(
    spec: ServiceSpec,
    snapshot: StackSnapshot,
    options: UpOptions,
    found: Mapping[SafeText, Prediction],
    *,
    named: bool,
) -> Prediction | None:
    service = snapshot.service(spec.name)
    sync = service.sync if service is not None else None
    if named and options.force:
        return Prediction(spec.name, ContainerChange.RECREATED)
    if sync is not None and sync.action in RECREATING and not sync.needs_force:
        return Prediction(spec.name, ContainerChange.RECREATED, sync.reason)
    shared = [found[name] for name in spec.joins if name in found]
    recreated = [item for item in shared if item.change is ContainerChange.RECREATED]
    if recreated:
        names = listed([item.service for item in recreated])
        cause = plain(f"it shares namespaces or volumes of {names}, which is recreated")
        certain = any(item.certain for item in recreated)
        return Prediction(spec.name, ContainerChange.RECREATED, cause, certain=certain)
    images = {
        other.image
        for other in (snapshot.project.services if snapshot.project else ())
        if other.name in options.rebuilt
    }
    if spec.image in images:
        shares = f"it runs image {masked_text(spec.image)} as well"
        cause = plain("" if spec.name in options.rebuilt else shares)
        return Prediction(spec.name, ContainerChange.RECREATED, cause, certain=False)
    return None


def _dependencies_first(
    names: Sequence[SafeText], specs: Mapping[str, ServiceSpec]
) -> Sequence[SafeText]:
    """Sort names so that each follows its dependencies."""
    ordered: dict[SafeText, None] = {}
    wanted = {name for name in names if name in specs}

    def add(name: SafeText, above: frozenset[SafeText]) -> None:
        if name in ordered or name in above:
            return
        for dependency in specs[name].depends_on:
            if dependency.service in specs:
                add(dependency.service, above | {name})
        ordered[name] = None

    for name in sorted(wanted):
        add(name, frozenset())
    return [name for name in ordered if name in wanted]
