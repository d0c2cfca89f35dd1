"""Selects which of several environment files a command reads or edits."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pixel_tui.environment.checks.layers import read_layers
from pixel_tui.environment.dotenv.document import DotenvDocument, require_name
from pixel_tui.environment.dotenv.values import Reading
from pixel_tui.environment.live.reading import is_missing, missing_file
from pixel_tui.errors import UsageError
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.compose.files import absolute


@dataclass(frozen=True, slots=True)
class ReadEnvironmentFile:
    """An environment file with its values, which may refer to earlier files."""

    path: Path
    document: DotenvDocument = field(repr=False)
    readings: Mapping[str, Reading] = field(repr=False)


def environment_paths(command: ComposeCommand) -> list[Path]:
    """Return the files that compose reads, in order; the default path if it reads none."""
    return [each.edited_env for each in command.each_edited]


def read_files(
    paths: Sequence[Path], environment: Mapping[str, str], read: Callable[[Path], bytes]
) -> list[ReadEnvironmentFile]:
    """Read files, each with the values of the earlier ones.

    Args:
        paths: The files in compose's order.
        environment: The environment variables of compose.
        read: Returns the content of a file.
    """
    documents = [DotenvDocument.parse(read(path)) for path in paths]
    readings = read_layers(documents, environment)
    return [ReadEnvironmentFile(*found) for found in zip(paths, documents, readings, strict=True)]


def file_in_effect(key: str, files: Sequence[ReadEnvironmentFile]) -> ReadEnvironmentFile | None:
    """Return the last file that sets a key; None if none does."""
    setting = (
        file
        for file in reversed(files)
        if (reading := file.readings.get(key)) is not None
        and reading.value is not None
        and file.document.entry(key) is not None
    )
    return next(setting, None)


def require_key(key: str, files: Sequence[ReadEnvironmentFile]) -> None:
    """Raise `Unwritable` if the key is invalid, and not in one of the files."""
    if not any(file.document.entry(key) for file in files):
        require_name(key)


def require_other_files(command: ComposeCommand) -> None:
    """Raise `FileError` if another file that compose needs is missing."""
    for path in map(Path, command.env_files):
        if path != command.edited_env and is_missing(path):
            raise missing_file(path, command)


def overridden_by_shell(key: str, environment: Mapping[str, str]) -> str:
    """Return a note if this shell's environment overrides the key; else empty."""
    if key not in environment:
        return ""
    return f"This shell exports {key}: compose uses that value for ${{{key}}}."


def selected_file(named: str, command: ComposeCommand) -> Path:
    """Return the file of `--in`, which must be one that compose reads.

    Raises:
        UsageError: Compose does not read it.
    """
    path = absolute(Path.cwd(), named)
    paths = environment_paths(command)
    if path not in paths:
        raise UsageError(
            "Compose does not read this file.",
            on=named,
            hint=f"It reads {', '.join(map(str, paths))}.",
        )
    return path
