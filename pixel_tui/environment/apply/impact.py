"""The changes that a candidate for an environment file makes in the stack. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from pixel_tui.stack.model.container import Port
from pixel_tui.stack.model.project import External
from pixel_tui.stack.model.resource_model import Diverged, ResourceKind
from pixel_tui.text import SafeText


class ServiceChange(StrEnum):
    """What must be done to a service so that it gets the file."""

    RECREATE = "recreate"
    REBUILD = "rebuild"
    """Then it is recreated from the new image."""
    RESTART = "restart"
    """It mounts the file, and has the old one until then; or it shares a namespace of a service
    that is restarted, which then has new namespaces."""


@dataclass(frozen=True, slots=True)
class ServiceImpact:
    """One service that a candidate changes."""

    service: SafeText
    change: ServiceChange
    keys: tuple[SafeText, ...]
    """The names of the keys that cause it; never values."""
    cause: SafeText
    running: bool
    """Whether it is running now."""
    stopped: bool = False
    """Whether it has a stopped container: starting it keeps its old environment."""
    externals: tuple[External, ...] = ()
    """External resources that it then needs."""
    ports: tuple[Port, ...] = ()
    """The ports that it then publishes."""
    wrong_image: SafeText = SafeText("")
    """The name of its image if Docker rejects it; else empty."""

    @property
    def later(self) -> SafeText:
        """How a service that is not running gets the file, as a predicate; else empty."""
        if self.stopped:
            # `start` starts the existing container, with the environment of its creation.
            return SafeText("is stopped, and gets it with `recreate`, not with `start`")
        return SafeText("" if self.running else "gets it when it is created")


@dataclass(frozen=True, slots=True)
class RenamedResource:
    """A network or volume that gets another name: the old one is left behind."""

    kind: ResourceKind
    key: SafeText
    before: SafeText
    after: SafeText


@dataclass(frozen=True, slots=True)
class Impact:
    """Compose's verdict on a candidate, and what it would change."""

    refusal: SafeText
    """Compose's own message if it refuses the project with this file; else empty."""
    warnings: tuple[SafeText, ...]
    services: tuple[ServiceImpact, ...]
    """The services that change, in the order of the project's services."""
    project: SafeText = SafeText("")
    """The name of the project with the candidate."""
    line: int = 0
    """The line in the refusal; 0 if it contains none."""
    networks: tuple[Diverged, ...] = ()
    """Networks of running services whose configuration changes under the same name."""
    volumes: tuple[Diverged, ...] = ()
    """Volumes whose configuration changes; compose keeps the existing ones."""
    moved: tuple[RenamedResource, ...] = ()
    """Networks and volumes that are replaced by ones with another name."""

    @property
    def applied_to(self) -> tuple[ServiceImpact, ...]:
        """The changed services that are running."""
        return tuple(item for item in self.services if item.running)
