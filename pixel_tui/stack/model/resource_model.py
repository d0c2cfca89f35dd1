"""The networks and volumes of a project, as plain values."""

from dataclasses import dataclass
from enum import StrEnum

from pixel_tui.text import SafeText


class ResourceKind(StrEnum):
    """The kinds of resources that compose creates besides containers."""

    NETWORK = "network"
    VOLUME = "volume"


@dataclass(frozen=True, slots=True)
class Resource:
    """A network or volume as the resolved compose model describes it."""

    kind: ResourceKind
    key: SafeText
    """Its key in the compose file."""
    name: SafeText
    """Its name in the engine."""
    config_hash: str = ""
    """The hash that compose compares; empty for an external one, which it does not compare."""


@dataclass(frozen=True, slots=True)
class AttachedContainer:
    """A container on a network, of any project."""

    container_id: str
    name: SafeText
    aliases: tuple[str, ...] = ()
    """Its other names on the network; read only for stopped containers."""
    project: SafeText = SafeText("")
    """The compose project that it belongs to; empty if compose did not create it."""
    service: SafeText = SafeText("")
    directory: str = ""
    """That project's folder."""
    files: tuple[str, ...] = ()
    """The compose files that it was created with."""


@dataclass(frozen=True, slots=True)
class Diverged:
    """A network or volume that differs from the compose file, or could not be compared."""

    kind: ResourceKind
    key: SafeText
    name: SafeText
    attached: tuple[AttachedContainer, ...] = ()
    """The running containers on a network."""
    stopped: tuple[AttachedContainer, ...] = ()
    """The stopped containers on a network: they can't start after it was recreated."""
    unlisted: SafeText = SafeText("")
    """Why the stopped containers on it are not known; empty if they are."""
    unread: SafeText = SafeText("")
    """Why it could not be compared, in the engine's words; empty if it was."""
