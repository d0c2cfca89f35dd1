"""Opens files by real paths, safely against links that are created meanwhile.

Services may write to the folders that are copied. Between the check of a file and its copy they
can replace it, or a parent folder, by a link to what only this user can read. So the real path is
recorded at the check, and each part of it is opened without following links. Whether it is still
the same file does not matter: programs replace their files all the time.
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
_LINK_ERROR: Final = "a link was added to its path after the check"


@contextmanager
def held_folder(folder: Path) -> Iterator[Path]:
    """Hold a folder open; yields a path that stays valid whatever happens to its name.

    Args:
        folder: Its real path.

    Raises:
        OSError: It does not exist, or a link is on the path.
    """
    descriptor = os.open("/", _FOLDER)
    try:
        for part in folder.parts[1:]:
            try:
                child = os.open(part, _FOLDER, dir_fd=descriptor)
            except OSError as error:
                raise _readable_error(error, folder) from error
            os.close(descriptor)
            descriptor = child
        yield Path(f"/proc/self/fd/{descriptor}")
    finally:
        os.close(descriptor)


def open_real(path: Path) -> BufferedReader:
    """Open a regular file by its real path, without following links or blocking.

    Raises:
        OSError: It does not exist, is not a regular file, or a link is on the path.
    """
    with held_folder(path.parent) as folder:
        try:
            return open_regular(folder / path.name, follow=False)
        except OSError as error:
            raise _readable_error(error, path) from error


def _readable_error(error: OSError, path: Path) -> OSError:
    """Return a readable error: the kernel reports `ENOTDIR` for a link where none should be."""
    if error.errno in {errno.ELOOP, errno.ENOTDIR}:
        return OSError(errno.ELOOP, _LINK_ERROR, str(path))
    return OSError(error.errno, error.strerror or str(error), str(path))
