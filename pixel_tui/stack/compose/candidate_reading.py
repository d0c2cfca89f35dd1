"""A project resolved with another content of its `.env`."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pixel_tui.stack.model.container import Port
from pixel_tui.stack.model.project import External
from pixel_tui.stack.model.resource_model import Resource
from pixel_tui.text import SafeText


@dataclass(frozen=True, slots=True)
class ServiceReading:
    """A service as compose would create it. Contains secrets: its values must never be shown."""

    name: SafeText
    config_hash: str
    """The hash in the label that its containers would get."""
    active: bool
    builds: bool
    image: str
    environment: Mapping[str, str] = field(repr=False)
    build_arguments: Mapping[str, str] = field(repr=False)
    keys: frozenset[str] = frozenset()
    """The variables that it refers to in the compose file."""
    reads_file: bool = False
    """Whether it has the project's `.env` as its `env_file`."""
    delivered: frozenset[str] = frozenset()
    """The variables in its secrets and configs, which are written when a container is created."""
    build_secrets: frozenset[str] = frozenset()
    """The variables in the secrets of its build, of which an image has no trace."""
    recipe: str = field(default="", repr=False)
    """Its build without the arguments: stage, Dockerfile, folder and so on."""
    shares: tuple[str, ...] = ()
    """Services whose namespaces or volumes it shares: it is recreated together with them."""
    joins: tuple[str, ...] = ()
    """Those of them whose namespaces it shares: it is also restarted together with them."""
    networks: frozenset[str] = frozenset()
    """Keys in the compose file."""
    volumes: frozenset[str] = frozenset()
    """Keys in the compose file."""
    externals: tuple[External, ...] = ()
    """The external networks and volumes that it needs."""
    ports: tuple[Port, ...] = ()


@dataclass(frozen=True, slots=True)
class CandidateReading:
    """A project resolved with a candidate, or compose's refusal."""

    refusal: SafeText = SafeText("")
    """Compose's message if it refuses the project with this file, without values."""
    line: int = 0
    """The line of the file in that message; 0 if there is none."""
    project: SafeText = SafeText("")
    warnings: tuple[SafeText, ...] = ()
    services: Mapping[str, ServiceReading] = field(default_factory=dict)
    resources: tuple[Resource, ...] = ()
    """The project's networks and volumes."""
