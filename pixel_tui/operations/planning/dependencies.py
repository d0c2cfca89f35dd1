"""Dependencies between services, as compose treats them. Pure.

What compose 2.40 does, as observed with a real engine:

- `restart A` restarts A, and then its direct and indirect dependants with `restart: true`. It
  *starts* those that are stopped, and skips those without a container.
- `start A` starts the direct and indirect dependencies of A, and waits for their health if A
  depends on it. It fails if one of them has no container.
- `up A` creates and starts the dependencies, and scales each to its `replicas`, also down.
- `stop A` stops only A.
- Of several services, `stop` stops dependants first, `start` and `up` start them last;
  `restart` restarts all of them at once.
- A name on the command line activates all profiles of that service.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from pixel_tui.stack.model.project import Project, ServiceSpec
from pixel_tui.text import SafeText

COMPLETED: Final = "service_completed_successfully"
"""The `depends_on` condition that waits for a task to complete."""


def active_services(project: Project, named: Iterable[str]) -> Mapping[str, ServiceSpec]:
    """Return the services that are active in a command that names these, by name."""
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


def dependants_of(
    project: Project, names: Iterable[str], *, restarted: bool = False
) -> Mapping[SafeText, tuple[SafeText, ...]]:
    """Return the direct and indirect dependants of services, nearest first.

    Args:
        project: The compose project.
        names: The services; they are not part of the result.
        restarted: Follow only dependencies with `restart: true`.

    Returns:
        Each dependant with its chain of dependencies: its own first, the named service last.
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


def dependency_reason(spec: ServiceSpec, other: str, *, restarted: bool = False) -> str:
    """Return how a service depends on another, as a predicate.

    Compose turns shared namespaces and links into dependencies with `restart: true`, so the
    compose file may have no `depends_on`.

    Args:
        spec: The service.
        other: Its dependency.
        restarted: Whether to mention `restart: true`.
    """
    for kind, owner in spec.shares:
        if owner == other:
            return f"shares the {kind.value} of {other}"
    if other in spec.links:
        return f"is linked to {other}"
    return f"depends on {other}{' with restart: true' if restarted else ''}"


def dependencies_of(project: Project, names: Iterable[str]) -> Mapping[SafeText, SafeText]:
    """Return the direct and indirect dependencies of services, nearest first.

    Returns:
        Each dependency with the service that depends on it.
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


def awaited_tasks(project: Project, names: Iterable[str]) -> frozenset[SafeText]:
    """Return the tasks that these wait for (`service_completed_successfully`)."""
    wanted = set(names)
    return frozenset(
        dependency.service
        for spec in project.services
        if spec.name in wanted
        for dependency in spec.depends_on
        if dependency.condition == COMPLETED
    )


def dependency_layers(project: Project, names: Iterable[str]) -> tuple[tuple[SafeText, ...], ...]:
    """Group services so that each group depends only on earlier groups.

    Returns:
        Groups of independent services, in the order of the names.
    """
    wanted = list(dict.fromkeys(SafeText(name) for name in names))
    below = {
        name: [item for item in dependencies_of(project, [name]) if item in wanted]
        for name in wanted
    }
    found: list[tuple[SafeText, ...]] = []
    left = wanted
    while left:
        # Compose refuses cycles; if there is one, it becomes one group.
        free = [name for name in left if not any(item in left for item in below[name])] or left
        found.append(tuple(free))
        left = [name for name in left if name not in free]
    return tuple(found)


def _all(project: Project) -> Mapping[str, ServiceSpec]:
    return {spec.name: spec for spec in project.services}
