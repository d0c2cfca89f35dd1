"""What compose says of a project with another `.env`."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pixel_tui.stack.model.container import Port
from pixel_tui.stack.model.project import External
from pixel_tui.stack.model.resource_model import Resource
from pixel_tui.text import SafeText


@dataclass(frozen=True, slots=True)
class ServiceReading:
    """A service as compose would make it. Holds secrets: its values are never shown."""

    name: SafeText
    config_hash: str
    """The label that its containers would get."""
    active: bool
    builds: bool
    image: str
    environment: Mapping[str, str] = field(repr=False)
    build_arguments: Mapping[str, str] = field(repr=False)
    keys: frozenset[str] = frozenset()
    """The variables that the compose file names in it."""
    reads_file: bool = False
    """It names the project's `.env` as its `env_file`."""
    delivered: frozenset[str] = frozenset()
    """The variables that its secrets and configs are made from, when its container is made."""
    build_secrets: frozenset[str] = frozenset()
    """The variables that secrets of its build are made from; no image tells what these were."""
    recipe: str = field(default="", repr=False)
    """How its image is built but for the arguments: stage, Dockerfile, folder and so on."""
    shares: tuple[str, ...] = ()
    """Services whose namespaces or volumes it shares: it is recreated with them."""
    joins: tuple[str, ...] = ()
    """Those of them whose namespaces it shares: it is restarted with them as well."""
    networks: frozenset[str] = frozenset()
    """By their keys in the compose file."""
    volumes: frozenset[str] = frozenset()
    """The same."""
    externals: tuple[External, ...] = ()
    """What it needs and compose does not make."""
    ports: tuple[Port, ...] = ()


@dataclass(frozen=True, slots=True)
class CandidateReading:
    """What compose says of a candidate."""

    refusal: SafeText = SafeText("")
    """Its own message where it refuses the project with this file; no value is in it."""
    line: int = 0
    """The line of the file that it names; 0 where it names none."""
    project: SafeText = SafeText("")
    warnings: tuple[SafeText, ...] = ()
    services: Mapping[str, ServiceReading] = field(default_factory=dict)
    resources: tuple[Resource, ...] = ()
    """The project's networks and volumes."""
