"""Services that a provider provides (`provider:` of the compose file): they have no container.

Seen with compose 2.40: each `up` that looks at such a service runs its provider, and gives what
that answers to the environment of who depends on it. So an `up --no-deps` that names a dependant
alone makes its container without these variables; with both named it has them. `start`, `stop`,
`restart` and `build` pass such a service over.
"""

from collections.abc import Iterable

from pixel_tui.operations.planning.dependencies import active_services, needs
from pixel_tui.operations.planning.draft import PlanDraft
from pixel_tui.stack.model.project import Project
from pixel_tui.text import SafeText


def run_providers(draft: PlanDraft, named: Iterable[str], *, alone: bool) -> tuple[SafeText, ...]:
    """Say whose providers an `up` runs, beside the services that it names.

    Args:
        draft: The plan in the making.
        named: The services on the command line.
        alone: It is called with `--no-deps`.

    Returns:
        The services. Without their dependencies they have to be named too.
    """
    names = tuple(named)
    specs = {spec.name: spec for spec in draft.project.services}
    needed = _needed_by_each(draft.project, names) if alone else needs(draft.project, names)
    found = {name: needer for name, needer in needed.items() if specs[name].provider}
    told = {effect.service for effect in draft.effects}
    for name, needer in found.items():
        if name not in told:
            draft.affect(name, runs_provider(specs[name].provider), f"{needer} depends on it")
    return tuple(found)


def runs_provider(provider: str) -> str:
    """What `up` does to such a service, as a predicate."""
    return f"runs its provider {provider}"


def _needed_by_each(project: Project, names: tuple[str, ...]) -> dict[SafeText, SafeText]:
    # To name one of another profile would turn that profile on.
    specs = active_services(project, names)
    return {
        dependency.service: specs[name].name
        for name in names
        if name in specs
        for dependency in specs[name].depends_on
        if dependency.service in specs and dependency.service not in names
    }
