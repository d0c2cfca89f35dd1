"""The data to back up in a project, as plain values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pixel_tui.backups.declared import NOTHING_DECLARED, Declared
from pixel_tui.backups.manifest import LeftOut, VolumeContent
from pixel_tui.backups.stack_view import SeenContainer
from pixel_tui.stack.compose.project_files import ProjectFiles

NO_FILES: Final = ProjectFiles()


@dataclass(frozen=True, slots=True)
class InVolume:
    """A database in a named volume."""

    volume: str
    relative: str
    path: Path
    """Its real path on this machine."""


@dataclass(frozen=True, slots=True)
class Sources:
    """What to copy; paths are relative to the project's folder."""

    databases: tuple[str, ...]
    files: tuple[str, ...]
    compose_files: frozenset[str]
    """The part of `files` that compose reads."""
    servers: tuple[SeenContainer, ...]
    """Running Postgres servers."""
    left_out: tuple[LeftOut, ...]
    in_volumes: tuple[InVolume, ...] = ()
    """Databases in named volumes."""
    real: Mapping[str, Path] = field(default_factory=dict)
    """The real paths of all of these except `in_volumes`, at the time of the search."""
    outside: tuple[Path, ...] = ()
    """What compose reads outside of the project's folder: backed up, but never restored."""
    volumes: tuple[VolumeContent, ...] = ()
    """What of each volume is copied, except for volumes of servers that are dumped."""


@dataclass(frozen=True, slots=True)
class Stack:
    """What is known about the project: its containers, and its compose file."""

    seen: tuple[SeenContainer, ...]
    declared: Declared = NOTHING_DECLARED
    files: ProjectFiles = NO_FILES
    volumes: tuple[str, ...] = ()
    """The project's existing volumes."""
    here: bool = True
    """Whether the engine's paths are valid for this process."""

    @property
    def services(self) -> tuple[SeenContainer, ...]:
        """All containers, and services without a container in the same form."""
        there = {item.service for item in self.seen}
        absent = (item for item in self.declared.services if item.service not in there)
        return (*self.seen, *absent)

    @property
    def users(self) -> tuple[SeenContainer, ...]:
        """All that mount something: containers as they were created, and services as declared.

        A mount that was added to the compose file is not in a container that is older.
        """
        return (*self.seen, *self.declared.services)
