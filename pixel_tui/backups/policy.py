"""What goes into a backup of a project, and how many are kept: settings and profile."""

from dataclasses import dataclass
from pathlib import Path

from pixel_tui.profile import profile_table, words
from pixel_tui.settings import BackupSettings


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
    profile = profile_table("backup")
    return Policy(
        project=project,
        root=project / settings.folder,
        keep=settings.keep,
        max_age_hours=settings.max_age_hours,
        files=(*words(profile, "files"), *settings.files),
        folders=words(profile, "folders"),
        skip=words(profile, "skip"),
        postgres_images=words(profile, "postgres_images"),
    )
