"""Opening what was looked at before, whatever has been put in its place meanwhile.

A service may write in the folders that are copied. Between the look at a file and its copy it can
put a link there, or in the place of a folder above, to what only this user may read. So the real
path is kept when it is looked at, and each name of it is opened by itself, and no link: none can
be there. That it is the same file is not asked for: programs replace theirs whole, all the time.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import Final

from pixel_tui.files import open_regular

_FOLDER: Final = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_LINKED: Final = "since it was looked at, a link was put on its way"


@contextmanager
def held_folder(folder: Path) -> Iterator[Path]:
    """Hold a folder; yields a path to it that stays, whatever its name leads to meanwhile.

    Args:
        folder: Its real path.

    Raises:
        OSError: It is not there, or a link is on the way.
    """
    descriptor = os.open("/", _FOLDER)
    try:
        for part in folder.parts[1:]:
            try:
                below = os.open(part, _FOLDER, dir_fd=descriptor)
            except OSError as error:
                raise _words(error, folder) from error
            os.close(descriptor)
            descriptor = below
        yield Path(f"/proc/self/fd/{descriptor}")
    finally:
        os.close(descriptor)


def open_real(path: Path) -> BufferedReader:
    """Open a regular file by its real path, without following a link or waiting.

    Raises:
        OSError: It is not there, is no regular file, or a link is on the way.
    """
    with held_folder(path.parent) as folder:
        try:
            return open_regular(folder / path.name, follow=False)
        except OSError as error:
            raise _words(error, path) from error


def _words(error: OSError, path: Path) -> OSError:
    """What a person is told: `ENOTDIR` is what the kernel says of a link that should be none."""
    if error.errno in {errno.ELOOP, errno.ENOTDIR}:
        return OSError(errno.ELOOP, _LINKED, str(path))
    return OSError(error.errno, error.strerror or str(error), str(path))
