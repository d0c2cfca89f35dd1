"""Copies single items into a backup; each copy returns details and a hash."""

import hashlib
import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO, Final

from pixel_tui.backups.postgres import Database
from pixel_tui.backups.real_paths import open_real
from pixel_tui.backups.servers import QueriedServer
from pixel_tui.backups.source_state import DETAIL, as_detail, state_of
from pixel_tui.backups.sqlite_copy import check_database, copy_database, count_rows
from pixel_tui.errors import OperationError
from pixel_tui.files import PRIVATE_FILE, open_regular
from pixel_tui.stack.model.json_value import JsonObject

CHUNK: Final = 1024 * 1024
Copy = tuple[JsonObject, str]
"""Details and SHA-256 of a copy."""


def copy_sqlite(source: Path, known: JsonObject, target: Path) -> Copy:
    """Copy a database, by its real path; hashed while it is checked, as both read all of it."""
    state = state_of(source)  # before the copy: a write during it counts as newer
    copied = copy_database(source, target)
    with ThreadPoolExecutor(1) as pool:
        hashing = pool.submit(hash_file, target)
        trouble = check_database(target)
        digest = hashing.result()
    if trouble:
        raise OperationError(
            f"The database is damaged: {trouble}.",
            on=str(source),
            hint="Check it with `sqlite3`.",
        )
    counted = count_rows(target)
    rows: JsonObject | None = None if counted is None else dict(counted)
    details: JsonObject = {
        **known,
        "mode": _mode(source.lstat()),
        "integrity": "ok",
        "journal": copied.journal,
        "pages": copied.pages,
        "rows": rows,
        "empty": None if counted is None else not any(counted.values()),
        DETAIL: as_detail(state),
    }
    if copied.journal != "wal" and copied.at_once:
        details["note"] = "writers had to wait: it is written to all the time, and not in WAL mode"
    return details, digest


def copy_roles(queried: QueriedServer, target: Path) -> Copy:
    """Copy the roles of a server, with their passwords if the server allows reading them."""
    with _new_file(target) as file:
        passwords = queried.postgres.dump_roles(file)
        os.fsync(file.fileno())
    return {"passwords": passwords}, hash_file(target)


def copy_server_database(queried: QueriedServer, database: Database, target: Path) -> Copy:
    """Dump a database, and read back the table of contents of the dump."""
    server = queried.postgres
    empty = server.is_empty(database.name)
    with _new_file(target) as file:
        server.dump(database.name, file)
        os.fsync(file.fileno())
    details: JsonObject = {
        "database": database.name,
        "owner": database.owner,
        "encoding": database.encoding,
        "collate": database.collate,
        "ctype": database.ctype,
        "database_bytes": database.size,
        "version": server.version(),
        "entries": server.contents(target),
        "empty": empty,
    }
    return details, hash_file(target)


def file_copier(source: Path, details: JsonObject) -> Callable[[Path], Copy]:
    """Return a copier of a regular file, by its real path. It never blocks on a FIFO."""

    def copy(target: Path) -> Copy:
        with open_real(source) as old, _new_file(target) as new:
            mode = _mode(os.fstat(old.fileno()))
            shutil.copyfileobj(old, new, CHUNK)
            new.flush()
            os.fsync(new.fileno())
        return {**details, "mode": mode}, hash_file(target)

    return copy


def _mode(status: os.stat_result) -> str:
    return f"{status.st_mode & 0o7777:04o}"


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file, in hex."""
    with open_regular(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _new_file(target: Path) -> BinaryIO:
    return os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE), "wb")


def writer(content: bytes) -> Callable[[Path], Copy]:
    """Return a copier that writes the given content."""

    def write(target: Path) -> Copy:
        with _new_file(target) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        return {}, hash_file(target)

    return write
