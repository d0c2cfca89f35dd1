"""Measures files and folders, as far as this user can read them."""

import os
import time
from pathlib import Path
from typing import Final

MAX_SECONDS: Final = 5.0


def file_size(path: Path) -> int:
    """Return the bytes of a file; 0 if it can't be accessed."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def folder_size(path: Path, *, patience: float = MAX_SECONDS) -> int | None:
    """Return the bytes of all files below a folder, or of a file.

    Returns:
        None for anything else (a socket), without access, or if counting takes too long.
    """
    if path.is_file():
        return path.stat().st_size
    if not path.is_dir() or str(path) in {"/", "/proc", "/sys", "/dev"}:
        return None
    deadline = time.monotonic() + patience
    size = 0
    try:
        for place, _, names in os.walk(path, onerror=_fail):
            for name in names:
                size += (Path(place) / name).lstat().st_size
            if time.monotonic() > deadline:
                return None
    except OSError:
        return None
    return size


def _fail(error: OSError) -> None:
    raise error
