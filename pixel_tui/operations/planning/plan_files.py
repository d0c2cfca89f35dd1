"""Whether the files that a plan was made from are still what they were."""

from pathlib import Path

from pixel_tui.environment.storage.file_state import read_file
from pixel_tui.errors import FileError
from pixel_tui.operations.planning.plan import Plan


def moved_file(plan: Plan) -> str:
    """The first of its files that is another one now; empty where none is. Blocks."""
    for mark in plan.files:
        try:
            now = read_file(Path(mark.path)).sha256
        except FileError:
            return mark.path  # nobody can say what it is
        if now != mark.sha256:
            return mark.path
    return ""
