"""Files that are replaced whole or not at all."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

from pixel_tui.errors import FileError

PRIVATE_FILE: Final = 0o600
PRIVATE_FOLDER: Final = 0o700


def replace_file(
    path: Path, content: bytes, *, mode: int = PRIVATE_FILE, durable: bool = True
) -> None:
    """Put this content in the place of a file, atomically.

    A temporary file in the same folder is written, synced and renamed over the
    old one. An existing file keeps its mode and, where this user may set it, its
    owner; a new one gets `mode`. A symbolic link is followed, not replaced.

    Args:
        path: The file.
        content: All of it.
        mode: Of a new file.
        durable: Wait until it would outlive a power loss.

    Raises:
        FileError: The folder or the file can't be written; the old file stays.
    """
    target = path.resolve()
    try:
        target.parent.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
        descriptor, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    except OSError as error:
        raise _cannot_write(path, error) from error
    try:
        with os.fdopen(descriptor, "wb") as file:
            _copy_rights(target, file.fileno(), mode)
            file.write(content)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        Path(temporary).replace(target)
        if durable:
            sync_folder(target.parent)
    except OSError as error:
        with suppress(OSError):
            Path(temporary).unlink()
        raise _cannot_write(path, error) from error


def _copy_rights(target: Path, descriptor: int, mode: int) -> None:
    try:
        old = target.stat()
    except FileNotFoundError:
        os.fchmod(descriptor, mode)
        return
    with suppress(PermissionError):
        os.fchown(descriptor, old.st_uid, old.st_gid)
    os.fchmod(descriptor, old.st_mode & 0o7777)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable.

    Raises:
        OSError: The folder can't be opened or synced.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _cannot_write(path: Path, error: OSError) -> FileError:
    reason = error.strerror or str(error)
    return FileError(
        f"The file can't be written: {reason}.",
        on=str(path),
        remedy="Check the folder's owner, its mode and the free space.",
    )


def is_file(path: Path) -> bool:
    """Whether there is such a file, as far as this user may look."""
    try:
        return path.is_file()
    except OSError:
        return False
