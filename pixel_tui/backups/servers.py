"""Decides what of Postgres servers is dumped, and what a backup may claim afterwards."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pixel_tui.backups.manifest import (
    Cover,
    Gap,
    Item,
    ItemKind,
    LeftOut,
    ServerContent,
    VolumeContent,
)
from pixel_tui.backups.postgres import Database, Postgres
from pixel_tui.backups.server_data import server_volumes
from pixel_tui.backups.stack_view import SeenContainer
from pixel_tui.backups.volume_contents import volume_title
from pixel_tui.errors import OperationError


@dataclass(frozen=True, slots=True)
class QueriedServer:
    """A running server and what it reports about itself."""

    seen: SeenContainer
    postgres: Postgres
    databases: tuple[Database, ...]
    data_folders: tuple[str, ...]
    """The folders with its data in its container; empty if it does not tell."""
    gaps: tuple[LeftOut, ...]
    listed: bool

    @property
    def name(self) -> str:
        """The service's name."""
        return self.seen.service

    @property
    def dumpable(self) -> tuple[Database, ...]:
        """The databases that accept connections."""
        return tuple(item for item in self.databases if item.open)


def query_server(seen: SeenContainer, postgres: Postgres) -> QueriedServer | LeftOut:
    """Query a server's databases; returns a gap if nothing can be dumped."""
    try:
        why = postgres.why_not_dumpable()
    except OperationError as error:
        return LeftOut(seen.service, str(error), Gap.UNKNOWN, expected=True)
    if why:
        # Exporters have names like the server that they monitor.
        data = bool(seen.data_folder or server_volumes(seen))
        return LeftOut(seen.service, f"it can't be dumped: {why}", Gap.UNKNOWN, expected=data)
    gaps: list[LeftOut] = []
    databases: tuple[Database, ...] = ()
    listed = True
    try:
        databases = postgres.databases()
    except OperationError as error:
        listed = False
        why = f"could not be listed: {error}"
        gaps.append(LeftOut(f"databases of {seen.service}", why, Gap.UNKNOWN, expected=True))
        try:
            databases = (Database(postgres.database()),)
        except OperationError as unknown:
            gaps.append(LeftOut(seen.service, str(unknown), Gap.UNKNOWN, expected=True))
    for item in databases:
        if not item.open:
            why = "it accepts no connections"
            gaps.append(LeftOut(f"{seen.service}/{item.name}", why, Gap.FAILED, expected=True))
    try:
        data_folders = postgres.data_folders() if listed else ()
    except OperationError:
        data_folders = ()  # only a superuser may read them: claim nothing about its volumes
    return QueriedServer(seen, postgres, databases, data_folders, tuple(gaps), listed)


def server_content(queried: QueriedServer, items: Sequence[Item]) -> ServerContent:
    """Return what of a server is among these items."""
    ours = [item for item in items if item.server == queried.name]
    return ServerContent(
        service=queried.name,
        listed=queried.listed,
        databases=tuple(item.name for item in queried.databases),
        dumped=tuple(item.database for item in ours if item.kind is ItemKind.POSTGRES),
        roles=any(item.kind is ItemKind.ROLES for item in ours),
    )


def server_volume_contents(
    queried: Sequence[QueriedServer], contents: Sequence[ServerContent]
) -> tuple[VolumeContent, ...]:
    """Return what may be claimed about the volumes with servers' data.

    A volume counts as dumped only if the server itself reports that its data is there, and if all
    databases it listed were dumped.
    """
    found: list[VolumeContent] = []
    for server, content in zip(queried, contents, strict=True):
        not_dumped = sorted(set(content.databases) - set(content.dumped))
        others = _without_data(server)
        by = (server.name,)
        for name in dict.fromkeys([*server_volumes(server.seen, server.data_folders),
                                   *server_volumes(server.seen)]):  # fmt: skip
            if not server.data_folders or not content.listed:
                cover, why = Cover.UNKNOWN, f"{server.name} does not report what it has there"
            elif name in others:
                cover, why = Cover.UNKNOWN, f"{server.name} has its data elsewhere"
            elif not_dumped:
                cover = Cover.UNKNOWN
                why = f"not dumped of {server.name}: {', '.join(not_dumped)}"
            elif not content.roles:
                cover, why = Cover.UNKNOWN, f"roles of {server.name} not dumped"
            else:
                cover, why = Cover.DUMPED, "its other files are not copied"
            found.append(VolumeContent(name, cover, by, why))
    return tuple(found)


def _without_data(server: QueriedServer) -> list[str]:
    """Return volumes that were assumed to have its data, but the server says otherwise."""
    if not server.data_folders or not server.listed:
        return []
    known = server_volumes(server.seen, server.data_folders)
    return [name for name in server_volumes(server.seen) if name not in known]


def volume_gaps(
    volumes: Sequence[VolumeContent], queried: Sequence[QueriedServer], skipped: Sequence[str]
) -> list[LeftOut]:
    """Return gaps for the volumes that are not covered by dumps.

    If a dump failed, the dump is the gap, not the volume as well.
    """
    unseen = {name for server in queried for name in _without_data(server)} - set(skipped)
    return [
        LeftOut(volume_title(item.name), item.why, Gap.UNKNOWN, expected=item.name in unseen)
        for item in volumes
        if item.cover is Cover.UNKNOWN
    ]


def with_volumes(items: Sequence[Item], volumes: Sequence[VolumeContent]) -> tuple[Item, ...]:
    """Return the items, those of servers with the volumes that they cover."""
    covered = [item for item in volumes if item.cover is Cover.DUMPED]
    return tuple(
        replace(
            item,
            details={
                **item.details,
                "volumes": [volume.name for volume in covered if item.server in volume.by],
            },
        )
        if item.kind is ItemKind.POSTGRES
        else item
        for item in items
    )
