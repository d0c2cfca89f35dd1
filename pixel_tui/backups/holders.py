"""Finds the containers that mount a file: of services, one-off ones, of other projects.

Mounts are compared by real paths. The engine records the path from compose, which may have links;
and a named volume may be a folder of the project (`driver_opts: {o: bind, device}`).
"""

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from pixel_tui.stack.model.json_value import Node
from pixel_tui.stack.model.labels import LABEL

_OWN_FILES: Final = re.compile(r"/containers/([0-9a-f]{64})/(?:hostname|hosts|resolv\.conf)")
"""Files in the engine's own folder that it mounts into each container."""


@dataclass(frozen=True, slots=True)
class Volume:
    """A volume of the engine."""

    name: str
    project: str = ""
    """The compose project that created it; empty if none did."""
    place: str = ""
    """The real path of its content, as far as it is known on this machine."""
    anonymous: bool = False


@dataclass(frozen=True, slots=True)
class Holder:
    """A container and its mounts."""

    id: str
    name: str
    project: str = ""
    service: str = ""
    oneoff: bool = False
    """Whether it was created by `docker compose run`."""
    running: bool = True
    places: tuple[str, ...] = ()
    """The real paths of its mounts."""
    volumes: tuple[str, ...] = ()
    """The names of its volumes."""
    passing: bool = False
    """Whether the engine removes it when it exits (`--rm`)."""
    own: bool = False
    """Whether this process runs in it."""

    @property
    def whose(self) -> str:
        """The project it belongs to, in words."""
        return f"a container of the project {self.project}" if self.project else (
            "a container outside any project"
        )  # fmt: skip

    def holds(self, place: str, volume: str = "") -> bool:
        """Whether a file is in one of its mounts.

        Args:
            place: The file's real path; empty if unknown.
            volume: The volume with the file; empty if it is in none.
        """
        if volume and volume in self.volumes:
            return True
        path = PurePosixPath(place)
        return bool(place) and any(path.is_relative_to(mounted) for mounted in self.places)


def volume_of(node: Node) -> Volume:
    """Parse a volume from `GET /volumes` or `docker volume inspect`."""
    bound = bound_folder(node)
    labels = node["Labels"]
    return Volume(
        name=node["Name"].raw,
        project=labels[f"{LABEL}project"].raw,
        place=os.path.realpath(bound or node["Mountpoint"].raw or "/nowhere"),
        anonymous=dict(labels.members()).get("com.docker.volume.anonymous") is not None,
    )


def bound_folder(node: Node) -> str:
    """Return the host folder that a volume is bound to by its options; empty if none."""
    options = node["Options"]
    device = options["device"].raw
    return device if "bind" in options["o"].raw.split(",") and device.startswith("/") else ""


def holder_of(node: Node, volumes: Mapping[str, Volume], own: str = "") -> Holder:
    """Parse a container from an engine.

    Accepts `GET /containers/json`, `GET /containers/{id}/json` and `docker inspect`.

    Args:
        node: The engine's JSON.
        volumes: The engine's volumes by name.
        own: The id of the container that this process runs in.
    """
    names = [item.raw for item in node["Names"]]
    labels = node["Labels"] or node["Config"]["Labels"]
    state = node["State"].raw or node["State"]["Status"].raw
    mounts = list(node["Mounts"])
    used = tuple(item["Name"].raw for item in mounts if item["Type"].raw == "volume")
    sources = [item["Source"].raw for item in mounts]
    places = {os.path.realpath(source) for source in sources if source.startswith("/")}
    places |= {volumes[name].place for name in used if name in volumes and volumes[name].place}
    return Holder(
        id=node["Id"].raw,
        name=(names[0] if names else node["Name"].raw).removeprefix("/"),
        project=labels[f"{LABEL}project"].raw,
        service=labels[f"{LABEL}service"].raw,
        oneoff=labels[f"{LABEL}oneoff"].raw.lower() == "true",
        running=state in {"running", "paused", "restarting"},
        places=tuple(sorted(places)),
        volumes=used,
        passing=node["HostConfig"]["AutoRemove"].flag,
        own=bool(own) and node["Id"].raw == own,
    )


def own_container(mountinfo: Path = Path("/proc/self/mountinfo")) -> str:
    """Return the id of the container that this process runs in; empty if none."""
    try:
        found = _OWN_FILES.search(mountinfo.read_text(errors="replace"))
    except OSError:
        return ""
    return found.group(1) if found else ""


def volumes_by_name(volumes: Iterable[Volume]) -> dict[str, Volume]:
    """Return volumes by name."""
    return {volume.name: volume for volume in volumes}
