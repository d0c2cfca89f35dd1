"""Reads the audit trail, or its end, as a stream. Nothing here can write."""

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
from pixel_tui.operations.audit.chain import CheckedTrail, TrailLine, check_chain, digest
from pixel_tui.operations.audit.seal import (
    DamagedSeal,
    Seal,
    check_length,
    read_seal,
    seal_problem,
)

HEAD_SUFFIX: Final = ".head"
MAX_HEAD_BYTES: Final = 4096
MAX_RECORD_BYTES: Final = 4 * 1024 * 1024
"""The maximum length of a line; real records are below 100,000 bytes."""
CHUNK_BYTES: Final = 1024 * 1024
"""The number of bytes read at once to find line ends."""


def head_path(path: Path) -> Path:
    """Return the path of the file with the hash of a trail's last line."""
    return path.with_name(path.name + HEAD_SUFFIX)


def read_audit(
    path: Path,
    *,
    max_bytes: int | None = None,
    seal: Seal | None = None,
    max_records: int | None = None,
) -> CheckedTrail:
    """Read and check the trail. Blocks.

    It is read as a stream, so memory is needed only for the returned records.

    Args:
        path: The trail's file.
        max_bytes: The number of bytes to read from its end, from the next line on; None for all.
        seal: A seal from another source, such as the system's log.
        max_records: The number of newest records to return; None for all.

    Raises:
        FileError: It can't be read.
    """
    try:
        with open_regular(path) as file:
            fcntl.flock(file, fcntl.LOCK_SH)  # so that record and head match
            end = os.fstat(file.fileno()).st_size
            head, seals = _read_head(path), _KnownSeals.read(path, seal)
            # The part up to `end` never changes: others may append meanwhile.
            fcntl.flock(file, fcntl.LOCK_UN)
            skipped = 0 if max_bytes is None else _skip(file, end - max_bytes)
            return _check(lines_until(file, end), head, seals, skipped, max_records)
    except FileNotFoundError:
        return _check((), _read_head(path), _KnownSeals.read(path, seal), 0, max_records)
    except OSError as error:
        raise _unreadable(path, error) from error


def lines_until(file: BinaryIO, end: int) -> Iterator[TrailLine]:
    """Read lines from the current position of a file, in bounded memory.

    Args:
        file: The open file.
        end: The position to stop at, in bytes.

    Raises:
        OSError: It can't be read.
    """
    left = end - file.tell()
    while left > 0 and (piece := file.readline(min(left, MAX_RECORD_BYTES))):
        left -= len(piece)
        if piece.endswith(b"\n") or left <= 0 or len(piece) < MAX_RECORD_BYTES:
            content = piece.removesuffix(b"\n")
            yield TrailLine(digest(content), content)
            continue
        long_digest = hashlib.sha256()
        while piece and left > 0 and not piece.endswith(b"\n"):
            long_digest.update(piece)
            piece = file.readline(min(left, MAX_RECORD_BYTES))
            left -= len(piece)
        long_digest.update(piece.removesuffix(b"\n"))
        yield TrailLine(long_digest.hexdigest(), None)


def trail_stamp(path: Path) -> tuple[int, ...]:
    """Return inodes, sizes and times of the trail's files, to detect changes. Blocks."""
    found: list[int] = []
    for item in (path, head_path(path)):
        try:
            status = item.stat()
        except OSError:
            continue
        found += [status.st_ino, status.st_size, status.st_mtime_ns]
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _KnownSeals:
    """The known seals of a trail."""

    own: Seal | None
    damaged: bool
    """Whether its seal file is not valid."""
    longest: Seal | None
    """The seal with the most lines, from the file or another source."""

    @classmethod
    def read(cls, path: Path, other: Seal | None) -> "_KnownSeals":
        own, damaged = None, False
        try:
            own = read_seal(path)
        except DamagedSeal:
            damaged = True
        known = [item for item in (own, other) if item is not None]
        return cls(own, damaged, max(known, key=lambda item: item.lines, default=None))


def _check(
    lines: Iterable[TrailLine],
    head: str | None,
    seals: _KnownSeals,
    skipped: int,
    max_records: int | None,
) -> CheckedTrail:
    longest = seals.longest
    counted = _CountedLines(lines, longest.lines - skipped if longest is not None else 0)
    trail = check_chain(counted, head, skipped=skipped, max_records=max_records)
    length = skipped + counted.count
    problems = check_length(longest, length, counted.found)
    # Before the first use there is neither a trail nor a seal.
    is_trail = length or head is not None or seals.own is not None or seals.damaged
    unsealed = seal_problem(seals.own, damaged=seals.damaged) if is_trail else ""
    seal_problems = (unsealed,) if unsealed else ()
    if not counted.count and problems:
        return replace(trail, problems=(*problems, *seal_problems), seal_problem=unsealed)
    # If a line was changed, the chain names it more exactly.
    problems = tuple(words for words in problems if "rewritten" not in words or not trail.problems)
    return replace(
        trail, problems=(*problems, *seal_problems, *trail.problems), seal_problem=unsealed
    )


class _CountedLines:
    """Counts lines while they are read, and keeps the digest of one of them."""

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
    """Skip to the first line after so many bytes; returns the number of skipped lines."""
    if left <= 0:
        return 0
    lines = 0
    while left > 0 and (chunk := file.read(min(CHUNK_BYTES, left))):
        lines += chunk.count(b"\n")
        left -= len(chunk)
    while (rest := file.readline(CHUNK_BYTES)) and not rest.endswith(b"\n"):
        pass  # the rest of a line
    return lines + 1


def _read_head(path: Path) -> str | None:
    try:
        return read_regular(head_path(path), MAX_HEAD_BYTES).decode("ascii", "replace").strip()
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno == errno.EFBIG:
            return ""  # it is the hash of no line
        raise _unreadable(head_path(path), error) from error


def _unreadable(path: Path, error: OSError) -> FileError:
    return FileError(
        f"The audit trail can't be read: {error.strerror or error}.",
        on=str(path),
        hint="Check the file's owner and its mode.",
    )
