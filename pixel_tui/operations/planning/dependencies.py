"""Who needs whom, as far as compose acts on it. Pure.

What compose 2.40 does, seen on a real engine:

- `restart A` restarts, after A, the services that depend on it with `restart: true`,
  and theirs; it *starts* those of them that are stopped, and leaves out those that
  have no container.
- `start A` starts the services that A depends on, and theirs, and waits for the
  health it depends on; it fails where one of them has no container.
- `up A` creates and starts them, and scales every one of them to its `replicas`,
  also down.
- `stop A` stops nothing but A.
- Of several, `stop` stops dependants first, `start` and `up` start them last; `restart`
  restarts all of them at once.
- A name on the command line makes all of its profiles active.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from pixel_tui.stack.model.project import Project, ServiceSpec
from pixel_tui.text import SafeText

COMPLETED: Final = "service_completed_successfully"
"""The condition of a dependant that waits for the end of a task."""


def active_services(project: Project, named: Iterable[str]) -> Mapping[str, ServiceSpec]:
    """The services that count in a command which names these."""
    names = set(named)
    profiles = {
        profile
        for spec in project.services
        if spec.name in names and not spec.active
        for profile in spec.profiles
    }
    return {
        spec.name: spec
        for spec in project.services
        if spec.active or spec.name in names or profiles.intersection(spec.profiles)
    }


def needed_by(
    project: Project, names: Iterable[str], *, restarted: bool = False
) -> Mapping[SafeText, tuple[SafeText, ...]]:
    """The services that depend on these, directly or through others; nearest first.

    Args:
        project: The compose project.
        names: The services to start from; they are not part of the answer.
        restarted: Follow only what compose restarts along (`restart: true`).

    Returns:
        Each dependant with the chain it hangs on: its own dependency first, the
        named service last.
    """
    specs = active_services(project, names) if restarted else _all(project)
    found: dict[SafeText, tuple[SafeText, ...]] = {}
    start = {SafeText(name) for name in names}
    layer: dict[SafeText, tuple[SafeText, ...]] = dict.fromkeys(sorted(start), ())
    while layer:
        following: dict[SafeText, tuple[SafeText, ...]] = {}
        for spec in specs.values():
            if spec.name in start or spec.name in found:
                continue
            for dependency in spec.depends_on:
                if dependency.service in layer and (dependency.restart or not restarted):
                    following[spec.name] = (dependency.service, *layer[dependency.service])
                    break
        found.update(following)
        layer = following
    return found


def why_needed(spec: ServiceSpec, other: str, *, restarted: bool = False) -> str:
    """How a service depends on another one, as a predicate.

    Compose makes a dependency, with `restart: true`, of a shared namespace and of a link: nobody
    wrote it so.

    Args:
        spec: The service.
        other: What it depends on.
        restarted: It is meant that it is restarted along.
    """
    for kind, owner in spec.shares:
        if owner == other:
            return f"shares the {kind.value} of {other}"
    if other in spec.links:
        return f"is linked to {other}"
    return f"depends on {other}{' with restart: true' if restarted else ''}"


def needs(project: Project, names: Iterable[str]) -> Mapping[SafeText, SafeText]:
    """The services that these depend on, directly or through others; nearest first.

    Returns:
        Each dependency with the service that needs it.
    """
    start = [SafeText(name) for name in names]
    specs = active_services(project, start)
    found: dict[SafeText, SafeText] = {}
    queue = list(start)
    for name in queue:
        for dependency in specs[name].depends_on if name in specs else ():
            other = dependency.service
            if other in specs and other not in found and other not in start:
                found[other] = name
                queue.append(other)
    return found


def completed_for(project: Project, names: Iterable[str]) -> frozenset[SafeText]:
    """The services whose end one of these waits for (`service_completed_successfully`)."""
    wanted = set(names)
    return frozenset(
        dependency.service
        for spec in project.services
        if spec.name in wanted
        for dependency in spec.depends_on
        if dependency.condition == COMPLETED
    )


def layers(project: Project, names: Iterable[str]) -> tuple[tuple[SafeText, ...], ...]:
    """These services in the order of their dependencies: each behind all that it depends on.

    Returns:
        Groups of services that have nothing to do with each other, in the order of the names.
    """
    wanted = list(dict.fromkeys(SafeText(name) for name in names))
    below = {name: [item for item in needs(project, [name]) if item in wanted] for name in wanted}
    found: list[tuple[SafeText, ...]] = []
    left = wanted
    while left:
        # Compose refuses circles; should there be one, it makes a group of its own.
        free = [name for name in left if not any(item in left for item in below[name])] or left
        found.append(tuple(free))
        left = [name for name in left if name not in free]
    return tuple(found)


def _all(project: Project) -> Mapping[str, ServiceSpec]:
    return {spec.name: spec for spec in project.services}
