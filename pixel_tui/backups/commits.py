"""Which commits a checkout and its submodules are at, asked of git. Nothing is written."""

import re
from pathlib import Path
from typing import Final

from pixel_tui.backups.stack_view import ASK_SECONDS
from pixel_tui.errors import OperationError
from pixel_tui.stack.json_value import JsonObject, JsonValue
from pixel_tui.stack.program import Programs

# A mark, the commit, the path, and where there is one a name of the commit in parentheses.
_SUBMODULE: Final = re.compile(r"([ +U-])([0-9a-f]{40,64}) (.+?)(?: \([^()]*\))?")


def read_commits(programs: Programs, project: Path) -> JsonObject:
    """The commits of a folder and its submodules, as they are written down.

    Empty without a repository; with `trouble` alone where git can't be asked, or refuses to
    answer: it does so for a folder of another user.
    """
    # Without the option git would write what it has found into its index.
    git = ("git", "--no-optional-locks", "-C", str(project))
    try:
        head = programs.run((*git, "rev-parse", "HEAD"), patience=ASK_SECONDS)
        if head.code:
            return {"trouble": head.reason} if (project / ".git").exists() else {}
        inside = programs.run((*git, "submodule", "status", "--recursive"), patience=ASK_SECONDS)
        changes = programs.run(
            (*git, "status", "--porcelain=v2", "-z", "--untracked-files=no"), patience=ASK_SECONDS
        )
    except OperationError as error:
        return {"trouble": str(error)} if (project / ".git").exists() else {}
    submodules: JsonObject = {}
    moved: list[JsonValue] = []
    for line in inside.output.decode(errors="replace").splitlines():
        if match := _SUBMODULE.fullmatch(line):
            mark, commit, path = match.groups()
            submodules[path] = "" if mark == "-" else commit
            moved += [path] if mark == "+" else []
    changed, dirty = _changed(changes.output.decode(errors="replace"))
    found: JsonObject = {
        "commit": head.output.decode(errors="replace").strip(),
        "changed": changed,
        "submodules": submodules,
        "moved": moved,
        "dirty": dirty,
    }
    if inside.code or changes.code:
        found["trouble"] = (inside if inside.code else changes).reason
    return found


def _changed(status: str) -> tuple[bool, list[JsonValue]]:
    """Whether files of the folder itself have changed, and in which submodules some have."""
    changed, dirty = False, list[JsonValue]()
    renamed = False
    for entry in status.split("\0"):
        words = entry.split(" ")
        if renamed or len(words) < 9 or words[0] not in {"1", "2", "u"}:
            renamed = False  # the old name of what was renamed stands behind it
            continue
        renamed = words[0] == "2"
        inside = words[2]
        if not inside.startswith("S"):
            changed = True
        elif "M" in inside:
            dirty.append(entry.split(" ", {"1": 8, "2": 9, "u": 10}[words[0]])[-1])
    return changed, dirty
