"""Reads a file with its content, owner and mode; refuses anything but regular files."""

import hashlib
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pixel_tui.environment.storage.ownership import describe_access, repair_for_current_user
from pixel_tui.errors import FileError
from pixel_tui.files import PRIVATE_FILE
from pixel_tui.text import SafeText, plain

MAX_FILE_BYTES: Final = 1024 * 1024
"""A larger file is not a `.env`."""
_READS: Final = 5
_OPEN: Final = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class FileState:
    """The state of a file when it was read."""

    path: Path
    """The path as given."""
    target: Path
    """The path with symbolic links resolved."""
    exists: bool
    data: bytes = field(default=b"", repr=False)
    sha256: str = ""
    """The hash of the content in hex; empty if there is no file."""
    inode: int = 0
    mtime_ns: int = 0
    size: int = 0
    mode: int = PRIVATE_FILE
    """The permission bits."""
    uid: int = -1
    gid: int = -1
    link_count: int = 1
    """The number of hard links."""
    is_link: bool = False
    """Whether the path is a symbolic link; it is followed, never replaced."""

    @property
    def link(self) -> SafeText:
        """The target of the symbolic link; empty if it is none."""
        return plain(str(self.target)) if self.is_link else SafeText("")

    def same_content(self, other: "FileState") -> bool:
        """Whether both have the same content."""
        return (self.exists, self.sha256) == (other.exists, other.sha256)


def read_file(path: Path) -> FileState:
    """Read a file; a missing file is a state too.

    Raises:
        FileError: It can't be read, is too large, or is not a regular file.
    """
    target = resolve_links(path)
    for _ in range(_READS):
        try:
            state = _read_once(path, target)
        except FileNotFoundError:
            return FileState(path, target, exists=False, is_link=path.is_symlink())
        except OSError as error:
            raise _unreadable(path, target, error) from error
        if state is not None:
            return state
    raise FileError("The file changes all the time.", on=str(path), hint="Try again in a moment.")


def resolve_links(path: Path) -> Path:
    """Resolve symbolic links.

    Raises:
        FileError: They can't be resolved.
    """
    try:
        return path.resolve()
    except (OSError, RuntimeError) as error:  # such as a link to itself
        raise FileError(
            "The file's symbolic links lead nowhere.",
            on=str(path),
            hint=f"Check them: namei {plain(str(path))}",
        ) from error


def _read_once(path: Path, target: Path) -> FileState | None:
    """Read the file; None if it was written meanwhile.

    Raises:
        OSError: It can't be read, or does not exist.
        FileError: It is not a regular file, or too large.
    """
    _require_regular_file(path, target.stat())  # first, as opening a device can have effects
    with os.fdopen(os.open(target, _OPEN), "rb") as file:
        status = os.fstat(file.fileno())
        _require_regular_file(path, status)
        data = file.read(MAX_FILE_BYTES + 1)
        after = os.fstat(file.fileno())
    if len(data) > MAX_FILE_BYTES:
        raise too_large(path, status.st_size)
    if len(data) != after.st_size or status.st_mtime_ns != after.st_mtime_ns:
        return None
    return FileState(
        path,
        target,
        exists=True,
        data=data,
        sha256=hashlib.sha256(data).hexdigest(),
        inode=after.st_ino,
        mtime_ns=after.st_mtime_ns,
        size=after.st_size,
        mode=stat.S_IMODE(after.st_mode),
        uid=after.st_uid,
        gid=after.st_gid,
        link_count=after.st_nlink,
        is_link=path.is_symlink(),
    )


def _require_regular_file(path: Path, status: os.stat_result) -> None:
    if stat.S_ISREG(status.st_mode):
        return
    if stat.S_ISDIR(status.st_mode):
        raise FileError(
            "It is a folder, not a file: Docker creates one if a mounted file is missing.",
            on=str(path),
            hint="Stop the containers that mount it, remove the folder if it is empty, and "
            "create the file.",
        )
    raise FileError(
        "Not a file but a pipe, a socket or a device.",
        on=str(path),
        hint="Move it, and create the file.",
    )


def _unreadable(path: Path, target: Path, error: OSError) -> FileError:
    whose, hint = "", "Check the folder's owner and mode."
    if isinstance(error, PermissionError):
        try:
            status = target.stat()
        except OSError:  # the folder above can't be entered
            whose = " Its folder can't be entered"
        else:
            whose = f" {describe_access(status.st_mode, status.st_uid, status.st_gid)}"
            hint = repair_for_current_user(target).hint
    return FileError(
        f"The file can't be read: {error.strerror or error}.{whose}", on=str(path), hint=hint
    )


def too_large(path: Path, size: int) -> FileError:
    """Return the error for a file that is too large for a `.env`."""
    return FileError(
        f"The file is too large: {size:,} bytes, at most {MAX_FILE_BYTES:,} are read.",
        on=str(path),
        hint="Check that it is the right file.",
    )
