"""Checks the files of a project before compose is run."""

from collections.abc import Callable, Mapping
from pathlib import Path

from pixel_tui.errors import ComposeRefused, ProjectMissing
from pixel_tui.files import is_pipe
from pixel_tui.stack.compose.command import GIT_NOT_READ, OCI_NOT_READ, ComposeCommand
from pixel_tui.stack.compose.files import default_files, is_remote
from pixel_tui.stack.compose.refusals import COPY_IT, access_error


def require_files(command: ComposeCommand, environment: Mapping[str, str]) -> None:
    """Check the folder and the files that compose is to read. Starts no program.

    Args:
        command: The compose command of the project.
        environment: Compose's environment variables.

    Raises:
        ComposeError: One is missing, unreadable for this user, or remote.
    """
    for file in command.files:
        if is_remote(file):
            why = OCI_NOT_READ if file.startswith("oci://") else GIT_NOT_READ
            raise ComposeRefused(f"{why}.", on=file, hint=COPY_IT)
        if not _check(Path.is_file, file):
            hint = "Check -f or COMPOSE_FILE: paths are relative to the current folder."
            raise ProjectMissing(
                "No such compose file.",
                on=file,
                hint=_moved_fix(command, environment) or hint,
            )
    if not _check(Path.is_dir, command.directory):
        raise ProjectMissing(
            "No such folder.",
            on=command.directory,
            hint=_moved_fix(command, environment) or "Check the path after -C.",
        )
    for env_file in command.env_paths:
        if is_pipe(Path(env_file)):
            raise ComposeRefused(
                "The environment file is a pipe.",
                on=env_file,
                hint="Replace it with a regular file.",
            )


def moved_files(command: ComposeCommand, environment: Mapping[str, str]) -> str:
    """Return the files that compose would open now, if they differ from the opened ones."""
    if command.search is None:
        return ""
    place = command.search.find(environment)
    if (str(place.directory), place.files) == (command.directory, command.files):
        return ""
    return ", ".join(place.files or map(str, default_files(place.directory)))


def _moved_fix(command: ComposeCommand, environment: Mapping[str, str]) -> str:
    """Return the fix if the project has moved; empty if it has not."""
    moved = moved_files(command, environment)
    return f"Restart pixel-tui: compose now uses {moved}." if moved else ""


def _check(check: Callable[[Path], bool], path: str) -> bool:
    """Check a path, and raise an error if this user has no access.

    Raises:
        ComposeError: This user has no access.
    """
    try:
        return check(Path(path))
    except OSError as error:
        raise access_error(path, error) from error
