"""What compose makes beside containers: networks and volumes, as plain values."""

from dataclasses import dataclass
from enum import StrEnum

from pixel_tui.text import SafeText


class ResourceKind(StrEnum):
    """What compose makes beside containers."""

    NETWORK = "network"
    VOLUME = "volume"


@dataclass(frozen=True, slots=True)
class Resource:
    """A network or a volume as the resolved compose model describes it."""

    kind: ResourceKind
    key: SafeText
    """What services call it."""
    name: SafeText
    """What the engine calls it."""
    config_hash: str = ""
    """What compose compares it by; empty for an external one, which it does not compare."""


@dataclass(frozen=True, slots=True)
class Attached:
    """A container on a network, of whichever project."""

    container_id: str
    name: SafeText
    aliases: tuple[str, ...] = ()
    """Other names that it has on the network; read only of what stands still."""
    project: SafeText = SafeText("")
    """The compose project that it belongs to; empty where compose did not make it."""
    service: SafeText = SafeText("")
    directory: str = ""
    """That project's folder."""
    files: tuple[str, ...] = ()
    """The compose files that it was made with."""


@dataclass(frozen=True, slots=True)
class Diverged:
    """A network or a volume that is not known to be as the file says."""

    kind: ResourceKind
    key: SafeText
    name: SafeText
    attached: tuple[Attached, ...] = ()
    """What runs on a network."""
    stopped: tuple[Attached, ...] = ()
    """What is on a network and stands still: it can't start once the network is another one."""
    unlisted: SafeText = SafeText("")
    """Why nobody knows what stands still on it; empty where that is known."""
    unread: SafeText = SafeText("")
    """Why it is not known whether it is another one, in the engine's words; empty where it is."""
