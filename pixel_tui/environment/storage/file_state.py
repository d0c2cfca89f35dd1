"""A file as it was when it was read: its content, whose it is, and what is no file."""

import hashlib
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pixel_tui.environment.storage.ownership import repair_for_me, who_may_read
from pixel_tui.errors import FileError
from pixel_tui.files import PRIVATE_FILE
from pixel_tui.text import SafeText, plain

LONGEST_BYTES: Final = 1024 * 1024
"""A `.env` of this size is none."""
_READS: Final = 5
_OPEN: Final = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class FileState:
    """A file as it was when it was read."""

    path: Path
    """As it was asked for."""
    target: Path
    """Where it is, symbolic links followed."""
    exists: bool
    data: bytes = field(default=b"", repr=False)
    sha256: str = ""
    """Of the content; empty where there is no file."""
    inode: int = 0
    mtime_ns: int = 0
    size: int = 0
    mode: int = PRIVATE_FILE
    """The permission bits."""
    uid: int = -1
    gid: int = -1
    names: int = 1
    """How many names the file has (hard links)."""
    is_link: bool = False
    """Whether the path is a symbolic link; it is followed, never replaced."""

    @property
    def link(self) -> SafeText:
        """Where the link leads to; empty where it is none."""
        return plain(str(self.target)) if self.is_link else SafeText("")

    def same_content(self, other: "FileState") -> bool:
        """Whether both say the same, whenever they were written and by whom."""
        return (self.exists, self.sha256) == (other.exists, other.sha256)


def read_file(path: Path) -> FileState:
    """Read a file; one that is not there is a state too.

    Raises:
        FileError: It can't be read, is too large, or is no file: a folder, a pipe, a device.
    """
    target = resolved(path)
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


def resolved(path: Path) -> Path:
    """Where a file is, symbolic links followed.

    Raises:
        FileError: They lead nowhere.
    """
    try:
        return path.resolve()
    except (OSError, RuntimeError) as error:  # a link that leads to itself
        raise FileError(
            "The file's symbolic links lead nowhere.",
            on=str(path),
            hint=f"Check them: namei {plain(str(path))}",
        ) from error


def _read_once(path: Path, target: Path) -> FileState | None:
    """The file; None where it was written to meanwhile.

    Raises:
        OSError: It can't be read, or is not there.
        FileError: It is no file, or too large.
    """
    _refuse_what_is_no_file(path, target.stat())  # to open a device may do something
    with os.fdopen(os.open(target, _OPEN), "rb") as file:
        about = os.fstat(file.fileno())
        _refuse_what_is_no_file(path, about)
        data = file.read(LONGEST_BYTES + 1)
        after = os.fstat(file.fileno())
    if len(data) > LONGEST_BYTES:
        raise too_large(path, about.st_size)
    if len(data) != after.st_size or about.st_mtime_ns != after.st_mtime_ns:
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
        names=after.st_nlink,
        is_link=path.is_symlink(),
    )


def _refuse_what_is_no_file(path: Path, about: os.stat_result) -> None:
    if stat.S_ISREG(about.st_mode):
        return
    if stat.S_ISDIR(about.st_mode):
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
            about = target.stat()
        except OSError:  # the folder above can't be entered
            whose = " Its folder can't be entered"
        else:
            whose = f" {who_may_read(about.st_mode, about.st_uid, about.st_gid)}"
            hint = repair_for_me(target).hint
    return FileError(
        f"The file can't be read: {error.strerror or error}.{whose}", on=str(path), hint=hint
    )


def too_large(path: Path, size: int) -> FileError:
    """What is said of a file that is no `.env`, by its size."""
    return FileError(
        f"The file is too large: {size:,} bytes, at most {LONGEST_BYTES:,} are read.",
        on=str(path),
        hint="Check that it is the right file.",
    )
