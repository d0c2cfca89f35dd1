"""What there is to back up in a project, and what is known of it, as plain values."""

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
    """Where it is on this machine: the real path."""


@dataclass(frozen=True, slots=True)
class Sources:
    """What is copied; paths are relative to the project's folder."""

    databases: tuple[str, ...]
    files: tuple[str, ...]
    compose_files: frozenset[str]
    """Those of `files` that compose reads."""
    servers: tuple[SeenContainer, ...]
    """Postgres, where it runs."""
    left_out: tuple[LeftOut, ...]
    in_volumes: tuple[InVolume, ...] = ()
    """Databases in named volumes."""
    real: Mapping[str, Path] = field(default_factory=dict)
    """The real paths of all of these but `in_volumes`, as they were looked at."""
    outside: tuple[Path, ...] = ()
    """What compose reads from outside of the project's folder: it is kept, and never put back."""
    volumes: tuple[VolumeContent, ...] = ()
    """What of each volume is copied, the servers' own left to what they dump."""


@dataclass(frozen=True, slots=True)
class Stack:
    """What is known of the project: its containers, and what the compose file says."""

    seen: tuple[SeenContainer, ...]
    declared: Declared = NOTHING_DECLARED
    files: ProjectFiles = NO_FILES
    volumes: tuple[str, ...] = ()
    """The volumes of the project that are there."""
    here: bool = True
    """Whether the engine's paths are this process's own."""

    @property
    def services(self) -> tuple[SeenContainer, ...]:
        """Each container, and each service that has none, as if it had one."""
        there = {item.service for item in self.seen}
        absent = (item for item in self.declared.services if item.service not in there)
        return (*self.seen, *absent)
