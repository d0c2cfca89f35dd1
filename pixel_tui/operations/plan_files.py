"""Whether the files that a plan was made from are still what they were."""

import hashlib
from pathlib import Path

from pixel_tui.operations.plan import Plan


def moved_file(plan: Plan) -> str:
    """The first of its files that is another one now; empty where none is. Blocks."""
    for mark in plan.files:
        try:
            now = hashlib.sha256(Path(mark.path).read_bytes()).hexdigest()
        except FileNotFoundError:
            now = ""
        except OSError:
            return mark.path  # nobody can say what it is
        if now != mark.sha256:
            return mark.path
    return ""
