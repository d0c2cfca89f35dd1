"""What a candidate for an environment file changes in the stack. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from pixel_tui.stack.model.container import Port
from pixel_tui.stack.model.project import External
from pixel_tui.stack.model.resource_model import Diverged, ResourceKind
from pixel_tui.text import SafeText


class ServiceChange(StrEnum):
    """What has to be done to a service for the file to count."""

    RECREATE = "recreate"
    REBUILD = "rebuild"
    """And recreated from the new image."""
    RESTART = "restart"
    """Only that: it mounts the file, and has the old one until then; or it shares a namespace
    of what is restarted, which has new ones then."""


@dataclass(frozen=True, slots=True)
class ServiceImpact:
    """One service that a candidate changes."""

    service: SafeText
    change: ServiceChange
    keys: tuple[SafeText, ...]
    """Names of the keys behind it; never values."""
    cause: SafeText
    running: bool
    """Whether it runs now."""
    stopped: bool = False
    """Whether it has a container that does not run: a start keeps what that was made with."""
    externals: tuple[External, ...] = ()
    """What it needs then, and compose does not make."""
    ports: tuple[Port, ...] = ()
    """What it publishes then."""
    wrong_image: SafeText = SafeText("")
    """The name of its image, where the engine takes that for none; empty where it is one."""

    @property
    def later(self) -> SafeText:
        """How a service that does not run gets the file, as a predicate; empty if it runs."""
        if self.stopped:
            # `start` starts the container that is there, in the environment of its creation.
            return SafeText("is stopped, and gets it with `recreate`, not with `start`")
        return SafeText("" if self.running else "gets it when it is created")


@dataclass(frozen=True, slots=True)
class RenamedResource:
    """A network or volume that gets another name: the one of before stays, and is left."""

    kind: ResourceKind
    key: SafeText
    before: SafeText
    after: SafeText


@dataclass(frozen=True, slots=True)
class Impact:
    """What compose says of a candidate, and what it would change."""

    refusal: SafeText
    """Compose's own message where it refuses the project with this file; empty where not."""
    warnings: tuple[SafeText, ...]
    services: tuple[ServiceImpact, ...]
    """In the order of the project's services. Those only that change."""
    project: SafeText = SafeText("")
    """What the project would be called."""
    line: int = 0
    """The line that the refusal names; 0 where it names none."""
    networks: tuple[Diverged, ...] = ()
    """The networks that would get another configuration under the same name, of what runs."""
    volumes: tuple[Diverged, ...] = ()
    """The volumes that would, which compose keeps as they are."""
    moved: tuple[RenamedResource, ...] = ()
    """Networks and volumes in whose place others come."""

    @property
    def applied_to(self) -> tuple[ServiceImpact, ...]:
        """The services that have containers about which something is to be done."""
        return tuple(item for item in self.services if item.running)
