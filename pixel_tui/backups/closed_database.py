"""Copies a SQLite database in WAL mode that no process has open, without creating side files.

To read such a database, SQLite creates a `-wal` and a `-shm`, and a reader without write access
leaves them behind, owned by the user of the backup, so that the service can't write to its own
database any more. If no process has it open, its bytes don't change, and a copy of them is as
good: SQLite checks the copy.
"""

import os
import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Final
from urllib.parse import quote

from pixel_tui.files import open_regular

_WAL_VERSION: Final = b"\x02\x02"
"""Bytes 18 and 19 of a database in WAL mode: https://www.sqlite.org/fileformat2.html"""
_ATTEMPTS: Final = 3
_TICK_SECONDS: Final = 0.02
"""A second write within this time may not change a file's time stamp."""
_CHUNK: Final = 1024 * 1024


def copy_closed(source: Path, target: Path) -> bool:
    """Copy a database and the rest of its log; returns False if it is open, or not in WAL mode.

    Args:
        source: The database; links are not followed.
        target: An empty file.

    Raises:
        OSError: It can't be read, or the copy can't be written.
        sqlite3.Error: The rest of its log can't be read.
    """
    with open_regular(source, follow=False) as file:
        if file.read(20)[18:] != _WAL_VERSION:
            return False
    wal, copied_wal = _side_file(source, "-wal"), _side_file(target, "-wal")
    for _ in range(_ATTEMPTS):
        if os.path.lexists(_side_file(source, "-shm")) and os.path.lexists(wal):
            return False
        if _was_just_written(source):
            time.sleep(_TICK_SECONDS)
        before = _fingerprint(source)
        if _was_just_written(source):
            continue
        copied_wal.unlink(missing_ok=True)
        _copy(source, target)
        if os.path.lexists(wal):
            _copy(wal, copied_wal)
        if _fingerprint(source) == before:
            _apply_log(target)
            return True
    copied_wal.unlink(missing_ok=True)
    target.write_bytes(b"")
    return False


def _was_just_written(source: Path) -> bool:
    """Whether it was written to within the last tick."""
    return abs(time.time() - source.lstat().st_mtime) < _TICK_SECONDS


def _fingerprint(source: Path) -> list[object]:
    """Return values that differ once anything is written, or the database is opened."""
    found: list[object] = []
    for path in (source, _side_file(source, "-wal"), _side_file(source, "-shm")):
        try:
            status = path.lstat()
        except FileNotFoundError:
            found.append(None)
        else:
            found.append((status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns))
    return found


def _apply_log(copy: Path) -> None:
    """Apply a copy's log to it, and remove the log."""
    if _side_file(copy, "-wal").exists():
        address = f"file:{quote(str(copy.absolute()))}?mode=rw"
        with closing(sqlite3.connect(address, uri=True)) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    for suffix in ("-wal", "-shm"):
        _side_file(copy, suffix).unlink(missing_ok=True)


def _copy(source: Path, target: Path) -> None:
    with open_regular(source, follow=False) as old, target.open("wb") as new:
        shutil.copyfileobj(old, new, _CHUNK)


def _side_file(database: Path, suffix: str) -> Path:
    return database.with_name(f"{database.name}{suffix}")
