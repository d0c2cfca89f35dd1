"""Finds changes to the files that a plan was made from."""

from pathlib import Path

from pixel_tui.environment.storage.file_state import read_file
from pixel_tui.errors import FileError
from pixel_tui.operations.planning.plan import Plan


def changed_file(plan: Plan) -> str:
    """Return the first file that has changed since the plan; empty if none has. Blocks."""
    for mark in plan.files:
        try:
            now = read_file(Path(mark.path)).sha256
        except FileError:
            return mark.path  # unreadable: assume that it has changed
        if now != mark.sha256:
            return mark.path
    return ""
