"""What a backup holds, as its manifest says."""

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

    kind: ItemKind
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
        return self.source if self.kind in {ItemKind.POSTGRES, ItemKind.ROLES} else ""

    @property
    def database(self) -> str:
        """The name of the database in its Postgres server; empty where it is of none."""
        return Node(self.details)["database"].raw if self.kind is ItemKind.POSTGRES else ""

    @property
    def database_size(self) -> int:
        """How many bytes a Postgres database had when it was dumped; 0 where that is unknown."""
        return Node(self.details)["database_bytes"].integer

    @property
    def title(self) -> str:
        """What it is called for people: `data/pixels.db`, `postgres/pixel_agent`."""
        if self.kind is ItemKind.ROLES:
            return f"{self.source}: roles"
        return f"{self.source}/{self.database}" if self.database else self.source

    @property
    def empty(self) -> bool:
        """Whether it is a database that was seen to hold no row."""
        known = Node(self.details)["empty"].value
        if isinstance(known, bool):
            return known
        counts = [value.integer for _, value in Node(self.details)["rows"].members()]
        return self.kind is ItemKind.SQLITE and bool(counts) and not any(counts)


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
            if item.kind is ItemKind.POSTGRES and name in named:
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


def wanted_for_deployment(item: Item) -> bool:
    """Whether an item says how the project runs: a compose file, or an environment file."""
    environment = is_environment_name(item.source.rpartition("/")[2])
    return item.kind is ItemKind.FILE and (item.details.get("compose") is True or environment)


def is_environment_name(name: str) -> bool:
    """Whether a file of this name is taken for an environment file."""
    return name.startswith(".env") or name.endswith(".env")
