"""The folders of named volumes, where they can be opened on this machine.

A path alone proves nothing: another machine's engine may name one that is here as well. So the
engine's own folder has to hold the project's containers, whose ids no other engine has. What
the engine mounts only for itself, as it does for a volume with options of its driver, is left
alone: the folder that is seen here would be the one below the mount.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from pixel_tui.backups.stack_view import Seen, StackView
from pixel_tui.stack.json_value import Node

PREFIX: Final = "volume "


def volume_source(name: str, relative: str) -> str:
    """How a database in a volume is called: `volume pixel_data/app.db`."""
    return f"{PREFIX}{name}/{relative}"


def volume_folders(
    view: StackView, seen: Sequence[Seen], names: Iterable[str], *, also: Sequence[str] = ()
) -> tuple[Mapping[str, Path], str]:
    """Those of these volumes that can be opened here, and why the others can't be.

    Args:
        view: Asks the engine.
        seen: The project's containers.
        names: The volumes' names.
        also: Volumes of the project that no container has.
    """
    known = {name for item in seen for name, _ in item.volumes} | set(also)
    wanted = sorted(known & set(names))
    if not wanted:
        return {}, "no container of the project has it"
    root = view.engine_folder()
    if root is None:
        return {}, "the engine does not say where its folder is"
    try:
        own = any((root / "containers" / item.id).is_dir() for item in seen if item.id)
    except OSError:
        own = False
    if not own:
        return {}, "the engine's folder is not on this machine, or this user may not enter it"
    found: dict[str, Path] = {}
    for node in map(Node, view.inspect("volume", wanted)):
        place = Path(node["Mountpoint"].raw or "/")
        if node["Driver"].raw != "local" or node["Options"] or not place.is_relative_to(root):
            continue
        if place.is_dir() and os.access(place, os.R_OK | os.X_OK):
            found[node["Name"].raw] = place
    return found, "it is not a plain folder of the engine"
