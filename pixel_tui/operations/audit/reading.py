"""Reading the audit trail, or its newest part, as a stream. Nothing here can write."""

import errno
import fcntl
import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Final

from pixel_tui.errors import FileError
from pixel_tui.files import open_regular, read_regular
from pixel_tui.operations.audit.chain import Trail, TrailLine, digest, read_trail
from pixel_tui.operations.audit.seal import (
    DamagedSeal,
    Seal,
    compared,
    read_seal,
    unsealed_words,
)

HEAD_SUFFIX: Final = ".head"
LONGEST_HEAD: Final = 4096
LONGEST_RECORD: Final = 4 * 1024 * 1024
"""Bytes of a line; those of real records are below 100,000."""
CHUNK: Final = 1024 * 1024
"""Bytes that are looked through at once for the ends of lines."""


def head_path(path: Path) -> Path:
    """The small file beside a trail, which names its last line."""
    return path.with_name(path.name + HEAD_SUFFIX)


def read_audit(
    path: Path, *, most: int | None = None, seal: Seal | None = None, keep: int | None = None
) -> Trail:
    """The trail, and whether it is as it was written. Blocks.

    It is read as a stream, so that a large one takes no more memory than what is kept of it.

    Args:
        path: The trail's file.
        most: How many bytes of its end are read, whole lines; all of it if None.
        seal: How long it has to be at least, as others know it than the seal beside it.
        keep: As many of the newest records are kept; all of them if None.

    Raises:
        FileError: It can't be read.
    """
    try:
        with open_regular(path) as file:
            fcntl.flock(file, fcntl.LOCK_SH)  # between a record and its head
            end = os.fstat(file.fileno()).st_size
            head, seals = _read_head(path), _Seals.read(path, seal)
            # What is written is never written again: others may go on behind it meanwhile.
            fcntl.flock(file, fcntl.LOCK_UN)
            skipped = 0 if most is None else _skip(file, end - most)
            return _sealed(lines_until(file, end), head, seals, skipped, keep)
    except FileNotFoundError:
        return _sealed((), _read_head(path), _Seals.read(path, seal), 0, keep)
    except OSError as error:
        raise _unreadable(path, error) from error


def lines_until(file: BinaryIO, end: int) -> Iterator[TrailLine]:
    """The lines of a file from where it is read up to a place in it, in bounded memory.

    Args:
        file: The open file.
        end: The place, in bytes from its beginning.

    Raises:
        OSError: It can't be read.
    """
    left = end - file.tell()
    while left > 0 and (piece := file.readline(min(left, LONGEST_RECORD))):
        left -= len(piece)
        if piece.endswith(b"\n") or left <= 0 or len(piece) < LONGEST_RECORD:
            content = piece.removesuffix(b"\n")
            yield TrailLine(digest(content), content)
            continue
        whole = hashlib.sha256()
        while piece and left > 0 and not piece.endswith(b"\n"):
            whole.update(piece)
            piece = file.readline(min(left, LONGEST_RECORD))
            left -= len(piece)
        whole.update(piece.removesuffix(b"\n"))
        yield TrailLine(whole.hexdigest(), None)


def trail_state(path: Path) -> tuple[int, ...]:
    """What changes whenever the trail does; empty where there is none. Blocks."""
    found: list[int] = []
    for item in (path, head_path(path)):
        try:
            status = item.stat()
        except OSError:
            continue
        found += [status.st_ino, status.st_size, status.st_mtime_ns]
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Seals:
    """What is known of the length of a trail."""

    own: Seal | None
    damaged: bool
    """There is something in its place."""
    longest: Seal | None
    """It, or what others know."""

    @classmethod
    def read(cls, path: Path, other: Seal | None) -> "_Seals":
        own, damaged = None, False
        try:
            own = read_seal(path)
        except DamagedSeal:
            damaged = True
        known = [item for item in (own, other) if item is not None]
        return cls(own, damaged, max(known, key=lambda item: item.lines, default=None))


def _sealed(
    lines: Iterable[TrailLine], head: str | None, seals: _Seals, skipped: int, keep: int | None
) -> Trail:
    longest = seals.longest
    counted = _Counted(lines, longest.lines - skipped if longest is not None else 0)
    trail = read_trail(counted, head, skipped=skipped, keep=keep)
    length = skipped + counted.count
    problems = compared(longest, length, counted.found)
    # The first use ever has no trail, and no seal.
    is_trail = length or head is not None or seals.own is not None or seals.damaged
    unsealed = unsealed_words(seals.own, damaged=seals.damaged) if is_trail else ""
    told = (unsealed,) if unsealed else ()
    if not counted.count and problems:
        return replace(trail, problems=(*problems, *told), unsealed=unsealed)
    # Where a line was changed the chain says which.
    problems = tuple(words for words in problems if "rewritten" not in words or not trail.problems)
    return replace(trail, problems=(*problems, *told, *trail.problems), unsealed=unsealed)


class _Counted:
    """Lines that are counted while they are read, and the digest of one of them."""

    def __init__(self, lines: Iterable[TrailLine], at: int) -> None:
        self._lines = lines
        self._at = at
        self.count = 0
        self.found: str | None = None

    def __iter__(self) -> Iterator[TrailLine]:
        for line in self._lines:
            self.count += 1
            if self.count == self._at:
                self.found = line.digest
            yield line


def _skip(file: BinaryIO, left: int) -> int:
    """Go to the first line that begins after so many bytes; how many lines are before it."""
    if left <= 0:
        return 0
    lines = 0
    while left > 0 and (chunk := file.read(min(CHUNK, left))):
        lines += chunk.count(b"\n")
        left -= len(chunk)
    while (rest := file.readline(CHUNK)) and not rest.endswith(b"\n"):
        pass  # of a line that was begun
    return lines + 1


def _read_head(path: Path) -> str | None:
    try:
        return read_regular(head_path(path), LONGEST_HEAD).decode("ascii", "replace").strip()
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno == errno.EFBIG:
            return ""  # it names no line
        raise _unreadable(head_path(path), error) from error


def _unreadable(path: Path, error: OSError) -> FileError:
    return FileError(
        f"The audit trail can't be read: {error.strerror or error}.",
        on=str(path),
        hint="Check the file's owner and its mode.",
    )
