"""The private copies that the user's own editor is opened on, and what is left of them."""

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

from pixel_tui.environment.storage.staging import KEPT_SECONDS
from pixel_tui.files import LEFTOVER_SECONDS
from pixel_tui.stack.programs.process_mark import mark_of

EDITED: Final = "pixel-tui-edited-"
"""How folders begin that a private copy for the user's editor lies in."""
_EDITED: Final = re.compile(EDITED + r"([0-9]{1,9})-[a-z0-9_]{8}", re.ASCII)
IN_MEMORY: Final = Path("/dev/shm")  # noqa: S108  nothing is written there
_CANDIDATE: Final = re.compile(r"pixel-tui-[a-z0-9_]{8}\.env", re.ASCII)


def forget_edited_copies(environment: Mapping[str, str]) -> None:
    """Remove the private copies of consoles that were killed while their editor was open.

    An editor outlives its console, so a copy has a day left from the last save in it.
    """
    with suppress(OSError):
        for place in edited_folder(environment).iterdir():
            found = _EDITED.fullmatch(place.name)
            if found is None or mark_of(int(found[1])) is not None:
                continue
            with suppress(OSError):
                times = [item.lstat().st_mtime for item in (place, *place.iterdir())]
                about = place.lstat()
                own = stat.S_ISDIR(about.st_mode) and about.st_uid == os.geteuid()
                if own and time.time() - max(times) > KEPT_SECONDS:
                    shutil.rmtree(place)


def forget_candidates_in_memory(folder: Path = IN_MEMORY) -> None:
    """Remove the candidates that earlier versions left in a folder if they were killed."""
    with suppress(OSError):
        for path in folder.iterdir():
            with suppress(OSError):
                about = path.lstat()
                own = stat.S_ISREG(about.st_mode) and about.st_uid == os.geteuid()
                old = time.time() - about.st_mtime > LEFTOVER_SECONDS
                if _CANDIDATE.fullmatch(path.name) and own and old:
                    path.unlink()


def edited_folder(environment: Mapping[str, str]) -> Path:
    """Where the folders of such copies are made."""
    folder = environment.get("XDG_RUNTIME_DIR", "")
    usable = folder and os.access(folder, os.W_OK | os.X_OK)
    return Path(folder if usable else tempfile.gettempdir())
