"""Copies SQLite databases that are being written to.

A database in WAL mode is copied in one read transaction: its writers continue, and the copy is of
one moment. (In steps, the copy would restart after each write.) In older modes a reader blocks
writers, so the database is copied in small steps, and at once only if writes never let the copy
finish.
"""

import errno
import os
import sqlite3
import stat
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

from pixel_tui.backups.closed_database import copy_closed
from pixel_tui.backups.real_paths import held_folder
from pixel_tui.errors import OperationError
from pixel_tui.files import PRIVATE_FILE

STEP_PAGES: Final = 512
STEP_PAUSE_SECONDS: Final = 0.005
MAX_RESTARTS: Final = 20
BUSY_SECONDS: Final = 60.0
"""How long a program that writes all the time may delay the copy."""
MAX_TABLES: Final = 1000


class _Restarted(Exception):
    """The copy was restarted too often."""


@dataclass(frozen=True, slots=True)
class Copied:
    """How a copy was made."""

    journal: str
    pages: int
    at_once: bool


def copy_database(source: Path, target: Path) -> Copied:
    """Copy a database, even while it is written to. The copy is synced.

    Nothing is left beside the database.

    Args:
        source: Its real path; links on the path are not followed.
        target: A path that does not exist yet.

    Raises:
        OperationError: It can't be read, or the copy can't be written.
        OSError: The disk is full, or another file took the database's place.
    """
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE))
    with held_folder(source.parent) as folder:
        return _copy_in_folder(folder / source.name, target, source)


def _copy_in_folder(source: Path, target: Path, display_path: Path) -> Copied:
    try:
        # SQLite follows links, and resolves the path again.
        status, open_before = source.lstat(), _open_descriptors()
        if copy_closed(source, target):
            with target.open("rb") as file:
                os.fsync(file.fileno())
            return Copied("wal", _count_pages(target), at_once=True)
        with (
            closing(_open(source, "mode=ro")) as reader,
            closing(_open(target, "mode=rw")) as writer,
        ):
            # An incomplete copy is useless, so it needs no journal.
            writer.execute("PRAGMA journal_mode = OFF")
            writer.execute("PRAGMA synchronous = OFF")
            journal = str(reader.execute("PRAGMA journal_mode").fetchone()[0])
            _require_opened(status, open_before, display_path)
            pages = int(reader.execute("PRAGMA page_count").fetchone()[0])
            at_once = journal == "wal" or not _copy_in_steps(reader, writer)
            if at_once:
                reader.backup(writer)
    except (sqlite3.Error, PermissionError) as error:
        if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_FULL:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target)) from error
        raise OperationError(
            f"The database can't be copied: {error}.", on=str(display_path)
        ) from error
    with target.open("rb") as file:
        os.fsync(file.fileno())
    return Copied(journal, pages, at_once)


def _open_descriptors() -> set[tuple[int, int, int]]:
    """Return this process's open descriptors, with the identities of their files."""
    found = set()
    for path in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # closed by now, like that of this listing
            status = os.fstat(int(path.name))
            found.add((int(path.name), status.st_dev, status.st_ino))
    return found


def _require_opened(
    status: os.stat_result, open_before: set[tuple[int, int, int]], display_path: Path
) -> None:
    """Raise `OperationError` unless this file is among those opened since.

    The file is not opened for the check: closing it would release SQLite's locks on it.
    """
    opened = {file[1:] for file in _open_descriptors() - open_before}
    if not stat.S_ISREG(status.st_mode) or (status.st_dev, status.st_ino) not in opened:
        what = "It was replaced by another file while it was copied."
        raise OperationError(what, on=str(display_path))


def check_database(path: Path) -> str:
    """Return what `PRAGMA integrity_check` reports about a copy; empty if it is intact.

    The file must not be in use: then SQLite creates no side files.
    """
    try:
        with closing(_open(path, "mode=ro&immutable=1")) as database:
            rows = database.execute("PRAGMA integrity_check(5)").fetchall()
    except sqlite3.Error as error:
        return str(error)
    result = "; ".join(str(row[0]) for row in rows)
    return "" if result == "ok" else result


def count_rows(path: Path, *, most_bytes: int = 1024**3) -> dict[str, int] | None:
    """Return the rows of each table of a copy; None if they were not all counted.

    A large copy, or one with very many tables, is not counted.
    """
    if path.stat().st_size > most_bytes:
        return None
    counts = {}
    try:
        with closing(_open(path, "mode=ro&immutable=1")) as database:
            names = database.execute(
                "SELECT name FROM sqlite_schema WHERE type = 'table'"
                " AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND sql NOT LIKE 'CREATE VIRTUAL%'"
            ).fetchall()
            if len(names) > MAX_TABLES:
                return None
            for (name,) in names:
                quoted = str(name).replace('"', '""')
                found = database.execute(f'SELECT count(*) FROM "{quoted}"')  # noqa: S608
                counts[str(name)] = int(found.fetchone()[0])
    except sqlite3.Error:
        return None
    return counts


def _count_pages(copy: Path) -> int:
    with closing(_open(copy, "mode=ro&immutable=1")) as database:
        return int(database.execute("PRAGMA page_count").fetchone()[0])


def _copy_in_steps(reader: sqlite3.Connection, writer: sqlite3.Connection) -> bool:
    """Copy in steps between which others can write; returns False if it never finishes."""
    restarts, fewest_remaining = 0, -1

    def on_progress(_status: int, remaining: int, _total: int) -> None:
        nonlocal restarts, fewest_remaining
        if 0 <= fewest_remaining < remaining:
            restarts += 1
        fewest_remaining = remaining
        if restarts > MAX_RESTARTS:
            raise _Restarted

    try:
        reader.backup(writer, pages=STEP_PAGES, progress=on_progress, sleep=STEP_PAUSE_SECONDS)
    except _Restarted:
        return False
    return True


def _open(path: Path, options: str) -> sqlite3.Connection:
    address = f"file:{quote(os.fsencode(path.absolute()))}?{options}"
    return sqlite3.connect(address, uri=True, timeout=BUSY_SECONDS, check_same_thread=False)
