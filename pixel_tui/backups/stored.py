"""The current data in a project's volumes and database servers. Pure.

This is what a wipe would delete; backups only know the data of another time.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pixel_tui.backups.source_state import NO_STATE, SourceState


@dataclass(frozen=True, slots=True)
class StoredServer:
    """A Postgres server and its current databases."""

    service: str
    volumes: tuple[str, ...] = ()
    """Volumes that have, or may have, its data."""
    databases: tuple[str, ...] = ()
    unknown: str = ""
    """Why its databases or their location are unknown; empty if they are known."""


@dataclass(frozen=True, slots=True)
class BackedUpFile:
    """A file in a volume. SQLite side files are not listed."""

    path: str
    """Relative to the volume."""
    database: bool = False
    """Whether it is a SQLite database."""
    state: SourceState = NO_STATE
    """The state of a database."""


@dataclass(frozen=True, slots=True)
class StoredVolume:
    """A volume and its current files, except those of a server."""

    name: str
    files: tuple[BackedUpFile, ...] = ()
    unknown: str = ""
    """Why there may be more; empty if these are all."""
    folder: str = ""
    """The host folder it is bound to (`o: bind`), which stays without the volume."""


@dataclass(frozen=True, slots=True)
class StoredData:
    """The current data of a project."""

    volumes: Mapping[str, StoredVolume] = field(default_factory=dict)
    servers: tuple[StoredServer, ...] = ()
