"""Reading the audit trail: whole, or its newest part. Nothing here can write."""

import fcntl
import os
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, Final

from pixel_tui.errors import FileError
from pixel_tui.files import open_regular, read_regular
from pixel_tui.operations.audit_chain import Trail, digest, read_trail
from pixel_tui.operations.audit_seal import Seal, compared, read_seal

HEAD_SUFFIX: Final = ".head"
LONGEST_HEAD: Final = 4096
CHUNK: Final = 1024 * 1024
"""Bytes that are looked through at once for the ends of lines."""


def head_path(path: Path) -> Path:
    """The small file beside a trail, which names its last line."""
    return path.with_name(path.name + HEAD_SUFFIX)


def read_audit(path: Path, *, most: int | None = None, seal: Seal | None = None) -> Trail:
    """The trail, and whether it is as it was written. Blocks.

    Args:
        path: The trail's file.
        most: How many bytes of its end are read, whole lines; all of it if None.
        seal: How long it has to be at least; as the seal beside it says if None.

    Raises:
        FileError: It can't be read.
    """
    try:
        with open_regular(path) as file:
            fcntl.flock(file, fcntl.LOCK_SH)  # between a record and its head
            skipped = 0 if most is None else _skip(file, most)
            return _sealed(file.read(), path, seal or read_seal(path), skipped)
    except FileNotFoundError:
        return _sealed(b"", path, seal or read_seal(path), 0)
    except OSError as error:
        raise _unreadable(path, error) from error


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


def _sealed(content: bytes, path: Path, seal: Seal | None, skipped: int) -> Trail:
    trail = read_trail(content, _read_head(path), skipped=skipped)
    lines = content.removesuffix(b"\n").split(b"\n") if content else []
    at = seal.lines - skipped - 1 if seal is not None else -1
    found = digest(lines[at]) if 0 <= at < len(lines) else None
    problems = compared(seal, skipped + len(lines), found)
    if not lines and problems:
        return replace(trail, problems=problems)
    # Where a line was changed the chain says which.
    problems = tuple(words for words in problems if "rewritten" not in words or not trail.problems)
    return replace(trail, problems=(*problems, *trail.problems))


def _skip(file: BinaryIO, most: int) -> int:
    """Go to the first line of the last `most` bytes; how many lines are before it."""
    left = os.fstat(file.fileno()).st_size - most
    if left <= 0:
        return 0
    lines = 0
    while left > 0 and (chunk := file.read(min(CHUNK, left))):
        lines += chunk.count(b"\n")
        left -= len(chunk)
    file.readline()  # the rest of a line that was begun
    return lines + 1


def _read_head(path: Path) -> str | None:
    try:
        return read_regular(head_path(path), LONGEST_HEAD).decode("ascii", "replace").strip()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unreadable(head_path(path), error) from error


def _unreadable(path: Path, error: OSError) -> FileError:
    return FileError(
        f"The audit trail can't be read: {error.strerror or error}.",
        on=str(path),
        remedy="Check the file's owner and its mode.",
    )
