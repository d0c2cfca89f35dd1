"""What goes into a backup of a project, and how many are kept: settings and profile."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Final

from pixel_tui.settings import BackupSettings

PROFILE: Final = "profiles/pixel.toml"


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules of one project's backups."""

    project: Path
    """The project's folder."""
    root: Path
    """The folder of its backups."""
    keep: int
    max_age_hours: float
    files: tuple[str, ...]
    """Patterns below the project's folder."""
    folders: tuple[str, ...]
    """Where databases are looked for, beside what is mounted."""
    skip: tuple[str, ...]
    postgres_images: tuple[str, ...]

    @property
    def skipped(self) -> tuple[Path, ...]:
        """Folders that are never searched."""
        return (self.root, *(self.project / name for name in self.skip))


def policy_for(project: Path, settings: BackupSettings) -> Policy:
    """The rules for the project in this folder."""
    profile = tomllib.loads((files("pixel_tui") / PROFILE).read_text("utf-8"))["backup"]
    return Policy(
        project=project,
        root=project / settings.folder,
        keep=settings.keep,
        max_age_hours=settings.max_age_hours,
        files=(*_words(profile, "files"), *settings.files),
        folders=_words(profile, "folders"),
        skip=_words(profile, "skip"),
        postgres_images=_words(profile, "postgres_images"),
    )


def _words(table: Mapping[str, object], name: str) -> tuple[str, ...]:
    value = table.get(name)
    return tuple(map(str, value)) if isinstance(value, list) else ()
