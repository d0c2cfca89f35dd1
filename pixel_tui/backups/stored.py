"""What the volumes and the database servers of a project hold now. Pure.

A wipe loses that, whatever the backups tell of another time.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pixel_tui.backups.source_state import NO_STATE, SourceState


@dataclass(frozen=True, slots=True)
class StoredServer:
    """A Postgres server, and the databases that it has now."""

    service: str
    volumes: tuple[str, ...] = ()
    """Those that it keeps its data in, or may."""
    databases: tuple[str, ...] = ()
    unknown: str = ""
    """Why it is not known which databases it has, or where; empty where it is."""


@dataclass(frozen=True, slots=True)
class BackedUpFile:
    """A file in a volume. What SQLite keeps beside a database is no file of its own."""

    path: str
    """Relative to the volume."""
    database: bool = False
    """Whether it is a SQLite database."""
    state: SourceState = NO_STATE
    """Of a database."""


@dataclass(frozen=True, slots=True)
class StoredVolume:
    """A volume, and the files in it now that are no server's own."""

    name: str
    files: tuple[BackedUpFile, ...] = ()
    unknown: str = ""
    """Why there may be more; empty where these are all."""
    folder: str = ""
    """The folder of the machine that it is (`o: bind`): that stays without the volume."""


@dataclass(frozen=True, slots=True)
class StoredData:
    """All that was looked at."""

    volumes: Mapping[str, StoredVolume] = field(default_factory=dict)
    servers: tuple[StoredServer, ...] = ()
