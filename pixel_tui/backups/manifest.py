"""The model of a backup's manifest."""

import os
import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Final

from pixel_tui.stack.model.json_value import JsonObject, Node

VERSION: Final = 2
BACKUP_ID: Final = re.compile(r"[0-9]{8}-[0-9]{6}(?:-[0-9]{1,3})?", re.ASCII)


class ItemKind(StrEnum):
    """The kind of an item."""

    SQLITE = "sqlite"
    POSTGRES = "postgres"
    """One database of a Postgres server."""
    ROLES = "roles"
    """The roles of a Postgres server, and whatever else belongs to none of its databases."""
    FILE = "file"
    DEPLOYMENT = "deployment"
    """The deployment: for reading and for a roll-back, never restored as a file."""


class Gap(StrEnum):
    """Why something is not in a backup."""

    NOT_COPIED = "not copied"
    """Backups never include it."""
    UNKNOWN = "unknown"
    """It could not be read, so there may be data in it."""
    FAILED = "failed"
    """It exists but could not be copied."""


class Cover(StrEnum):
    """What of a volume is in a backup."""

    DUMPED = "dumped"
    """All databases of the server whose data is in it."""
    DATABASES = "databases"
    """Its SQLite databases, and nothing else."""
    NOTHING = "nothing"
    UNKNOWN = "unknown"
    """It could not be read."""


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a backup."""

    kind: ItemKind
    source: str
    """Relative to the project's folder; for Postgres the service's name; in a volume
    `volume NAME` and the path in it."""
    path: str
    """Relative to the backup's folder."""
    size: int
    """In bytes."""
    sha256: str
    details: JsonObject = field(default_factory=dict)

    @property
    def volume(self) -> str:
        """The volume with the item; empty if it is in none."""
        return Node(self.details)["volume"].raw

    @property
    def server(self) -> str:
        """The service of its Postgres server; empty if it has none."""
        return self.source if self.kind in {ItemKind.POSTGRES, ItemKind.ROLES} else ""

    @property
    def database(self) -> str:
        """The name of the Postgres database; empty if it is none."""
        return Node(self.details)["database"].raw if self.kind is ItemKind.POSTGRES else ""

    @property
    def database_size(self) -> int:
        """The size of a Postgres database when it was dumped, in bytes; 0 if unknown."""
        return Node(self.details)["database_bytes"].integer

    @property
    def title(self) -> str:
        """Its displayed name: `data/pixels.db`, `postgres/pixel_agent`."""
        if self.kind is ItemKind.ROLES:
            return f"{self.source}: roles"
        return f"{self.source}/{self.database}" if self.database else self.source

    @property
    def empty(self) -> bool:
        """Whether it is a database that certainly has no rows."""
        known = Node(self.details)["empty"].value
        if isinstance(known, bool):
            return known
        counts = [value.integer for _, value in Node(self.details)["rows"].members()]
        return self.kind is ItemKind.SQLITE and bool(counts) and not any(counts)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something that the backup does not contain."""

    what: str
    why: str
    gap: Gap = Gap.NOT_COPIED
    expected: bool = False
    """Whether it should be in a backup, which is incomplete without it."""


@dataclass(frozen=True, slots=True)
class ServerContent:
    """What of a Postgres server is in a backup."""

    service: str
    listed: bool
    """Whether the server listed its databases; otherwise there may be more."""
    databases: tuple[str, ...]
    """Its databases, as far as known."""
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
    """Why it was made, if not by hand."""
    tools: JsonObject = field(default_factory=dict)
    items: tuple[Item, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    servers: tuple[ServerContent, ...] = ()
    volumes: tuple[VolumeContent, ...] = ()
    warnings: tuple[str, ...] = ()
    """What the user should check, such as a database that has become empty."""
    version: int = VERSION
    digest: str = field(default="", compare=False)
    """SHA-256 of the file it was read from; empty if it was not read."""

    @property
    def size(self) -> int:
        """The size of all items, in bytes."""
        return sum(item.size for item in self.items)

    @property
    def missing(self) -> tuple[LeftOut, ...]:
        """What should be in it, but is not."""
        return tuple(gap for gap in self.left_out if gap.expected)

    @property
    def incomplete(self) -> bool:
        """Whether something that should be in it is missing."""
        return bool(self.missing)

    def volume(self, name: str) -> VolumeContent:
        """Return what of a volume is in it; unknown for a volume it does not mention.

        A backup of version 1 has one database of each server, even if there were more: so it does
        not count as a dump of the volume.
        """
        for volume in self.volumes:
            if volume.name == name:
                return volume
        copied = tuple(item.source for item in self.items if item.volume == name)
        if copied:
            return VolumeContent(name, Cover.DATABASES, copied, "its other files are not")
        for item in self.items:
            named = {volume.raw for volume in Node(item.details)["volumes"]}
            if item.kind is ItemKind.POSTGRES and name in named:
                why = f"only the database {item.database} was dumped; others are unknown"
                return VolumeContent(name, Cover.UNKNOWN, (item.source,), why)
        return VolumeContent(name, Cover.UNKNOWN, (), "not in the backup")


def is_backup_id(text: str) -> bool:
    """Whether this can be the id of a backup, and so the name of a folder."""
    return BACKUP_ID.fullmatch(text) is not None


def relative_path(text: str) -> PurePosixPath:
    """Return a path that stays below its base folder.

    Raises:
        ValueError: It does not, or is not a path.
    """
    os.fsencode(text)  # raises UnicodeEncodeError, a ValueError, if it can't be a file name
    path = PurePosixPath(text)
    named = bool(text) and "\0" not in text and path.parts
    if not named or path.is_absolute() or ".." in path.parts or str(path) != text:
        raise ValueError(f"{text!r} is not a path below a folder")
    return path


def wanted_for_deployment(item: Item) -> bool:
    """Whether an item defines how the project runs: a compose file, or an environment file."""
    environment = is_environment_name(item.source.rpartition("/")[2])
    return item.kind is ItemKind.FILE and (item.details.get("compose") is True or environment)


def is_environment_name(name: str) -> bool:
    """Whether a file of this name counts as an environment file."""
    return name.startswith(".env") or name.endswith(".env")
