"""Finds the folder and files of a project in the same way as compose.

Observed with compose 2.40.3:

- `-f` files and an exported `COMPOSE_FILE` are relative to the current folder; the project's
  folder is that of the first file, even if there are compose files above.
- Without them, `COMPOSE_FILE` may come from the `.env` of the current folder (never from one
  above it); otherwise the compose file is searched upwards.
- If the project's folder is not the folder where compose was started, the `.env` of both are
  read, and that of the start takes precedence.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pixel_tui.files import is_file, is_folder
from pixel_tui.stack.compose.dotenv_setting import is_env_file_disabled, read_settings

FILE_NAMES: Final = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
OVERRIDE_NAMES: Final = (
    "compose.override.yaml",
    "compose.override.yml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
)


@dataclass(frozen=True, slots=True)
class ProjectPlace:
    """The folder and files of a project."""

    directory: Path
    files: tuple[str, ...] = ()
    """Absolute; empty if compose finds the same files by itself when started in the folder."""
    env_files: tuple[str, ...] = ()
    """Absolute; empty if compose reads the `.env` of the folder."""


@dataclass(frozen=True, slots=True)
class ProjectSearch:
    """The parameters of a search for a project, to repeat it.

    The result may change when `COMPOSE_FILE` in a `.env` or the files change; an open project
    stays as it was found.
    """

    here: Path
    """The current folder at that time."""
    directory: str | None
    env_files: tuple[str, ...]

    def find(self, environment: Mapping[str, str]) -> ProjectPlace:
        """Search for the project again."""
        return find_project(
            environment, self.here, directory=self.directory, env_files=self.env_files
        )

    @property
    def start(self) -> Path:
        """The folder where compose would be started."""
        return absolute(self.here, self.directory or ".")


def find_project(
    environment: Mapping[str, str],
    here: Path,
    *,
    directory: str | None = None,
    files: Sequence[str] = (),
    env_files: Sequence[str] = (),
) -> ProjectPlace:
    """Find the project that compose would open.

    Args:
        environment: The variables of this process.
        here: The current folder.
        directory: The project's folder, as given by the user. Without files, the search starts
            there, as if compose were started in it; if it is not a folder, nothing is searched
            and the result has that path.
        files: Compose files, as given by the user.
        env_files: Environment files, as given by the user.
    """
    start = absolute(here, directory or ".")
    # Those of the environment are also relative to the folder where compose is started.
    listed = env_files or split_list(environment.get("COMPOSE_ENV_FILES", ""))
    given = tuple(str(absolute(here, file)) for file in listed)
    exported = environment.get("COMPOSE_FILE", "")
    named = list(files) or split_files(exported, environment)
    if named:
        found = tuple(_resolve_path(here, file) for file in named)
        folder = start if directory is not None else Path(found[0]).parent
        return ProjectPlace(
            folder, found, given or _both_env_files(start, folder, files, environment)
        )
    if directory is not None and not is_folder(start):
        # A mistyped folder must not open a project above it.
        return ProjectPlace(start, (), given)
    read = [Path(file) for file in given] or dotenv_file(start, environment)
    settings = read_settings(read, environment)
    if chosen := split_files(settings.get("COMPOSE_FILE", ""), settings):
        found = tuple(_resolve_path(start, file) for file in chosen)
        folder = Path(found[0]).parent
        if folder == start:
            return ProjectPlace(start, (), given)
        return ProjectPlace(folder, found, given or _both_env_files(start, folder, (), environment))
    folder = find_directory(start)
    if folder == start:
        return ProjectPlace(folder, (), given)
    # Compose searches the files before it reads the folder's own `.env`.
    own = read_settings(dotenv_file(folder, environment), environment)
    found = tuple(map(str, default_files(folder))) if own.get("COMPOSE_FILE") else ()
    return ProjectPlace(folder, found, given or _both_env_files(start, folder, (), environment))


def find_directory(start: Path) -> Path:
    """Return the nearest folder, upwards, with a compose file; `start` if there is none."""
    start = start.absolute()
    for folder in (start, *start.parents):
        if any(is_file(folder / name) for name in FILE_NAMES):
            return folder
    return start


def default_files(folder: Path) -> tuple[Path, ...]:
    """Return the existing files that compose reads if none are named."""
    main = next((name for name in FILE_NAMES if is_file(folder / name)), None)
    override = next((name for name in OVERRIDE_NAMES if is_file(folder / name)), None)
    return tuple(folder / name for name in (main, override if main else None) if name)


def named_files(folder: Path, variables: Mapping[str, str]) -> tuple[Path, ...]:
    """Return the files that compose reads if it is started in a folder with these variables."""
    chosen = split_files(variables.get("COMPOSE_FILE", ""), variables)
    return tuple(Path(_resolve_path(folder, file)) for file in chosen) or default_files(folder)


def dotenv_file(folder: Path, environment: Mapping[str, str]) -> list[Path]:
    """Return the environment file that compose reads by default; empty if that is disabled."""
    return [] if is_env_file_disabled(environment) else [folder / ".env"]


def split_list(text: str) -> list[str]:
    """Split a `COMPOSE_ENV_FILES` or `COMPOSE_PROFILES`."""
    return [item for item in map(str.strip, text.split(",")) if item]


def split_files(text: str, variables: Mapping[str, str]) -> list[str]:
    """Split a `COMPOSE_FILE`."""
    separator = variables.get("COMPOSE_PATH_SEPARATOR") or os.pathsep
    return [item for item in text.split(separator) if item]


def absolute(base: Path, path: str) -> Path:
    """Resolve a path as compose does: relative to a folder, with `~` expanded."""
    return Path(os.path.normpath(base / os.path.expanduser(path)))  # noqa: PTH111  never fails


def is_remote(file: str) -> bool:
    """Return whether compose fetches the file by git or from a registry."""
    return "://" in file or file.startswith(("git@", "github.com/"))


def _both_env_files(
    start: Path, folder: Path, files: Sequence[str], environment: Mapping[str, str]
) -> tuple[str, ...]:
    """Return the `.env` of both folders as `--env-file`; empty if compose reads them anyway."""
    if files or folder == start or is_env_file_disabled(environment) or not is_file(start / ".env"):
        return ()
    return tuple(str(place / ".env") for place in (folder, start) if is_file(place / ".env"))


def _resolve_path(base: Path, file: str) -> str:
    return file if is_remote(file) else str(absolute(base, file))
