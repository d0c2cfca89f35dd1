"""How far a restore came that died: what it said it would do, and what is in the folder.

What it says is in the output of its job. Before it replaces a file it names each of them; what
became of these is looked up, as the disk that its later lines go to may be full.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from pixel_tui.text import SafeText, plain

_REPLACING: Final = "to replace "
_KEPT: Final = ", kept as "
_MAKING: Final = "to make    "
_BEGUN: Final = "  is being put back"
NOTHING_YET: Final = "nothing is replaced yet"
_NOTHING: Final = SafeText("Nothing was replaced.")
_NOT_BEGUN: Final = SafeText("As far as its output says, nothing was replaced.")


def replacing(place: str, kept: str) -> str:
    """The line that names a file that is there, before anything is done."""
    return f"{_REPLACING}{place}{_KEPT}{kept}"


def making(place: str) -> str:
    """The same for a file that is not there."""
    return f"{_MAKING}{place}"


def putting_back(title: str) -> str:
    """The line before a database or the roles of a server are put back."""
    return f"{title}{_BEGUN}"


def how_far(lines: Iterable[str], project: Path) -> SafeText:
    """What a restore has done of what it was about to do, in sentences. Blocks.

    Args:
        lines: What it said.
        project: The project's folder; names in the lines are relative to it.
    """
    done: list[str] = []
    missing: list[str] = []
    servers: list[str] = []
    listed = False
    for line in lines:
        listed = listed or line.endswith(NOTHING_YET)
        for title in [item for item in servers if line.startswith(f"{item}  ")]:
            servers.remove(title)
            done.append(" ".join(title.split()))
        if line.startswith(_REPLACING):
            place, _, kept = line.removeprefix(_REPLACING).partition(_KEPT)
            if not os.path.lexists(project / kept):
                continue
            if not os.path.lexists(project / place):
                missing.append(f"{place}, which is kept as {kept}")
            elif not _is_one(project / place, project / kept):
                done.append(f"{place} (kept as {kept})")
        elif line.startswith(_MAKING):
            place = line.removeprefix(_MAKING)
            if os.path.lexists(project / place):
                done.append(f"{place} (there was none)")
        elif line.endswith(_BEGUN):
            servers.append(line.removesuffix(_BEGUN))
    words = [f"Replaced: {', '.join(done)}."] if done else []
    words += [f"Not in its place: {item}." for item in missing]
    words += [f"Perhaps only in part: {' '.join(title.split())}." for title in servers]
    if words:
        return plain(" ".join(words))
    return _NOTHING if listed else _NOT_BEGUN


def _is_one(place: Path, kept: Path) -> bool:
    """Whether a file has both names: it has been given the second one, and is not replaced yet."""
    try:
        return place.samefile(kept)
    except OSError:
        return False
