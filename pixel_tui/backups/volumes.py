"""Finds the folders of named volumes that can be opened on this machine.

A path alone proves nothing: the engine of another machine may report one that exists here as well.
So the engine's data folder must have the project's containers, whose ids are unique. Volumes that
the engine mounts only for itself, such as those with driver options, are not opened: the folder
seen here would be the one below the mount. Two kinds are known without access: volumes in memory,
and those bound to a host folder (`o: bind`).
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pixel_tui.backups.holders import bound_folder
from pixel_tui.backups.stack_view import SeenContainer, StackView
from pixel_tui.stack.model.json_value import Node

PREFIX: Final = "volume "


@dataclass(frozen=True, slots=True)
class VolumeKnowledge:
    """What is known about volumes."""

    folders: Mapping[str, Path] = field(default_factory=dict)
    """Volumes that can be opened here."""
    bound: Mapping[str, str] = field(default_factory=dict)
    """Volumes that are bound to a host folder, with that folder."""
    in_memory: frozenset[str] = frozenset()
    gone: frozenset[str] = frozenset()
    """Volumes that the engine does not have."""
    why: Mapping[str, str] = field(default_factory=dict)
    """Why other volumes can't be opened."""


def volume_source(name: str, relative: str) -> str:
    """Return the displayed name of a database in a volume: `volume pixel_data/app.db`."""
    return f"{PREFIX}{name}/{relative}"


def volume_folders(
    view: StackView,
    seen: Sequence[SeenContainer],
    names: Iterable[str],
    *,
    also: Sequence[str] = (),
) -> VolumeKnowledge:
    """Return which of these volumes can be opened here, and what is known about others.

    Args:
        view: Queries the engine.
        seen: The project's containers.
        names: The volumes' names.
        also: The project's volumes without a container.

    Raises:
        OperationError: The engine does not list its volumes.
    """
    known = {name for item in seen for name, _ in item.volumes} | set(also)
    wanted = sorted(known & set(names))
    if not wanted:
        return VolumeKnowledge()
    nodes = {node["Name"].raw: node for node in map(Node, view.inspect("volume", wanted))}
    unknown = set(wanted) - nodes.keys()
    gone = unknown - set(view.all_volumes()) if unknown else set[str]()
    root, elsewhere = _own_folder(view, seen)
    folders, why = dict[str, Path](), dict[str, str]()
    bound, in_memory = dict[str, str](), set[str]()
    for name in wanted:
        node = nodes.get(name, Node(None))
        place = Path(node["Mountpoint"].raw or "/")
        if node["Driver"].raw == "local" and node["Options"]["type"].raw == "tmpfs":
            in_memory.add(name)
        elif folder := bound_folder(node):
            bound[name] = folder
        elif name not in nodes:
            why[name] = "Docker does not describe it"
        elif node["Driver"].raw != "local" or node["Options"]:
            why[name] = "it was created with driver options"
        elif root is None:
            why[name] = elsewhere
        elif not place.is_relative_to(root):
            why[name] = "it is not a plain Docker folder"
        elif not (place.is_dir() and os.access(place, os.R_OK | os.X_OK)):
            why[name] = "this user can't enter its folder"
        else:
            folders[name] = place
    return VolumeKnowledge(folders, bound, frozenset(in_memory), frozenset(gone), why)


def _own_folder(view: StackView, seen: Sequence[SeenContainer]) -> tuple[Path | None, str]:
    """Return the engine's data folder if it has these containers, else why not."""
    root = view.engine_folder()
    if root is None:
        return None, "Docker does not report its folder"
    try:
        own = any((root / "containers" / item.id).is_dir() for item in seen if item.id)
    except OSError:
        own = False
    if not own:
        return (
            None,
            "Docker's folder is not on this machine, or this user can't enter it",
        )
    return root, ""
