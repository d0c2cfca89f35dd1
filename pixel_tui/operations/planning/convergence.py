"""What `docker compose up SERVICE...` will do, told by reading only. Pure.

`up --dry-run` can't be asked: it has been seen to act. What compose 2.40 does, seen on a
real engine:

- It looks at the services that are named and, without `--no-deps`, at all that these depend
  on, directly or through others; at no other, whatever these have to do with them.
- It recreates a container whose configuration or image is another one than the model's, and
  with `--force-recreate` those of the services that are named.
- It recreates what shares a namespace or the volumes of a container that it has recreated.
- It restarts what depends with `restart: true` on a service that it has recreated; what
  depends on *that* is left alone.
- A stopped container whose network was removed is not recreated, and fails to start; with
  `--force-recreate` it works. Plans refuse that, or force it.
- It starts what does not run, a task that has done its work included, and brings each
  service to its number of containers.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from pixel_tui.operations.planning.creation import RECREATING
from pixel_tui.operations.planning.dependencies import active_services, needs, why_needed
from pixel_tui.operations.planning.plan import is_up
from pixel_tui.operations.planning.words import listed
from pixel_tui.redaction.known import masked_text
from pixel_tui.stack.model.project import ServiceSpec
from pixel_tui.stack.model.snapshot import Service, StackSnapshot, Sync, SyncAction
from pixel_tui.stack.model.words import state_words
from pixel_tui.text import NO_TEXT, SafeText, plain


class ContainerChange(StrEnum):
    """What happens to the containers of a service."""

    RECREATED = "recreated"
    RESTARTED = "restarted"
    CREATED = "created"
    STARTED = "started"
    REMOVED = "removed"
    """Some of them, since there are more than the compose file wants."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """What happens to one service."""

    service: SafeText
    change: ContainerChange
    cause: SafeText = NO_TEXT
    """Empty where it was asked for."""
    certain: bool = True
    """Else it hangs on what can't be read before, such as what a build will give."""


@dataclass(frozen=True, slots=True)
class UpOptions:
    """How `up` is called."""

    force: bool = False
    """`--force-recreate`."""
    alone: bool = False
    """`--no-deps`."""
    rebuilt: Collection[str] = ()
    """Services whose image is built right before."""
    scales: Mapping[str, int] = field(default_factory=dict)
    """`--scale`: how many containers services get, whatever the compose file says."""

    @property
    def scale_words(self) -> tuple[str, ...]:
        """The scales as options of `up`, which refuses the name of a service that it leaves."""
        return tuple(f"--scale={name}={count}" for name, count in self.scales.items())


def predict_up(
    snapshot: StackSnapshot, named: Sequence[str], options: UpOptions
) -> Mapping[SafeText, Prediction]:
    """What `up` does to each service that it does not leave as it is; dependencies first.

    Args:
        snapshot: The stack as it is.
        named: The services on the command line.
        options: How it is called.
    """
    project = snapshot.project
    if project is None:
        return {}
    specs = active_services(project, named)
    selected = [SafeText(name) for name in named]
    if not options.alone:
        selected += needs(project, named)
    found: dict[SafeText, Prediction] = {}
    for name in _dependencies_first(selected, specs):
        if specs[name].provider:
            continue  # it has no container
        prediction = _predict(specs[name], snapshot, options, found, named=name in set(named))
        if prediction is not None:
            found[name] = prediction
    return found


def kept_scales(
    snapshot: StackSnapshot, named: Sequence[str], *, alone: bool = False
) -> Mapping[str, int]:
    """The services that were scaled up by hand, with how many containers they have.

    `up` would bring them back to the number in the compose file, dependencies as well.

    Args:
        snapshot: The stack as it is.
        named: The services on the command line.
        alone: It is called with `--no-deps`.
    """
    project = snapshot.project
    if project is None:
        return {}
    specs = active_services(project, named)
    names = [*named, *(() if alone else needs(project, named))]
    services = [snapshot.service(name) for name in sorted(set(names)) if name in specs]
    return {
        service.name: len(service.regular)
        for service in services
        if service is not None and len(service.regular) > specs[service.name].replicas
    }


def left_without(
    snapshot: StackSnapshot, predicted: Mapping[SafeText, Prediction]
) -> Mapping[SafeText, SafeText]:
    """Running services that share what a recreated container had, and are not looked at.

    They lose it for good: each with the service that it shared.
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
            why = why_needed(spec, other.service, restarted=True)
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
    """These names, each behind what it depends on among them."""
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
