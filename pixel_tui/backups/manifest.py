"""What a backup holds, as its `manifest.json` says. Whoever wrote it is not trusted."""

import hashlib
import json
import os
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import Final

from pixel_tui.errors import FileError
from pixel_tui.files import read_regular
from pixel_tui.stack.model.json_value import JsonObject, Node, load_object

VERSION: Final = 2
READABLE: Final = (1, 2)
"""The versions that are read; what changed is in `docs/backups.md`."""
MANIFEST: Final = "manifest.json"
MOST_BYTES: Final = 4 * 1024 * 1024
LARGEST_FILE: Final = 1 << 60
"""Bytes of a file: more than any file system of today can hold."""
"""A manifest above that is none."""
BACKUP_ID: Final = re.compile(r"[0-9]{8}-[0-9]{6}(?:-[0-9]{1,3})?", re.ASCII)


class Kind(StrEnum):
    """What an item of a backup is."""

    SQLITE = "sqlite"
    POSTGRES = "postgres"
    """One database of a server."""
    ROLES = "roles"
    """The roles of a Postgres server, and what else belongs to none of its databases."""
    FILE = "file"
    DEPLOYMENT = "deployment"
    """How it ran: to look at and to go back to, never put in the place of a file."""


class Gap(StrEnum):
    """Why something is not in a backup."""

    NOT_COPIED = "not copied"
    """No backup takes it."""
    UNKNOWN = "unknown"
    """It could not be looked at: there may be data in it."""
    FAILED = "failed"
    """It is there, and could not be copied."""


class Cover(StrEnum):
    """What of a volume is in a backup."""

    DUMPED = "dumped"
    """Every database of the server that keeps its data in it."""
    DATABASES = "databases"
    """The SQLite databases in it, and nothing else of it."""
    NOTHING = "nothing"
    UNKNOWN = "unknown"
    """It could not be looked at."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that was backed up."""

    kind: Kind
    source: str
    """Relative to the project's folder; the service's name for Postgres; of what is in a volume
    the word, its name and the path in it."""
    path: str
    """Relative to the backup's folder."""
    size: int
    """In bytes."""
    sha256: str
    details: JsonObject = field(default_factory=dict)

    @property
    def volume(self) -> str:
        """The volume that it is in; empty where it is in none."""
        return Node(self.details)["volume"].raw

    @property
    def server(self) -> str:
        """The service whose Postgres server it is of; empty where it is of none."""
        return self.source if self.kind in {Kind.POSTGRES, Kind.ROLES} else ""

    @property
    def database(self) -> str:
        """The name of the database in its Postgres server; empty where it is of none."""
        return Node(self.details)["database"].raw if self.kind is Kind.POSTGRES else ""

    @property
    def database_size(self) -> int:
        """How many bytes a Postgres database had when it was dumped; 0 where that is unknown."""
        return Node(self.details)["database_bytes"].integer

    @property
    def title(self) -> str:
        """What it is called for people: `data/pixels.db`, `postgres/pixel_agent`."""
        if self.kind is Kind.ROLES:
            return f"{self.source}: roles"
        return f"{self.source}/{self.database}" if self.database else self.source

    @property
    def empty(self) -> bool:
        """Whether it is a database that was seen to hold no row."""
        known = Node(self.details)["empty"].value
        if isinstance(known, bool):
            return known
        counts = [value.integer for _, value in Node(self.details)["rows"].members()]
        return self.kind is Kind.SQLITE and bool(counts) and not any(counts)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something that the backup does not cover."""

    what: str
    why: str
    gap: Gap = Gap.NOT_COPIED
    expected: bool = False
    """Whether it belongs into a backup: one that lacks it is incomplete."""


@dataclass(frozen=True, slots=True)
class ServerContent:
    """What of a Postgres server is in a backup."""

    service: str
    listed: bool
    """Whether the server said which databases it has. Where not, there may be others."""
    databases: tuple[str, ...]
    """What it has, as far as it is known."""
    dumped: tuple[str, ...]
    roles: bool
    """Whether its roles are in the backup."""

    @property
    def complete(self) -> bool:
        """Whether all of it is in the backup."""
        return self.listed and self.roles and set(self.databases) == set(self.dumped)


@dataclass(frozen=True, slots=True)
class VolumeContent:
    """What of a named volume is in a backup."""

    name: str
    cover: Cover
    by: tuple[str, ...] = ()
    """The services whose servers were dumped, or the databases that were copied."""
    why: str = ""
    """What is not in it, in words."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """One backup."""

    id: str
    project: str
    engine: str
    host: str
    created: datetime
    seconds: float
    """How long it took."""
    reason: str = ""
    """Why it was made, where that was not by hand."""
    tools: JsonObject = field(default_factory=dict)
    items: tuple[Item, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    servers: tuple[ServerContent, ...] = ()
    volumes: tuple[VolumeContent, ...] = ()
    warnings: tuple[str, ...] = ()
    """What a person should look at: a database that is empty now and was not before."""
    version: int = VERSION
    digest: str = field(default="", compare=False)
    """SHA-256 of the bytes that it was read from; empty where it was not read."""

    @property
    def size(self) -> int:
        """Bytes of all items."""
        return sum(item.size for item in self.items)

    @property
    def missing(self) -> tuple[LeftOut, ...]:
        """What belongs into it and is not in it."""
        return tuple(gap for gap in self.left_out if gap.expected)

    @property
    def incomplete(self) -> bool:
        """Whether something is not in it that belongs into it."""
        return bool(self.missing)

    def volume(self, name: str) -> VolumeContent:
        """What of a volume is in it. What it does not know of is unknown.

        A backup of version 1 has one database of each server, whatever others there were: that
        a volume was dumped is not claimed for it.
        """
        for volume in self.volumes:
            if volume.name == name:
                return volume
        copied = tuple(item.source for item in self.items if item.volume == name)
        if copied:
            return VolumeContent(name, Cover.DATABASES, copied, "no other file of it is")
        for item in self.items:
            named = {volume.raw for volume in Node(item.details)["volumes"]}
            if item.kind is Kind.POSTGRES and name in named:
                why = f"only the database {item.database} was dumped; others are not known"
                return VolumeContent(name, Cover.UNKNOWN, (item.source,), why)
        return VolumeContent(name, Cover.UNKNOWN, (), "the backup does not know of it")


def is_backup_id(text: str) -> bool:
    """Whether this can be the id of a backup, and so the name of a folder."""
    return BACKUP_ID.fullmatch(text) is not None


def relative_path(text: str) -> PurePosixPath:
    """A path that stays below where it is put.

    Raises:
        ValueError: It does not, or is no path.
    """
    os.fsencode(text)  # what can't be a name of a file raises UnicodeEncodeError, a ValueError
    path = PurePosixPath(text)
    named = bool(text) and "\0" not in text and path.parts
    if not named or path.is_absolute() or ".." in path.parts or str(path) != text:
        raise ValueError(f"{text!r} is no path below a folder")
    return path


def as_bytes(manifest: Manifest) -> bytes:
    """The manifest as it is written."""
    content = {
        "version": manifest.version,
        "id": manifest.id,
        "project": manifest.project,
        "engine": manifest.engine,
        "host": manifest.host,
        "created": manifest.created.astimezone(UTC).isoformat(),
        "seconds": round(manifest.seconds, 3),
        "reason": manifest.reason,
        "tools": manifest.tools,
        "items": [
            {
                "kind": item.kind.value,
                "source": item.source,
                "path": item.path,
                "bytes": item.size,
                "sha256": item.sha256,
                "details": item.details,
            }
            for item in manifest.items
        ],
        "incomplete": manifest.incomplete,
        "left_out": [
            {"what": gap.what, "why": gap.why, "state": gap.gap.value, "expected": gap.expected}
            for gap in manifest.left_out
        ],
        "servers": [
            {
                "service": server.service,
                "listed": server.listed,
                "databases": list(server.databases),
                "dumped": list(server.dumped),
                "roles": server.roles,
            }
            for server in manifest.servers
        ],
        "volumes": [
            {
                "name": volume.name,
                "cover": volume.cover.value,
                "by": list(volume.by),
                "why": volume.why,
            }
            for volume in manifest.volumes
        ],
        "warnings": list(manifest.warnings),
    }
    return f"{json.dumps(content, indent=2)}\n".encode()


def from_bytes(content: bytes) -> Manifest:
    """The manifest of a backup.

    Raises:
        ValueError: It is none, or one of another version, or names a path that leads away.
    """
    if len(content) > MOST_BYTES:
        raise ValueError("it is too long")
    node = Node(load_object(content))
    version = node["version"].value
    if not isinstance(version, int) or isinstance(version, bool) or version not in READABLE:
        raise ValueError(
            f"its version is {node['version'].text[:20] or 'missing'}, and this program reads"
            f" {READABLE[0]} to {READABLE[-1]}"
        )
    if not is_backup_id(node["id"].raw):
        raise ValueError("its id is none")
    created = datetime.fromisoformat(node["created"].raw)
    if created.tzinfo is None:
        raise ValueError("its time has no zone")
    seconds = node["seconds"].value
    if not isinstance(node["items"].value, list):
        raise ValueError("it has no list of items")
    items = tuple(map(_item, node["items"]))
    if len({item.path for item in items}) != len(items):
        raise ValueError("two items have one path")
    return Manifest(
        id=node["id"].raw,
        project=node["project"].raw,
        engine=node["engine"].raw,
        host=node["host"].raw,
        created=created.astimezone(UTC),
        seconds=float(seconds) if isinstance(seconds, int | float) else 0.0,
        reason=node["reason"].raw,
        tools=_object(node["tools"]),
        items=items,
        left_out=tuple(map(_gap, node["left_out"])),
        servers=tuple(map(_server, node["servers"])),
        volumes=tuple(map(_volume, node["volumes"])),
        warnings=tuple(item.raw for item in node["warnings"]),
        version=version,
        digest=hashlib.sha256(content).hexdigest(),
    )


def _gap(node: Node) -> LeftOut:
    """Version 1 does not say why, and so nothing is claimed."""
    state = node["state"].raw
    known = Gap(state) if state else Gap.UNKNOWN
    return LeftOut(node["what"].raw, node["why"].raw, known, node["expected"].flag)


def _server(node: Node) -> ServerContent:
    return ServerContent(
        node["service"].raw,
        node["listed"].flag,
        tuple(item.raw for item in node["databases"]),
        tuple(item.raw for item in node["dumped"]),
        node["roles"].flag,
    )


def _volume(node: Node) -> VolumeContent:
    by = tuple(item.raw for item in node["by"])
    return VolumeContent(node["name"].raw, Cover(node["cover"].raw), by, node["why"].raw)


def _item(node: Node) -> Item:
    kind = Kind(node["kind"].raw)
    source, path = node["source"].raw, node["path"].raw
    relative_path(source)
    relative_path(path)
    size, digest = node["bytes"].value, node["sha256"].raw
    if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size <= LARGEST_FILE:
        raise ValueError(f"the size of {path!r} is none")
    if not re.fullmatch("[0-9a-f]{64}", digest):
        raise ValueError(f"the hash of {path!r} is none")
    return Item(kind, source, path, size, digest, _object(node["details"]))


def _object(node: Node) -> JsonObject:
    return node.value if isinstance(node.value, dict) else {}


def read_manifest(folder: Path) -> Manifest:
    """The manifest in a backup's folder.

    Raises:
        FileError: There is none, or it is damaged.
    """
    path = folder / MANIFEST
    try:
        manifest = from_bytes(read_regular(path, MOST_BYTES, follow=False))
    except OSError as error:
        raise FileError(
            f"The backup's manifest can't be read: {error.strerror or error}.", on=str(path)
        ) from error
    except (ValueError, OverflowError) as error:
        raise FileError(
            f"The backup's manifest is damaged: {error}.",
            on=str(path),
            remedy="Use another backup.",
        ) from error
    if manifest.id != folder.name:
        raise FileError(f"The manifest is that of {manifest.id[:20]}.", on=str(path))
    return manifest


def wanted_for_deployment(item: Item) -> bool:
    """Whether an item says how the project runs: a compose file, or an environment file."""
    environment = is_environment_name(item.source.rpartition("/")[2])
    return item.kind is Kind.FILE and (item.details.get("compose") is True or environment)


def is_environment_name(name: str) -> bool:
    """Whether a file of this name is taken for an environment file."""
    return name.startswith(".env") or name.endswith(".env")
