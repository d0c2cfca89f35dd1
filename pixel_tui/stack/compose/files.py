"""Which project compose would open: the same choice of folder and files as it makes.

Seen with compose 2.40.3:

- `-f` files and an exported `COMPOSE_FILE` are relative to the current folder; the project's
  folder is that of the first file, whatever lies above.
- Without them `COMPOSE_FILE` may come from the `.env` of the folder that one is in (never from
  one above it); else the compose file is looked for upwards.
- Where the project's folder turns out to be another one than where compose was started, the
  `.env` of both count, that of the start more.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pixel_tui.files import is_file, is_folder
from pixel_tui.stack.compose.dotenv_setting import disabled, read_settings

FILE_NAMES: Final = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
OVERRIDE_NAMES: Final = (
    "compose.override.yaml",
    "compose.override.yml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
)


@dataclass(frozen=True, slots=True)
class ProjectPlace:
    """Where a project is."""

    directory: Path
    files: tuple[str, ...] = ()
    """Absolute; empty where compose finds the same files by itself, started in the folder."""
    env_files: tuple[str, ...] = ()
    """Absolute; empty where compose reads the `.env` of the folder."""


@dataclass(frozen=True, slots=True)
class ProjectSearch:
    """How a project was looked for: what is found may be another one later.

    `COMPOSE_FILE` of a `.env` may be changed, and files may come and go; the folder of a project
    that is open does not follow.
    """

    here: Path
    """The folder that one was in."""
    directory: str | None
    env_files: tuple[str, ...]

    def find(self, environment: Mapping[str, str]) -> ProjectPlace:
        """Where the project is now."""
        return find_project(
            environment, self.here, directory=self.directory, env_files=self.env_files
        )

    @property
    def start(self) -> Path:
        """Where compose would be started."""
        return absolute(self.here, self.directory or ".")


def find_project(
    environment: Mapping[str, str],
    here: Path,
    *,
    directory: str | None = None,
    files: Sequence[str] = (),
    env_files: Sequence[str] = (),
) -> ProjectPlace:
    """Choose as compose would.

    Args:
        environment: The variables of this process.
        here: The current folder.
        directory: The project's folder, as given by the user. Without files it is where the
            search begins, as if compose were started there; if it is not a folder, nothing is
            searched and the place is that path.
        files: Compose files, as given by the user.
        env_files: Environment files, as given by the user.
    """
    start = absolute(here, directory or ".")
    # Compose takes those of the environment as relative to where it is started.
    listed = env_files or split_list(environment.get("COMPOSE_ENV_FILES", ""))
    given = tuple(str(absolute(here, file)) for file in listed)
    exported = environment.get("COMPOSE_FILE", "")
    named = list(files) or split_files(exported, environment)
    if named:
        found = tuple(_located(here, file) for file in named)
        folder = start if directory is not None else Path(found[0]).parent
        return ProjectPlace(folder, found, given or _both(start, folder, files, environment))
    if directory is not None and not is_folder(start):
        # A mistyped folder must not open the project above it.
        return ProjectPlace(start, (), given)
    read = [Path(file) for file in given] or dotenv_file(start, environment)
    settings = read_settings(read, environment)
    if chosen := split_files(settings.get("COMPOSE_FILE", ""), settings):
        found = tuple(_located(start, file) for file in chosen)
        folder = Path(found[0]).parent
        if folder == start:
            return ProjectPlace(start, (), given)
        return ProjectPlace(folder, found, given or _both(start, folder, (), environment))
    folder = find_directory(start)
    if folder == start:
        return ProjectPlace(folder, (), given)
    # Compose has found its files before it reads the folder's own `.env`.
    own = read_settings(dotenv_file(folder, environment), environment)
    found = tuple(map(str, default_files(folder))) if own.get("COMPOSE_FILE") else ()
    return ProjectPlace(folder, found, given or _both(start, folder, (), environment))


def find_directory(start: Path) -> Path:
    """The nearest folder, upwards, with a compose file; the start when there is none."""
    start = start.absolute()
    for folder in (start, *start.parents):
        if any(is_file(folder / name) for name in FILE_NAMES):
            return folder
    return start


def default_files(folder: Path) -> tuple[Path, ...]:
    """The files that compose takes where nobody names any, as far as they are there."""
    main = next((name for name in FILE_NAMES if is_file(folder / name)), None)
    override = next((name for name in OVERRIDE_NAMES if is_file(folder / name)), None)
    return tuple(folder / name for name in (main, override if main else None) if name)


def named_files(folder: Path, variables: Mapping[str, str]) -> tuple[Path, ...]:
    """The files that compose takes when it is started in a folder with these variables."""
    chosen = split_files(variables.get("COMPOSE_FILE", ""), variables)
    return tuple(Path(_located(folder, file)) for file in chosen) or default_files(folder)


def dotenv_file(folder: Path, environment: Mapping[str, str]) -> list[Path]:
    """The environment file that compose reads where none is named; none where it may not."""
    return [] if disabled(environment) else [folder / ".env"]


def split_list(text: str) -> list[str]:
    """The items of a `COMPOSE_ENV_FILES`."""
    return [item for item in text.split(",") if item]


def split_files(text: str, variables: Mapping[str, str]) -> list[str]:
    """The items of a `COMPOSE_FILE`."""
    separator = variables.get("COMPOSE_PATH_SEPARATOR") or os.pathsep
    return [item for item in text.split(separator) if item]


def absolute(base: Path, path: str) -> Path:
    """A path as compose takes it: from a folder, or from the user's home where it says so."""
    return Path(os.path.normpath(base / os.path.expanduser(path)))  # noqa: PTH111  never fails


def is_remote(file: str) -> bool:
    """Whether compose fetches the file from elsewhere: by git, or from a registry."""
    return "://" in file or file.startswith(("git@", "github.com/"))


def _both(
    start: Path, folder: Path, files: Sequence[str], environment: Mapping[str, str]
) -> tuple[str, ...]:
    """`--env-file` for each of two `.env`; empty where compose reads the right one anyway."""
    if files or folder == start or disabled(environment) or not is_file(start / ".env"):
        return ()
    return tuple(str(place / ".env") for place in (folder, start) if is_file(place / ".env"))


def _located(base: Path, file: str) -> str:
    return file if is_remote(file) else str(absolute(base, file))
