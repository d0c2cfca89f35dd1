"""Makes a backup of everything that can be copied, and records what is missing."""

import errno
import hashlib
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from urllib.parse import quote

from pixel_tui import __version__
from pixel_tui.backups.backup_space import is_full, require_space, required_bytes
from pixel_tui.backups.copies import (
    Copy,
    copy_roles,
    copy_server_database,
    copy_sqlite,
    file_copier,
    writer,
)
from pixel_tui.backups.declared import read_declared
from pixel_tui.backups.deployment import DEPLOYMENT, RESOLVED, deployment_json, read_resolved
from pixel_tui.backups.history import backup_with, missing_databases
from pixel_tui.backups.holders import own_container
from pixel_tui.backups.in_progress import BackupInProgress
from pixel_tui.backups.made_here import MadeBackups
from pixel_tui.backups.manifest import (
    Cover,
    Gap,
    Item,
    ItemKind,
    LeftOut,
    Manifest,
    ServerContent,
    VolumeContent,
    relative_path,
)
from pixel_tui.backups.manifest_file import as_bytes
from pixel_tui.backups.policy import Policy
from pixel_tui.backups.postgres import Postgres
from pixel_tui.backups.server_data import server_volumes
from pixel_tui.backups.servers import (
    QueriedServer,
    query_server,
    server_content,
    server_volume_contents,
    volume_gaps,
    with_volumes,
)
from pixel_tui.backups.source_model import Sources, Stack
from pixel_tui.backups.sources import find_sources
from pixel_tui.backups.stack_view import SeenContainer, StackView
from pixel_tui.backups.store import BackupStore
from pixel_tui.backups.volume_contents import volume_title
from pixel_tui.backups.volumes import volume_folders, volume_source
from pixel_tui.clock import Clock
from pixel_tui.errors import ConsoleError, FileError, OperationError, UsageError
from pixel_tui.humanize import size, span
from pixel_tui.stack.compose.project_files import find_project_files
from pixel_tui.stack.engine.endpoint import LOCAL, endpoint_of
from pixel_tui.stack.model.json_value import JsonObject

Say = Callable[[str], None]


class Maker:
    """Makes one backup of a project.

    Args:
        view: Queries the engine.
        policy: The project's rules.
        clock: Gives the times.
        host: The name of this machine.
        say: Prints a line for each thing that is done.
        environment: The variables that compose gets.
    """

    def __init__(
        self,
        view: StackView,
        policy: Policy,
        clock: Clock,
        *,
        host: str,
        say: Say,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._view = view
        self._policy = policy
        self._clock = clock
        self._host = host
        self._say = say
        self._environment = environment or {}
        self._items: list[Item] = []
        self._gaps: list[LeftOut] = []
        self._servers: list[QueriedServer] = []
        self._earlier: Sequence[Manifest] = ()
        self._not_dumpable: list[SeenContainer] = []
        """Servers that can't be dumped."""

    def make(self, *, reason: str = "", sparing: frozenset[str] = frozenset()) -> Manifest:
        """Make a backup, and remove surplus ones.

        What can't be copied is left out and recorded; a backup that lacks something it should have
        is marked incomplete.

        Args:
            reason: Why it is made, if not by hand.
            sparing: Ids of backups to keep.

        Raises:
            OperationError: The engine can't be queried; no backup was made.
            FileError: The disk is full, or the folder can't be written; no backup was made.
        """
        started, now = self._clock.monotonic(), self._clock.now()
        store = BackupStore(self._policy.root, former=self._policy.former)
        for name in store.sweep():
            self._say(f"removed {name}, left over from an earlier backup")
        seen = self._view.containers()
        sources = self._sources(seen)
        self._gaps = list(sources.left_out)
        self._ask_servers(sources)
        self._require_space(sources)
        listed = store.list()
        earlier = [item.manifest for item in listed if item.manifest and not item.trouble]
        self._earlier = earlier
        try:
            with store.begin(now) as in_progress:
                self._copy(in_progress, sources, seen)
                contents = [server_content(queried, self._items) for queried in self._servers]
                server_volumes = self._server_volumes(contents)
                known = {item.name for item in server_volumes}
                volumes = (*(v for v in sources.volumes if v.name not in known), *server_volumes)
                names = [gap.what for gap in self._gaps if gap.gap is not Gap.NOT_COPIED]
                manifest = Manifest(
                    id=in_progress.id,
                    project=self._view.project,
                    engine=" ".join(self._view.command.docker),
                    host=self._host,
                    created=now,
                    seconds=self._clock.monotonic() - started,
                    reason=reason,
                    tools=self._tools(),
                    items=with_volumes(self._items, server_volumes),
                    left_out=tuple(self._gaps),
                    servers=tuple(contents),
                    volumes=volumes,
                    warnings=missing_databases(self._items, names, earlier),
                )
                with self._recorded(manifest):
                    in_progress.finish(manifest)
        except OSError as error:
            raise self._copy_error(error) from error
        self._print_gaps(manifest)
        removed = self._rotate(store, sparing | {manifest.id})
        for backup in listed:
            if backup.id in removed and backup.manifest:
                MadeBackups(self._policy.state_folder).forget(backup.manifest.digest)
        return manifest

    def required_bytes(self) -> int:
        """Return how many bytes a backup may need now, without making one.

        Raises:
            OperationError: The engine can't be queried.
        """
        sources = self._sources(self._view.containers())
        self._ask_servers(sources)
        return self._required_bytes(sources)

    def _sources(self, seen: tuple[SeenContainer, ...]) -> Sources:
        command = self._view.command
        declared = read_declared(self._view.programs, command)
        stack = Stack(
            seen=seen,
            declared=declared,
            files=find_project_files(command, self._environment),
            volumes=self._view.volumes(),
            here=self._is_here(),
        )
        known = stack.users
        return find_sources(
            self._policy,
            stack,
            lambda names: volume_folders(self._view, known, names, also=stack.volumes),
        )

    def _is_here(self) -> bool:
        """Whether the engine's paths are valid here: it is local, and this is no container."""
        try:
            address = endpoint_of(self._view.command, self._environment).address
        except UsageError:
            return False
        return address.startswith(LOCAL) and not own_container()

    def _ask_servers(self, sources: Sources) -> None:
        for seen in sources.servers:
            if any(queried.name == seen.service for queried in self._servers):
                why = "another container of the service is dumped"
                self._gaps.append(LeftOut(seen.name, why, Gap.UNKNOWN, expected=True))
                continue
            postgres = Postgres(self._view.programs, self._view.command, seen.id)
            queried = query_server(seen, postgres)
            if isinstance(queried, LeftOut):
                self._gaps.append(queried)
                self._not_dumpable.append(seen)
            else:
                self._servers.append(queried)
                self._gaps += queried.gaps

    def _server_volumes(self, contents: list[ServerContent]) -> tuple[VolumeContent, ...]:
        """Return the servers' volumes; replaces other gaps of these volumes."""
        found = [*server_volume_contents(self._servers, contents)]
        for seen in self._not_dumpable:
            why = f"{seen.service} can't be dumped"
            found += [VolumeContent(name, Cover.UNKNOWN, (), why) for name in server_volumes(seen)]
        words = {volume_title(item.name) for item in found}
        others = [gap for gap in self._gaps if gap.what not in words]
        self._gaps = [*others, *volume_gaps(found, self._servers, self._policy.skip_volumes)]
        return tuple(found)

    def _print_gaps(self, manifest: Manifest) -> None:
        for gap in manifest.left_out:
            word = "MISSING: " if gap.expected else "skipped: "
            self._say(f"{word}{gap.what} ({gap.why})")
        for warning in manifest.warnings:
            self._say(f"WARNING: {warning}")

    @contextmanager
    def _recorded(self, manifest: Manifest) -> Iterator[None]:
        """Record the manifest before the backup is listed, so that it is always known as ours."""
        record = MadeBackups(self._policy.state_folder)
        digest = hashlib.sha256(as_bytes(manifest)).hexdigest()
        try:
            record.add(digest, manifest.id)
        except FileError as error:
            self._say(f"WARNING: it will be treated as a backup from elsewhere: {error}")
        try:
            yield
        except BaseException:
            if not (self._policy.root / manifest.id).exists():
                record.forget(digest)
            raise

    def _rotate(self, store: BackupStore, sparing: frozenset[str]) -> Sequence[str]:
        retired = store.rotate(self._policy.keep, sparing=sparing)
        for backup_id in retired.removed:
            self._say(f"removed {backup_id}: the newest {self._policy.keep} are kept")
        for backup_id, titles in retired.kept.items():
            more = f" and {len(titles) - 3} more" if len(titles) > 3 else ""
            self._say(f"kept {backup_id}: the last good copy of {', '.join(titles[:3])}{more}")
        return retired.removed

    def _require_space(self, sources: Sources) -> None:
        """Raise `FileError` if the disk has not enough space."""
        require_space(self._required_bytes(sources), self._policy.root)

    def _required_bytes(self, sources: Sources) -> int:
        return required_bytes(sources, self._servers, self._policy.project)

    def _copy(
        self, in_progress: BackupInProgress, sources: Sources, seen: tuple[SeenContainer, ...]
    ) -> None:
        for name in sources.databases:
            self._attempt(
                in_progress, ItemKind.SQLITE, name, f"sqlite/{name}",
                partial(copy_sqlite, sources.real[name], {}),
            )  # fmt: skip
        for database in sources.in_volumes:
            name = volume_source(database.volume, database.relative)
            details: JsonObject = {"volume": database.volume}
            path = f"volumes/{database.volume}/{database.relative}"
            copy = partial(copy_sqlite, database.path, details)
            self._attempt(in_progress, ItemKind.SQLITE, name, path, copy)
        for queried in self._servers:
            self._dump(in_progress, queried)
        for name in sources.files:
            details = {"compose": True} if name in sources.compose_files else {}
            copier = file_copier(sources.real[name], details)
            self._attempt(in_progress, ItemKind.FILE, name, f"files/{name}", copier)
        for file in sources.outside:
            name = f"outside{file}"
            copier = file_copier(sources.real[str(file)], {"outside": str(file)})
            self._attempt(in_progress, ItemKind.DEPLOYMENT, name, name, copier, title=str(file))

        def write_deployment(target: Path) -> Copy:
            content = deployment_json(self._view, seen, self._policy.project)
            return writer(content)(target)

        self._attempt(in_progress, ItemKind.DEPLOYMENT, "deployment", DEPLOYMENT, write_deployment)
        try:
            resolved, why = read_resolved(self._view.programs, self._view.command)
        except OperationError as error:
            resolved, why = b"", str(error)
        if why:
            what = "the resolved compose model"
            gap = LeftOut(what, f"compose refuses it: {why}", Gap.FAILED, expected=True)
            self._gaps.append(gap)
        else:
            self._attempt(
                in_progress, ItemKind.DEPLOYMENT, "compose model", RESOLVED, writer(resolved)
            )

    def _dump(self, in_progress: BackupInProgress, queried: QueriedServer) -> None:
        """Dump a server, roles first: restored databases belong to them."""
        folder = f"postgres/{queried.name}"
        self._attempt(
            in_progress, ItemKind.ROLES, queried.name, f"{folder}/roles.sql",
            partial(copy_roles, queried),
            title=f"{queried.name}: roles",
        )  # fmt: skip
        for database in queried.dumpable:
            path = f"{folder}/{quote(database.name, safe='')}.dump"
            copy = partial(copy_server_database, queried, database)
            title = f"{queried.name}/{database.name}"
            self._attempt(in_progress, ItemKind.POSTGRES, queried.name, path, copy, title=title)

    def _attempt(
        self,
        in_progress: BackupInProgress,
        kind: ItemKind,
        source: str,
        path: str,
        copy: Callable[[Path], Copy],
        *,
        title: str = "",
    ) -> None:
        """Copy one item. A failure is recorded as a gap; only a full disk ends the backup."""
        started = time.monotonic()
        title = title or source
        target = in_progress.folder / path
        try:
            relative_path(source)
            in_progress.place(path)
            details, digest = copy(target)
        except (OSError, ValueError, ConsoleError) as error:
            full = is_full(self._policy.root)
            with suppress(OSError):
                target.unlink()
            if full or getattr(error, "errno", None) in {errno.ENOSPC, errno.EDQUOT}:
                raise
            reason = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
            if kind is ItemKind.SQLITE:
                reason = f"{reason.removesuffix('.')}; {backup_with(source, self._earlier)}"
            self._gaps.append(LeftOut(title, reason, Gap.FAILED, expected=True))
            self._say(f"{kind.value:<10} {title}  FAILED: {reason}")
            return
        count = target.stat().st_size
        self._items.append(Item(kind, source, path, count, digest, details))
        duration = span(time.monotonic() - started)
        self._say(f"{kind.value:<10} {title}  {size(count)} in {duration}")

    def _tools(self) -> JsonObject:
        tools: JsonObject = {"pixel-tui": __version__, "sqlite": sqlite3.sqlite_version}
        for item in self._items:
            if item.kind is ItemKind.POSTGRES:
                tools["pg_dump"] = item.details.get("version", "")
        with suppress(OperationError):  # a missing version is no reason to fail
            tools |= self._view.version()
        return tools

    def _copy_error(self, error: OSError) -> ConsoleError:
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        return FileError(
            f"No backup was made: {error.strerror or error}.",
            on=str(error.filename or self._policy.root),
            hint="Free some space on the disk; the partial backup is removed."
            if full
            else "Check its permissions.",
        )
