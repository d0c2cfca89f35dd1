"""Files that are replaced whole or not at all."""

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
from pixel_tui.reserve import full_remedy, is_full, with_reserve

PRIVATE_FILE: Final = 0o600
PRIVATE_FOLDER: Final = 0o700
LEFTOVER_SECONDS: Final = 3600.0


class NotDurable(FileError):
    """A file was replaced, and the disk would not say that it will stay so.

    Args:
        path: The file.
        error: What the disk said.
    """

    def __init__(self, path: Path, error: OSError) -> None:
        super().__init__(
            "The file is written, but a power loss may bring the old one back: "
            f"{error.strerror or error}.",
            on=str(path),
            remedy="Look at the disk: `dmesg` may say what it has.",
        )


def replace_file(
    path: Path,
    content: bytes,
    *,
    mode: int = PRIVATE_FILE,
    durable: bool = True,
    same_owner: bool = False,
    last_look: Callable[[], None] = lambda: None,
    reserve: bool = True,
) -> None:
    """Put this content in the place of a file, atomically.

    A temporary file in the same folder is written, synced and renamed over the
    old one. An existing file keeps its mode, its access list and, where this user may
    set it, its owner; a new one gets `mode`. A symbolic link is followed, not replaced.

    Args:
        path: The file.
        content: All of it.
        mode: Of a new file.
        durable: Wait until it would outlive a power loss.
        same_owner: An owner that can't be kept is a failure.
        last_look: Called when only the renaming is left; what it raises stops that.
        reserve: Below the state folder, it is worth the room that is kept for a full disk.

    Raises:
        NotDurable: It is written, and might not outlive a power loss.
        FileError: The folder or the file can't be written; the old file stays.
    """
    target = path.resolve()

    def replace() -> None:
        _replace(target, content, mode, durable=durable, same_owner=same_owner, last_look=last_look)

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
    last_look: Callable[[], None],
) -> None:
    _make_private_folder(target.parent, durable=durable)
    descriptor, temporary = tempfile.mkstemp(prefix=_prefix(target.name), dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            _copy_rights(target, file.fileno(), mode, same_owner=same_owner)
            file.write(content)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        last_look()
        Path(temporary).replace(target)
    except BaseException:
        with suppress(OSError):
            Path(temporary).unlink()
        raise


def _make_private_folder(folder: Path, *, durable: bool) -> None:
    """Make a folder and those above it that are missing, each for its owner only."""
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    for place in reversed(missing):
        place.mkdir(exist_ok=True, mode=PRIVATE_FOLDER)
        if durable:
            sync_folder(place.parent)


def remove_leftovers(folder: Path, now: datetime, *, of: str = "") -> tuple[Path, ...]:
    """Remove what writers that were killed have left in a folder.

    Args:
        folder: Where they wrote.
        now: The time; what is younger than an hour may still be written.
        of: The name of the file that they were to replace; empty: of any.

    Returns:
        What was removed. What can't be removed stays, and is found again next time.
    """
    beginning = re.escape(_prefix(of)) if of else r"\..+\.pixel-tui-"
    removed: list[Path] = []
    with suppress(OSError):
        for found in folder.iterdir():
            if not re.fullmatch(beginning + _RANDOM, found.name, re.ASCII):
                continue
            with suppress(OSError):
                about = found.lstat()
                old = now.timestamp() - about.st_mtime > LEFTOVER_SECONDS
                if stat.S_ISREG(about.st_mode) and old:
                    found.unlink()
                    removed.append(found)
    return tuple(removed)


def _prefix(name: str) -> str:
    """How temporary files begin: hidden, and for `.env` so that what ignores `.env.*` does them."""
    return f"{'' if name.startswith('.') else '.'}{name}.pixel-tui-"


_RANDOM: Final = "[a-z0-9_]{8}"
"""What `tempfile` puts behind the prefix."""


def _copy_rights(target: Path, descriptor: int, mode: int, *, same_owner: bool) -> None:
    try:
        old = target.stat()
    except FileNotFoundError:
        os.fchmod(descriptor, mode)
        return
    try:
        os.fchown(descriptor, old.st_uid, old.st_gid)
    except PermissionError:
        # A group that may do nothing with the file is no loss.
        if same_owner and (old.st_uid != os.geteuid() or old.st_mode & stat.S_IRWXG):
            raise
    _copy_attributes(target, descriptor)
    os.fchmod(descriptor, old.st_mode & 0o7777)


def _copy_attributes(target: Path, descriptor: int) -> None:
    """Without its access list the group could do what the list allows others only."""
    try:
        names = os.listxattr(target)
    except OSError:
        return  # a file system without any
    if _ACCESS_LIST not in names and _ACCESS_LIST in os.listxattr(descriptor):
        os.removexattr(descriptor, _ACCESS_LIST)  # it came from the folder
    for name in names:
        try:
            os.setxattr(descriptor, name, os.getxattr(target, name))
        except OSError:
            if name == _ACCESS_LIST:
                raise


_ACCESS_LIST: Final = "system.posix_acl_access"


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


def cannot_write(
    path: Path, error: OSError, *, what: str = "The file can't be written", needed: int = 0
) -> FileError:
    """The error of a file that can't be written.

    Args:
        path: The file.
        error: Why.
        what: What failed, without a full stop.
        needed: How many bytes were to be written.
    """
    remedy = "Check the folder's owner, its mode and the free space."
    if is_full(error):
        remedy = full_remedy(path.parent, needed)
    return FileError(f"{what}: {error.strerror or error}.", on=str(path), remedy=remedy)


def open_regular(path: Path, *, follow: bool = True) -> BufferedReader:
    """Open a file for reading without ever waiting for it.

    A FIFO waits for a writer, and a device may wait for anything: neither is opened.

    Args:
        path: The file.
        follow: Whether a symbolic link is followed.

    Raises:
        OSError: It can't be opened, or is no regular file.
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
        raise OSError(errno.EINVAL, "it is no regular file", str(path))


def read_regular(path: Path, most_bytes: int, *, follow: bool = True) -> bytes:
    """The content of a regular file that is not too long.

    Raises:
        OSError: It can't be read, is no regular file, or is longer than that.
    """
    with open_regular(path, follow=follow) as file:
        too_long = os.fstat(file.fileno()).st_size > most_bytes
        content = b"" if too_long else file.read(most_bytes + 1)
    if too_long or len(content) > most_bytes:
        raise OSError(errno.EFBIG, "it is too long", str(path))
    return content


def is_file(path: Path) -> bool:
    """Whether there is such a file, as far as this user may look."""
    try:
        return path.is_file()
    except OSError:
        return False


def is_folder(path: Path) -> bool:
    """Whether there is such a folder, as far as this user may look."""
    try:
        return path.is_dir()
    except OSError:
        return False


def is_pipe(path: Path) -> bool:
    """Whether a program that reads this path would wait for another one to write."""
    try:
        return stat.S_ISFIFO(path.stat().st_mode)
    except OSError:
        return False


def read_head(path: Path, most: int) -> bytes:
    """The first bytes of a file; a pipe in its place is not waited for.

    Raises:
        OSError: It can't be read.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        return file.read(most) or b""
