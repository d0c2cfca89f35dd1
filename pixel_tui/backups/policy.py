"""What goes into a backup of a project, and how many are kept: settings and profile."""

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
"""Where backups were made by default, below the project's folder. Containers of many stacks can
write there; what is there is still read."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules of one project's backups."""

    project: Path
    """The project's folder."""
    root: Path
    """The folder of its backups."""
    state_folder: Path
    """Where this user's state is kept: which backups were made here is recorded there."""
    keep: int
    max_age_hours: float
    files: tuple[str, ...]
    """Patterns below the project's folder."""
    folders: tuple[str, ...]
    """Where databases are looked for, beside what is mounted."""
    skip: tuple[str, ...]
    postgres_images: tuple[str, ...]
    skip_volumes: tuple[str, ...] = ()
    """Volumes that hold nothing worth a backup: by name, or as `SERVICE:PLACE`."""
    skip_binds: tuple[str, ...] = ()
    """The same of what is mounted from outside the project's folder: by path, or the same way."""
    given: tuple[str, ...] = ()
    """Those of `skip` that the user named."""

    @property
    def former(self) -> Path:
        """The folder that backups were made in before there was another default."""
        return self.project / FORMER_FOLDER

    @property
    def roots(self) -> tuple[Path, ...]:
        """Every folder that backups may be in; new ones are made in the first."""
        return tuple(dict.fromkeys((self.root, self.former)))

    @property
    def skipped(self) -> tuple[Path, ...]:
        """Folders that are never searched."""
        return (*self.roots, *(self.project / name for name in self.skip))


def policy_for(project: Path, settings: BackupSettings, state_folder: Path) -> Policy:
    """The rules for the project in a folder.

    Args:
        project: The folder.
        settings: What the user wants of backups.
        state_folder: Where this user's state is kept.
    """
    profile = profile_table("backup")
    volumes = tuple(name for name in settings.skip if name.startswith(PREFIX))
    binds = tuple(name for name in settings.skip if name.startswith(BIND))
    given = tuple(name for name in settings.skip if name not in {*volumes, *binds})
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
        skip=(*words(profile, "skip"), *given),
        postgres_images=words(profile, "postgres_images"),
        skip_volumes=tuple(name.removeprefix(PREFIX).strip() for name in volumes),
        skip_binds=tuple(str(PurePosixPath(name.removeprefix(BIND).strip())) for name in binds),
        given=given,
    )


def default_root(project: Path, state_folder: Path) -> Path:
    """Where a project's backups are unless the settings say otherwise: among this user's state.

    It is outside the project's folder, of which containers mount parts or all. The same folder
    has the same place, through whatever links it is named.
    """
    real = os.path.realpath(project)
    mark = hashlib.sha256(os.fsencode(real)).hexdigest()[:8]
    return state_folder / "backups" / f"{Path(real).name or 'root'}-{mark}"
