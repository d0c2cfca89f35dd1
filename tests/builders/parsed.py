"""Python files as syntax trees."""

import ast
import gc
from functools import cache
from pathlib import Path


@cache
def parsed(path: Path) -> ast.Module:
    """Return the tree of a file, which is parsed once."""
    return parsed_text(path.read_text())


def parsed_text(source: str) -> ast.Module:
    """Return the tree of a text.

    No garbage is collected meanwhile. The traceback of what complains about being collected is
    parsed as well, and before 3.11.5 Python takes that for a fault of the outer tree.
    """
    gc.disable()
    try:
        return ast.parse(source)
    finally:
        gc.enable()
