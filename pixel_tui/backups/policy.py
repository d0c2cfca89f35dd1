"""The rules of a project's backups, from settings and profile."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from pixel_tui.backups.outside import PREFIX as BIND
from pixel_tui.backups.volumes import PREFIX
from pixel_tui.profile import profile_table, words
from pixel_tui.settings import BackupSettings

FORMER_FOLDER: Final = "backups/pixel-tui"
"""The former default folder, in the project's folder. Containers of many stacks can write to it;
backups in it are still read."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules of one project's backups."""

    project: Path
    """The project's folder."""
    root: Path
    """The folder of its backups."""
    state_folder: Path
    """The folder with this user's state, which records the backups made here."""
    keep: int
    max_age_hours: float
    files: tuple[str, ...]
    """Patterns below the project's folder."""
    folders: tuple[str, ...]
    """Folders that are searched for databases, besides mounts."""
    skip: tuple[str, ...]
    postgres_images: tuple[str, ...]
    skip_volumes: tuple[str, ...] = ()
    """Volumes that need no backup, by name or as `SERVICE:PATH`."""
    skip_binds: tuple[str, ...] = ()
    """Bind mounts from outside of the project that need no backup, by path or as `SERVICE:PATH`."""
    user_skips: tuple[str, ...] = ()
    """The part of `skip` that the user has set."""

    @property
    def former(self) -> Path:
        """The former default folder of backups."""
        return self.project / FORMER_FOLDER

    @property
    def roots(self) -> tuple[Path, ...]:
        """All folders that may have backups; new ones are created in the first."""
        return tuple(dict.fromkeys((self.root, self.former)))

    @property
    def skipped(self) -> tuple[Path, ...]:
        """Folders that are never searched."""
        return (*self.roots, *(self.project / name for name in self.skip))


def policy_for(project: Path, settings: BackupSettings, state_folder: Path) -> Policy:
    """Return the rules for the project in a folder.

    Args:
        project: The folder.
        settings: The user's settings for backups.
        state_folder: The folder with this user's state.
    """
    profile = profile_table("backup")
    volumes = tuple(name for name in settings.skip if name.startswith(PREFIX))
    binds = tuple(name for name in settings.skip if name.startswith(BIND))
    user_skips = tuple(name for name in settings.skip if name not in {*volumes, *binds})
    root = default_root(project, state_folder)
    if settings.folder:
        root = project / settings.folder
    return Policy(
        project=project,
        root=root,
        state_folder=state_folder,
        keep=settings.keep,
        max_age_hours=settings.max_age_hours,
        files=(*words(profile, "files"), *settings.files),
        folders=words(profile, "folders"),
        skip=(*words(profile, "skip"), *user_skips),
        postgres_images=words(profile, "postgres_images"),
        skip_volumes=tuple(name.removeprefix(PREFIX).strip() for name in volumes),
        skip_binds=tuple(str(PurePosixPath(name.removeprefix(BIND).strip())) for name in binds),
        user_skips=user_skips,
    )


def default_root(project: Path, state_folder: Path) -> Path:
    """Return the default folder of a project's backups, in this user's state folder.

    It is outside of the project, of which containers mount parts or all. It depends on the
    project's real path, so that links to it make no difference.
    """
    real = os.path.realpath(project)
    mark = hashlib.sha256(os.fsencode(real)).hexdigest()[:8]
    return state_folder / "backups" / f"{Path(real).name or 'root'}-{mark}"
