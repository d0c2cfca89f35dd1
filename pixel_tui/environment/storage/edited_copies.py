"""Private copies for the user's own editor, and their leftovers."""

import os
import re
import shutil
import stat
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from pixel_tui.environment.storage.staging import MAX_AGE_SECONDS
from pixel_tui.files import LEFTOVER_SECONDS
from pixel_tui.stack.programs.process_mark import mark_of

COPY_PREFIX: Final = "pixel-tui-edited-"
"""The name prefix of folders with a private copy for the user's editor."""
_COPY_FOLDER: Final = re.compile(COPY_PREFIX + r"([0-9]{1,9})-[a-z0-9_]{8}", re.ASCII)
IN_MEMORY: Final = Path("/dev/shm")  # noqa: S108  nothing is written to it
_CANDIDATE: Final = re.compile(r"pixel-tui-[a-z0-9_]{8}\.env", re.ASCII)


def remove_edited_copies(environment: Mapping[str, str]) -> None:
    """Remove the private copies of consoles that were killed while their editor was open.

    An editor survives its console, so a copy is kept for a day after its last save.
    """
    with suppress(OSError):
        for folder in copies_folder(environment).iterdir():
            found = _COPY_FOLDER.fullmatch(folder.name)
            if found is None or mark_of(int(found[1])) is not None:
                continue
            with suppress(OSError):
                times = [item.lstat().st_mtime for item in (folder, *folder.iterdir())]
                status = folder.lstat()
                is_own = stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid()
                if is_own and time.time() - max(times) > MAX_AGE_SECONDS:
                    shutil.rmtree(folder)


def remove_candidates_in_memory(folder: Path = IN_MEMORY) -> None:
    """Remove candidates that earlier versions of pixel-tui left if they were killed."""
    with suppress(OSError):
        for path in folder.iterdir():
            with suppress(OSError):
                status = path.lstat()
                is_own = stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid()
                is_old = time.time() - status.st_mtime > LEFTOVER_SECONDS
                if _CANDIDATE.fullmatch(path.name) and is_own and is_old:
                    path.unlink()


def copies_folder(environment: Mapping[str, str]) -> Path:
    """Return the folder in which copies are created."""
    folder = environment.get("XDG_RUNTIME_DIR", "")
    usable = folder and os.access(folder, os.W_OK | os.X_OK)
    return Path(folder if usable else tempfile.gettempdir())
