"""The simulated stack's compose project, as compose would resolve it."""

from collections.abc import Mapping, Sequence

from pixel_tui.demo.stack.compose_file import config, config_hash
from pixel_tui.demo.stack.services import COMPOSE_FILE, DIRECTORY, PROJECT, SERVICES
from pixel_tui.demo.stack.world import DemoWorld
from pixel_tui.stack.model.source import ProjectLocation, ResolvedProject
from pixel_tui.stack.model.typed_commands import WITHOUT_OPTIONS, TypedCommands


class DemoProject:
    """A `ProjectReader` on the simulated stack.

    Args:
        world: The stack.
    """

    def __init__(self, world: DemoWorld) -> None:
        self._changed_ns = int(world.started_at * 1e9)

    @property
    def fallback_name(self) -> str:
        """The project's name."""
        return PROJECT

    @property
    def typed(self) -> TypedCommands:
        """Command lines without options, as there is no project."""
        return WITHOUT_OPTIONS

    @property
    def location(self) -> ProjectLocation:
        """The project's folder and compose file; neither exists."""
        return ProjectLocation(DIRECTORY, (COMPOSE_FILE,))

    def resolve(self) -> ResolvedProject:
        """Return what compose would resolve, with all profiles."""
        return ResolvedProject(
            config=config(),
            active=frozenset(service.name for service in SERVICES if not service.profile),
            directory=DIRECTORY,
            files=(COMPOSE_FILE,),
        )

    def hashes(self, resolved: ResolvedProject) -> Mapping[str, str]:  # noqa: ARG002
        """Return the config-hash label of each service."""
        return {service.name: config_hash(service) for service in SERVICES}

    def fingerprint(self) -> Sequence[tuple[str, int, int]]:
        """Return an unchanging fingerprint: the compose file never changes."""
        return ((COMPOSE_FILE, self._changed_ns, 6214),)
