"""Which of several environment files a command of the shell reads or edits."""

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
class ReadFile:
    """An environment file, and what compose reads in it after those before it."""

    path: Path
    document: DotenvDocument = field(repr=False)
    readings: Mapping[str, Reading] = field(repr=False)


def paths_of(command: ComposeCommand) -> list[Path]:
    """The files that compose reads, in its order; the place of one where it reads none."""
    return [each.edited_env for each in command.each_edited]


def read_each(
    paths: Sequence[Path], environment: Mapping[str, str], read: Callable[[Path], bytes]
) -> list[ReadFile]:
    """Read files, each with what those before it set.

    Args:
        paths: The files in compose's order.
        environment: The variables that compose would see.
        read: Gives the content of one.
    """
    documents = [DotenvDocument.parse(read(path)) for path in paths]
    readings = read_layers(documents, environment)
    return [ReadFile(*found) for found in zip(paths, documents, readings, strict=True)]


def where_it_counts(key: str, files: Sequence[ReadFile]) -> ReadFile | None:
    """The last file that sets a key; None where none does."""
    setting = (
        file
        for file in reversed(files)
        if (reading := file.readings.get(key)) is not None
        and reading.value is not None
        and file.document.entry(key) is not None
    )
    return next(setting, None)


def require_key(key: str, files: Sequence[ReadFile]) -> None:
    """Raise `Unwritable` where the key is no name, and none that one of the files has."""
    if not any(file.document.entry(key) for file in files):
        require_name(key)


def require_others(command: ComposeCommand) -> None:
    """Raise `FileError` where a file that compose wants beside the edited one is missing."""
    for path in map(Path, command.env_files):
        if path != command.edited_env and is_missing(path):
            raise missing_file(path)


def overridden_by_shell(key: str, environment: Mapping[str, str]) -> str:
    """That no file decides over a key's value where compose is started here; else empty."""
    if key not in environment:
        return ""
    return f"This shell exports {key}: compose uses that value for ${{{key}}}."


def named_file(named: str, command: ComposeCommand) -> Path:
    """The file of `--in`, which has to be one that compose reads.

    Raises:
        UsageError: It is none of them.
    """
    path = absolute(Path.cwd(), named)
    paths = paths_of(command)
    if path not in paths:
        raise UsageError(
            "Compose does not read this file.",
            on=named,
            hint=f"It reads {', '.join(map(str, paths))}.",
        )
    return path
