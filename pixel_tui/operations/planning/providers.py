"""Services with a `provider:` in the compose file: they have no container.

With compose 2.40, each `up` that considers such a service runs its provider, and passes the output
to the environment of its dependants. So `up --no-deps` with only a dependant creates a container
without these variables; both must be named. `start`, `stop`, `restart` and `build` skip such a
service.
"""

from collections.abc import Iterable

from pixel_tui.operations.planning.dependencies import active_services, dependencies_of
from pixel_tui.operations.planning.draft import PlanDraft
from pixel_tui.stack.model.project import Project
from pixel_tui.text import SafeText


def add_provider_effects(
    draft: PlanDraft, named: Iterable[str], *, no_deps: bool
) -> tuple[SafeText, ...]:
    """Record the effects of an `up` on services with a provider.

    Args:
        draft: The plan being drafted.
        named: The services on the command line.
        no_deps: Whether `up` is called with `--no-deps`.

    Returns:
        The services whose provider runs. With `--no-deps` they must be named too.
    """
    names = tuple(named)
    specs = {spec.name: spec for spec in draft.project.services}
    needed = (
        _needed_by_each(draft.project, names) if no_deps else dependencies_of(draft.project, names)
    )
    found = {name: needer for name, needer in needed.items() if specs[name].provider}
    known = {effect.service for effect in draft.effects}
    for name, needer in found.items():
        if name not in known:
            draft.affect(name, runs_provider(specs[name].provider), f"{needer} depends on it")
    return tuple(found)


def runs_provider(provider: str) -> str:
    """Return what `up` does to such a service, as a predicate."""
    return f"runs its provider {provider}"


def _needed_by_each(project: Project, names: tuple[str, ...]) -> dict[SafeText, SafeText]:
    # Naming a service of another profile would activate that profile.
    specs = active_services(project, names)
    return {
        dependency.service: specs[name].name
        for name in names
        if name in specs
        for dependency in specs[name].depends_on
        if dependency.service in specs and dependency.service not in names
    }
