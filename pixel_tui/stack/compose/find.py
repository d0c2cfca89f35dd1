"""Finds the compose program and the project's folder. Runs nothing."""

import os
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from pixel_tui.errors import UsageError
from pixel_tui.stack.compose.command import LOCAL_ONLY, ComposeCommand
from pixel_tui.stack.compose.dotenv_setting import is_env_file_disabled
from pixel_tui.stack.compose.files import ProjectSearch, find_project, split_list

PLUGIN_FOLDERS: Final = (
    "/usr/local/lib/docker/cli-plugins",
    "/usr/local/libexec/docker/cli-plugins",
    "/usr/lib/docker/cli-plugins",
    "/usr/libexec/docker/cli-plugins",
)
"""The folders that docker searches for plugins, after the user's own folder."""


def find_command(
    environment: Mapping[str, str],
    *,
    host: str | None = None,
    context: str | None = None,
    directory: str | None = None,
    files: Sequence[str] = (),
    env_files: Sequence[str] = (),
    project: str | None = None,
    profiles: Sequence[str] = (),
) -> ComposeCommand:
    """Return the compose command of a project, without running a program.

    What is exported to select the project becomes an option, so that a command line that is
    copied into another shell selects the same one.

    Args:
        environment: The variables of this process.
        host: The engine's address as given by the user.
        context: The Docker context as given by the user.
        directory: The project's folder as given by the user. If no file is named, compose would
            be started there, and the compose file is searched upwards from it.
        files: Compose files as given by the user; relative to the current folder.
        env_files: Environment files as given by the user, else `COMPOSE_ENV_FILES`; relative
            to the current folder.
        project: The project's name as given by the user, else `COMPOSE_PROJECT_NAME`.
        profiles: Profiles as given by the user, else `COMPOSE_PROFILES`.
    """
    docker: tuple[str, ...] = ("docker",)
    if host:
        docker = ("docker", "--host", host)
    elif context:
        docker = ("docker", "--context", context)
    compose: tuple[str, ...] = (*docker, "compose")
    extra: dict[str, str] = {}
    plugin = _find_plugin(environment)
    standalone = shutil.which("docker-compose", path=environment.get("PATH"))
    if plugin is None and standalone:
        compose = (standalone,)
        chosen = {"DOCKER_HOST": host, "DOCKER_CONTEXT": context}
        extra = {name: value for name, value in chosen.items() if value}
    env_files = env_files or split_list(environment.get("COMPOSE_ENV_FILES", ""))
    profiles = profiles or split_list(environment.get("COMPOSE_PROFILES", ""))
    here = _here(environment)
    place = find_project(environment, here, directory=directory, files=files, env_files=env_files)
    named = files or environment.get("COMPOSE_FILE")
    return ComposeCommand(
        docker=docker,
        compose=compose,
        reader=(str(plugin),) if plugin else (),
        directory=str(place.directory),
        files=place.files,
        env_files=place.env_files,
        project=project or environment.get("COMPOSE_PROJECT_NAME", ""),
        profiles=tuple(dict.fromkeys(profiles)),
        search=None if named else ProjectSearch(here, directory, tuple(env_files)),
        reads_default_env=not is_env_file_disabled(environment),
        environment={**LOCAL_ONLY, **extra},
    )


def _here(environment: Mapping[str, str]) -> Path:
    """Return the current folder as compose names it: by `PWD`, with symbolic links kept.

    Raises:
        UsageError: It was removed.
    """
    pwd = environment.get("PWD", "")
    with suppress(OSError):
        if Path(pwd).is_absolute() and Path(pwd).samefile("."):
            return Path(pwd)
    try:
        return Path.cwd()
    except OSError as error:
        raise UsageError(
            "The current folder no longer exists.",
            hint="Change to the project's folder, or use `pixel-tui -C DIR`.",
        ) from error


def _find_plugin(environment: Mapping[str, str]) -> Path | None:
    """Return the compose plugin as docker would find it; it also runs without docker."""
    if shutil.which("docker", path=environment.get("PATH")) is None:
        return None
    own = environment.get("DOCKER_CONFIG") or str(Path(environment.get("HOME", "~")) / ".docker")
    folders = (str(Path(own) / "cli-plugins"), *PLUGIN_FOLDERS)
    programs = (Path(folder) / "docker-compose" for folder in folders)
    return next((path for path in programs if os.access(path, os.X_OK)), None)
