"""Compares what a backup has of a volume with what the volume holds now. Pure.

The manifest describes the time of the backup only: data written since is not in it.
"""

from dataclasses import dataclass, field
from typing import Final

from pixel_tui.backups.manifest import Cover, ItemKind, Manifest, VolumeContent
from pixel_tui.backups.source_state import has_changed
from pixel_tui.backups.stored import StoredData, StoredVolume
from pixel_tui.backups.volumes import volume_source
from pixel_tui.plurals import counted

MAX_NAMED: Final = 5
"""How many files that are not in the backup are named; databases all are."""


@dataclass(slots=True)
class Coverage:
    """What a backup has of a volume, and what it lacks."""

    cover: Cover
    """What the backup says of the volume."""
    missing: list[str] = field(default_factory=list)
    """Databases that are not in it: `db/orders` of a server, `app.db` in the volume."""
    files: list[str] = field(default_factory=list)
    """Other files, none of which is in it."""
    changed: list[str] = field(default_factory=list)
    """Databases in it that have been written to since."""
    unknown: list[str] = field(default_factory=list)
    """Why more may be missing."""
    kept: str = ""
    """What is in it."""
    folder: str = ""
    """The host folder that the volume is bound to, which stays without the volume."""

    @property
    def complete(self) -> bool:
        """Whether the backup certainly has everything that the volume holds now."""
        known = self.cover in {Cover.DUMPED, Cover.DATABASES}
        return known and not (self.missing or self.files or self.changed or self.unknown)

    @property
    def words(self) -> str:
        """The coverage as a line of a plan, permanent losses first."""
        lost = [*self.missing, *self.files[:MAX_NAMED]]
        if (more := len(self.files) - MAX_NAMED) > 0:
            lost.append(counted(more, "more file"))
        parts = [f"NOT in the backup: {', '.join(lost)}"] if lost else []
        if self.changed:
            parts.append(f"changed since the backup: {', '.join(self.changed)}")
        if self.kept:
            parts.append(self.kept)
        if self.unknown:
            parts.append(f"current content UNKNOWN ({'; '.join(self.unknown)})")
        return "; ".join(parts)


def coverage_of(name: str, manifest: Manifest, stored: StoredData | None) -> Coverage:
    """Compare a backup with what a volume holds now.

    Args:
        name: The volume's name.
        manifest: The backup.
        stored: The current content; None if reading it failed, or took too long.
    """
    content = manifest.volume(name)
    found = Coverage(content.cover)
    volume = stored.volumes.get(name) if stored is not None else None
    if stored is None or volume is None:
        found.unknown.append("it could not be read")
    else:
        found.folder = volume.folder
        _compare_servers(found, content, manifest, stored)
        if not found.unknown:  # a server's files mean nothing without the server
            _compare_files(found, manifest, volume)
    found.kept = _kept(found, content)
    return found


def _compare_servers(
    found: Coverage, content: VolumeContent, manifest: Manifest, stored: StoredData
) -> None:
    here = [server for server in stored.servers if content.name in server.volumes]
    for service in content.by if content.cover is Cover.DUMPED else ():
        if service not in {server.service for server in here}:
            found.unknown.append(f"{service} is not running with it")
    dumped = {(item.server, item.database) for item in manifest.items if item.database}
    for server in here:
        if server.unknown:
            found.unknown.append(server.unknown)
        found.missing += [
            f"{server.service}/{name}"
            for name in server.databases
            if (server.service, name) not in dumped
        ]


def _compare_files(found: Coverage, manifest: Manifest, volume: StoredVolume) -> None:
    items = {
        item.source: item
        for item in manifest.items
        if item.kind is ItemKind.SQLITE and item.volume == volume.name
    }
    for file in volume.files:
        item = items.get(volume_source(volume.name, file.path))
        if not file.database:
            found.files.append(file.path)
        elif item is None:
            found.missing.append(file.path)
        elif has_changed(item, file.state, manifest.created):
            found.changed.append(file.path)
    if volume.unknown:
        found.unknown.append(volume.unknown)


def _kept(found: Coverage, content: VolumeContent) -> str:
    """Describe what the backup has of the volume."""
    servers = ", ".join(content.by)
    match content.cover:
        case Cover.DUMPED if found.missing or found.unknown:
            return f"the databases of {servers} are dumped in the backup"
        case Cover.DUMPED:
            then = "as it was then (later data is lost)"
            return f"every database of {servers} is dumped in the backup, {then}"
        case Cover.DATABASES if found.complete:
            return "its SQLite databases are in the backup, and it has nothing else"
        case Cover.DATABASES:
            return "the SQLite databases it had then are in the backup"
        case Cover.NOTHING:
            return "" if found.missing or found.files else "in NO backup"
    return f"UNKNOWN in the backup ({content.why})"
