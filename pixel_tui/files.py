"""Atomic replacement of files, and safe reading."""

import errno
import os
import re
import stat
import tempfile
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from io import BufferedReader
from pathlib import Path
from typing import Final

from pixel_tui.errors import FileError
from pixel_tui.reserve import full_disk_hint, is_full, with_reserve

PRIVATE_FILE: Final = 0o600
PRIVATE_FOLDER: Final = 0o700
LEFTOVER_SECONDS: Final = 3600.0


class NotDurable(FileError):
    """A file was replaced, but the disk could not confirm that it is durable.

    Args:
        path: The file.
        error: The disk's error.
    """

    def __init__(self, path: Path, error: OSError) -> None:
        super().__init__(
            "The file is written, but a power loss may bring the old one back: "
            f"{error.strerror or error}.",
            on=str(path),
            hint="Check the disk: see `dmesg`.",
        )


def replace_file(
    path: Path,
    content: bytes,
    *,
    mode: int = PRIVATE_FILE,
    durable: bool = True,
    same_owner: bool = False,
    before_rename: Callable[[], object] = lambda: None,
    reserve: bool = True,
) -> None:
    """Replace a file's content atomically.

    A temporary file in the same folder is written, synced and renamed over the old one. An
    existing file keeps its mode, its access list and, if this user may set it, its owner; a new
    one gets `mode`. A symbolic link is followed, not replaced.

    Args:
        path: The file.
        content: The complete content.
        mode: The mode of a new file.
        durable: Whether to wait until it would survive a power loss.
        same_owner: Whether it is an error if the owner can't be kept.
        before_rename: Called right before the renaming; an exception prevents it.
        reserve: Whether to use the disk reserve if the disk is full, below the state folder.

    Raises:
        NotDurable: It is written, but might not survive a power loss.
        FileError: The folder or the file can't be written; the old file stays.
    """
    target = path.resolve()

    def replace() -> None:
        _replace(
            target,
            content,
            mode,
            durable=durable,
            same_owner=same_owner,
            before_rename=before_rename,
        )

    try:
        if reserve:
            with_reserve(target, replace)
        else:
            replace()
    except OSError as error:
        raise cannot_write(path, error, needed=len(content)) from error
    if durable:
        try:
            sync_folder(target.parent)
        except OSError as error:
            raise NotDurable(path, error) from error


def _replace(
    target: Path,
    content: bytes,
    mode: int,
    *,
    durable: bool,
    same_owner: bool,
    before_rename: Callable[[], object],
) -> None:
    _make_private_folder(target.parent, durable=durable)
    descriptor, temporary = tempfile.mkstemp(prefix=_prefix(target.name), dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            _copy_permissions(target, file.fileno(), mode, same_owner=same_owner)
            file.write(content)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        before_rename()
        Path(temporary).replace(target)
    except BaseException:
        with suppress(OSError):
            Path(temporary).unlink()
        raise


def _make_private_folder(folder: Path, *, durable: bool) -> None:
    """Create a folder and its missing parents, accessible only to their owner."""
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    for place in reversed(missing):
        place.mkdir(exist_ok=True, mode=PRIVATE_FOLDER)
        if durable:
            sync_folder(place.parent)


def remove_leftovers(folder: Path, now: datetime, *, of: str = "") -> tuple[Path, ...]:
    """Remove temporary files that killed writers have left in a folder.

    Args:
        folder: The folder.
        now: The time; files younger than an hour may still be in use.
        of: The name of the file that was to be replaced; empty for any.

    Returns:
        The removed files. One that can't be removed is found again next time.
    """
    prefix = re.escape(_prefix(of)) if of else r"\..+\.pixel-tui-"
    removed: list[Path] = []
    with suppress(OSError):
        for path in folder.iterdir():
            if not re.fullmatch(prefix + _RANDOM, path.name, re.ASCII):
                continue
            with suppress(OSError):
                status = path.lstat()
                is_old = now.timestamp() - status.st_mtime > LEFTOVER_SECONDS
                if stat.S_ISREG(status.st_mode) and is_old:
                    path.unlink()
                    removed.append(path)
    return tuple(removed)


def _prefix(name: str) -> str:
    """Return the prefix of temporary files: hidden, and for `.env` ignored wherever `.env.*` is."""
    return f"{'' if name.startswith('.') else '.'}{name}.pixel-tui-"


_RANDOM: Final = "[a-z0-9_]{8}"
"""What `tempfile` appends to the prefix."""


def _copy_permissions(target: Path, descriptor: int, mode: int, *, same_owner: bool) -> None:
    try:
        old = target.stat()
    except FileNotFoundError:
        os.fchmod(descriptor, mode)
        return
    try:
        os.fchown(descriptor, old.st_uid, old.st_gid)
    except PermissionError:
        # A group without any permission does not matter.
        if same_owner and (old.st_uid != os.geteuid() or old.st_mode & stat.S_IRWXG):
            raise
    _copy_attributes(target, descriptor)
    os.fchmod(descriptor, old.st_mode & 0o7777)


def _copy_attributes(target: Path, descriptor: int) -> None:
    """Copy extended attributes; without the access list, the group's permissions would be wider."""
    try:
        names = os.listxattr(target)
    except OSError:
        return  # not supported by the file system
    if _ACCESS_LIST not in names and _ACCESS_LIST in os.listxattr(descriptor):
        os.removexattr(descriptor, _ACCESS_LIST)  # inherited from the folder
    for name in names:
        try:
            os.setxattr(descriptor, name, os.getxattr(target, name))
        except OSError:
            if name == _ACCESS_LIST:
                raise


_ACCESS_LIST: Final = "system.posix_acl_access"


def sync_folder(folder: Path) -> None:
    """Sync a folder, so that the names in it are durable.

    Raises:
        OSError: The folder can't be opened or synced.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def cannot_write(
    path: Path, error: OSError, *, what: str = "The file can't be written", needed: int = 0
) -> FileError:
    """Return the error for a file that can't be written.

    Args:
        path: The file.
        error: The cause.
        what: What failed, without a full stop.
        needed: The number of bytes to write.
    """
    hint = "Check the folder's owner, its mode and the free space."
    if is_full(error):
        hint = full_disk_hint(path.parent, needed)
    return FileError(f"{what}: {error.strerror or error}.", on=str(path), hint=hint)


def open_regular(path: Path, *, follow: bool = True) -> BufferedReader:
    """Open a regular file for reading without ever blocking.

    A FIFO blocks until there is a writer, and a device may block, too: neither is opened.

    Args:
        path: The file.
        follow: Whether a symbolic link is followed.

    Raises:
        OSError: It can't be opened, or is not a regular file.
    """
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
    descriptor = os.open(path, flags if follow else flags | os.O_NOFOLLOW)
    try:
        _require_regular(path, os.fstat(descriptor).st_mode)
    except BaseException:
        os.close(descriptor)
        raise
    return os.fdopen(descriptor, "rb")


def _require_regular(path: Path, mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "not a regular file", str(path))


def read_regular(path: Path, max_bytes: int, *, follow: bool = True) -> bytes:
    """Return the content of a regular file, if it is not too long.

    Raises:
        OSError: It can't be read, is not a regular file, or is too long.
    """
    with open_regular(path, follow=follow) as file:
        too_long = os.fstat(file.fileno()).st_size > max_bytes
        content = b"" if too_long else file.read(max_bytes + 1)
    if too_long or len(content) > max_bytes:
        raise OSError(errno.EFBIG, "it is too large", str(path))
    return content


def is_file(path: Path) -> bool:
    """Whether there is such a file, as far as this user can see."""
    try:
        return path.is_file()
    except OSError:
        return False


def is_folder(path: Path) -> bool:
    """Whether there is such a folder, as far as this user can see."""
    try:
        return path.is_dir()
    except OSError:
        return False


def is_pipe(path: Path) -> bool:
    """Whether the path is a named pipe, which blocks its reader."""
    try:
        return stat.S_ISFIFO(path.stat().st_mode)
    except OSError:
        return False


def read_head(path: Path, max_bytes: int) -> bytes:
    """Return the first bytes of a file, without blocking on a pipe.

    Raises:
        OSError: It can't be read.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        return file.read(max_bytes) or b""
