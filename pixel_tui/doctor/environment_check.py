"""Checks the project's environment files."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from pixel_tui.doctor.report import DoctorCheck, failed_with, ok, skipped, warning
from pixel_tui.environment.checks.finding import EnvironmentLevel
from pixel_tui.environment.checks.overview import Overview
from pixel_tui.environment.dotenv.document import DotenvDocument
from pixel_tui.environment.live.reading import Examiner, read_context
from pixel_tui.environment.storage.file_state import read_file
from pixel_tui.errors import ConsoleError
from pixel_tui.plurals import counted
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.model.typed_commands import TypedCommands

NAME: Final = "environment"


def read_overviews(command: ComposeCommand, environment: Mapping[str, str]) -> tuple[Overview, ...]:
    """Return the overview of each existing file. Blocks.

    Raises:
        FileError: A file can't be read.
    """
    found = []
    for each in command.each_edited:
        state = read_file(each.edited_env)
        if state.exists:
            context = read_context(each.edited_env, each, environment)
            found.append(Examiner(context, environment).examine(DotenvDocument.parse(state.data)))
    return tuple(found)


def check_environment(
    found: Sequence[Overview] | ConsoleError, typed: TypedCommands
) -> DoctorCheck:
    """Check whether the environment files have errors or warnings."""
    if isinstance(found, ConsoleError):
        return failed_with(NAME, found)
    if not found:
        return skipped(NAME, "The project has no .env.")
    counts = Counter(finding.level for file in found for finding in file.findings)
    problems = [
        counted(counts[level], level)
        for level in (EnvironmentLevel.ERROR, EnvironmentLevel.WARNING)
        if counts[level]
    ]
    rows = [row for file in found for row in file.rows]
    count = sum(row.entry is not None and not row.entry.commented for row in rows)
    files = ".env" if len(found) == 1 else f"{len(found)} environment files"
    keys = counted(count, "key")
    if problems:
        return warning(
            NAME,
            f"{' and '.join(problems)} in the {keys} of {files}.",
            f"See `{typed.pixel_tui} env check`.",
        )
    return ok(NAME, f"No problems with the {keys} in {files}.")
