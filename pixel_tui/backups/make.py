"""Making a backup: all of it, or nothing that looks like one."""

import errno
import hashlib
import os
import shutil
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import BinaryIO, Final

from pixel_tui import __version__
from pixel_tui.backups.deployment import DEPLOYMENT, RESOLVED, deployment_json, read_resolved
from pixel_tui.backups.manifest import Item, Kind, LeftOut, Manifest
from pixel_tui.backups.policy import Policy
from pixel_tui.backups.postgres import Postgres
from pixel_tui.backups.sources import Sources, find_sources
from pixel_tui.backups.sqlite_copy import check_database, copy_database, count_rows
from pixel_tui.backups.stack_view import Seen, StackView
from pixel_tui.backups.store import BackupStore, HalfMade
from pixel_tui.backups.volumes import volume_folders, volume_source
from pixel_tui.backups.words import size_words
from pixel_tui.clock import Clock
from pixel_tui.errors import ConsoleError, FileError, OperationError
from pixel_tui.files import PRIVATE_FILE
from pixel_tui.stack.json_value import JsonObject

CHUNK: Final = 1024 * 1024
MARGIN: Final = 1.1
"""What a backup may need beside the sizes of its sources."""
Say = Callable[[str], None]
Copy = tuple[JsonObject, str]
"""Details and the SHA-256 of what was copied."""


class Maker:
    """Makes one backup of a project.

    Args:
        view: Asks the engine.
        policy: The project's rules.
        clock: Where times come from.
        host: The name of this machine.
        say: Told a line for each thing that is done.
        salvage: Leave out what can't be read, and say so, where else the backup would fail.
    """

    def __init__(
        self,
        view: StackView,
        policy: Policy,
        clock: Clock,
        *,
        host: str,
        say: Say,
        salvage: bool = False,
    ) -> None:
        self._view = view
        self._policy = policy
        self._clock = clock
        self._host = host
        self._say = say
        self._salvage = salvage
        self._items: list[Item] = []
        self._gaps: list[LeftOut] = []

    def make(self, *, reason: str = "", sparing: frozenset[str] = frozenset()) -> Manifest:
        """Make a backup, and remove those that are too many.

        Args:
            reason: Why, where not by hand.
            sparing: Ids of backups that stay.

        Raises:
            OperationError: Something could not be copied; no backup was made.
            FileError: The disk is full, or a file can't be read or written.
        """
        began, now = self._clock.monotonic(), self._clock.now()
        store = BackupStore(self._policy.root)
        for name in store.sweep():
            self._say(f"removed {name}, which an earlier backup left behind")
        seen = self._view.containers()
        sources = find_sources(
            self._policy,
            seen,
            self._view.command.files,
            lambda names: volume_folders(self._view, seen, names),
        )
        self._gaps = list(sources.left_out)
        self._require_space(sources)
        try:
            with store.begin(now) as half:
                self._copy(half, sources, seen)
                manifest = Manifest(
                    id=half.id,
                    project=self._view.project,
                    engine=" ".join(self._view.command.docker),
                    host=self._host,
                    created=now,
                    seconds=self._clock.monotonic() - began,
                    reason=reason,
                    tools=self._tools(),
                    items=tuple(self._items),
                    left_out=tuple(self._gaps),
                )
                half.finish(manifest)
        except OSError as error:
            raise self._failed(error) from error
        for gap in self._gaps:
            self._say(f"left out: {gap.what} ({gap.why})")
        for backup_id in store.retire(self._policy.keep, sparing=sparing | {manifest.id}):
            self._say(f"removed {backup_id}: the newest {self._policy.keep} are kept")
        return manifest

    def _require_space(self, sources: Sources) -> None:
        """Raise `FileError` where the disk has not the room for it."""
        need = 0
        paths = [self._policy.project / name for name in (*sources.databases, *sources.files)]
        for path in (*paths, *(item.path for item in sources.in_volumes)):
            for part in (path, path.with_name(f"{path.name}-wal")):
                need += part.stat().st_size if part.exists() else 0
        for server in sources.servers:
            need += self._server(server).size()
        place = self._policy.root
        while not place.exists():
            place = place.parent
        found = os.statvfs(place)
        free = found.f_bavail * found.f_frsize
        if need * MARGIN > free:
            raise FileError(
                f"There is not enough room for a backup: it needs about"
                f" {size_words(int(need * MARGIN))}, and {size_words(free)} are free.",
                on=str(self._policy.root),
                remedy="Make room, or set another folder under [backup] in the settings.",
            )

    def _copy(self, half: HalfMade, sources: Sources, seen: tuple[Seen, ...]) -> None:
        for name in sources.databases:
            self._attempt(
                half, Kind.SQLITE, name, f"sqlite/{name}",
                partial(self._copy_database, self._policy.project / name, {}),
            )  # fmt: skip
        for held in sources.in_volumes:
            name = volume_source(held.volume, held.relative)
            details: JsonObject = {"volume": held.volume}
            copy = partial(self._copy_database, held.path, details)
            path = f"volumes/{held.volume}/{held.relative}"
            self._attempt(half, Kind.SQLITE, name, path, copy)
        for server in sources.servers:
            path = f"postgres/{server.service}.dump"
            self._attempt(half, Kind.POSTGRES, server.service, path, self._dumper(server))
        for name in sources.files:
            details = {"compose": True} if name in sources.compose_files else {}
            self._attempt(half, Kind.FILE, name, f"files/{name}", self._copier(name, details))
        content = deployment_json(self._view, seen, self._policy.project)
        self._attempt(half, Kind.DEPLOYMENT, "deployment", DEPLOYMENT, _writer(content))
        resolved, why = read_resolved(self._view.programs, self._view.command)
        if why:
            self._gaps.append(LeftOut("the resolved compose model", f"compose refuses it: {why}"))
        else:
            self._attempt(half, Kind.DEPLOYMENT, "compose model", RESOLVED, _writer(resolved))

    def _attempt(
        self, half: HalfMade, kind: Kind, source: str, path: str, copy: Callable[[Path], Copy]
    ) -> None:
        """Copy one thing. What fails ends the backup, or is left out of one that salvages."""
        began = time.monotonic()
        target = half.place(path)
        try:
            details, digest = copy(target)
        except (OSError, ConsoleError) as error:
            target.unlink(missing_ok=True)
            if not self._salvage or self._full():
                raise
            self._gaps.append(LeftOut(source, str(error)))
            return
        size = target.stat().st_size
        self._items.append(Item(kind, source, path, size, digest, details))
        took = time.monotonic() - began
        self._say(f"{kind.value:<10} {source}  {size_words(size)} in {took:.1f} s")

    def _copy_database(self, source: Path, known: JsonObject, target: Path) -> Copy:
        """A database; it is hashed while it is checked, since both read all of it."""
        copied = copy_database(source, target)
        with ThreadPoolExecutor(1) as pool:
            hashing = pool.submit(hash_file, target)
            trouble = check_database(target)
            digest = hashing.result()
        if trouble:
            raise OperationError(
                f"The database is damaged: {trouble}.",
                on=str(source),
                remedy="Look at it with `sqlite3`; an earlier backup has it whole.",
            )
        rows: JsonObject = dict(count_rows(target))
        details: JsonObject = {
            **known,
            "mode": _mode(source.stat()),
            "integrity": "ok",
            "journal": copied.journal,
            "pages": copied.pages,
            "rows": rows,
        }
        if copied.journal != "wal" and copied.at_once:
            details["note"] = "writers had to wait: it is written to without pause, and not WAL"
        return details, digest

    def _server(self, seen: Seen) -> Postgres:
        return Postgres(self._view.programs, self._view.command, seen.id)

    def _dumper(self, seen: Seen) -> Callable[[Path], Copy]:
        server = self._server(seen)

        def dump(target: Path) -> Copy:
            if why := server.missing():
                raise OperationError(f"{seen.service} can't be dumped: {why}.")
            with _new_file(target) as file:
                server.dump(file)
                os.fsync(file.fileno())
            details: JsonObject = {
                "database": server.database(),
                "version": server.version(),
                "entries": server.contents(target),
                "volumes": [name for name, _ in seen.volumes],
            }
            return details, hash_file(target)

        return dump

    def _copier(self, name: str, details: JsonObject) -> Callable[[Path], Copy]:
        def copy(target: Path) -> Copy:
            source = self._policy.project / name
            with source.open("rb") as old, _new_file(target) as new:
                mode = _mode(os.fstat(old.fileno()))
                shutil.copyfileobj(old, new, CHUNK)
                new.flush()
                os.fsync(new.fileno())
            return {**details, "mode": mode}, hash_file(target)

        return copy

    def _tools(self) -> JsonObject:
        tools: JsonObject = {"pixel-tui": __version__, "sqlite": sqlite3.sqlite_version}
        for item in self._items:
            if item.kind is Kind.POSTGRES:
                tools["pg_dump"] = item.details.get("version", "")
        return tools | self._view.version()

    def _full(self) -> bool:
        found = os.statvfs(self._policy.root)
        return found.f_bavail * found.f_frsize < CHUNK

    def _failed(self, error: OSError) -> ConsoleError:
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        return FileError(
            f"No backup was made: {error.strerror or error}.",
            on=str(error.filename or self._policy.root),
            remedy="Make room on the disk; what was begun is removed."
            if full
            else "Check who may read it.",
        )


def _mode(about: os.stat_result) -> str:
    return f"{about.st_mode & 0o7777:04o}"


def hash_file(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _new_file(target: Path) -> BinaryIO:
    return os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE), "wb")


def _writer(content: bytes) -> Callable[[Path], Copy]:
    def write(target: Path) -> Copy:
        with _new_file(target) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        return {}, hash_file(target)

    return write
