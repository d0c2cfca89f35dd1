"""Finds out how far a restore came that died, from its output and the files.

Its output names each file before it is replaced; whether it was is looked up on disk, because
the disk with the output may have been full by then.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from pixel_tui.text import SafeText, plain

_REPLACING: Final = "to replace "
_KEPT: Final = ", kept as "
_MAKING: Final = "to make    "
_IN_PROGRESS: Final = "  is being put back"
NOTHING_REPLACED_YET: Final = "nothing is replaced yet"
_NOTHING: Final = SafeText("Nothing was replaced.")
_NOT_IN_PROGRESS: Final = SafeText("According to its output, nothing was replaced.")


def replacing_line(place: str, kept: str) -> str:
    """Return the line that announces the replacement of an existing file."""
    return f"{_REPLACING}{place}{_KEPT}{kept}"


def making_line(place: str) -> str:
    """Return the line that announces the creation of a file."""
    return f"{_MAKING}{place}"


def restoring_line(title: str) -> str:
    """Return the line before a database or the roles of a server are restored."""
    return f"{title}{_IN_PROGRESS}"


def restore_progress(lines: Iterable[str], project: Path) -> SafeText:
    """Return what a restore has done of what it announced, in sentences. Blocks.

    Args:
        lines: Its output.
        project: The project's folder, to which names in the lines are relative.
    """
    done: list[str] = []
    missing: list[str] = []
    servers: list[str] = []
    listed = False
    for line in lines:
        listed = listed or line.endswith(NOTHING_REPLACED_YET)
        for title in [item for item in servers if line.startswith(f"{item}  ")]:
            servers.remove(title)
            done.append(" ".join(title.split()))
        if line.startswith(_REPLACING):
            place, _, kept = line.removeprefix(_REPLACING).partition(_KEPT)
            if not os.path.lexists(project / kept):
                continue
            if not os.path.lexists(project / place):
                missing.append(f"{place}, kept as {kept}")
            elif not _is_one(project / place, project / kept):
                done.append(f"{place} (kept as {kept})")
        elif line.startswith(_MAKING):
            place = line.removeprefix(_MAKING)
            if os.path.lexists(project / place):
                done.append(f"{place} (did not exist)")
        elif line.endswith(_IN_PROGRESS):
            servers.append(line.removesuffix(_IN_PROGRESS))
    words = [f"Replaced: {', '.join(done)}."] if done else []
    words += [f"Missing: {item}." for item in missing]
    words += [f"Possibly incomplete: {' '.join(title.split())}." for title in servers]
    if words:
        return plain(" ".join(words))
    return _NOTHING if listed else _NOT_IN_PROGRESS


def _is_one(place: Path, kept: Path) -> bool:
    """Whether both names are of the same file, which is then not replaced yet."""
    try:
        return place.samefile(kept)
    except OSError:
        return False
