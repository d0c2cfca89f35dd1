"""The project's `.env`: how much is wrong with it."""

from collections import Counter
from collections.abc import Mapping
from typing import Final

from pixel_tui.doctor.report import Check, failed_with, ok, skipped, warning
from pixel_tui.environment.document import Document
from pixel_tui.environment.file_state import read_file
from pixel_tui.environment.finding import Level
from pixel_tui.environment.overview import Overview
from pixel_tui.environment_reading import Examined, environment_path, read_around
from pixel_tui.errors import ConsoleError
from pixel_tui.stack.compose_command import ComposeCommand

NAME: Final = "environment"


def look_at_environment(command: ComposeCommand, environment: Mapping[str, str]) -> Overview | None:
    """What is found in the project's file; None where there is none. Blocks.

    Raises:
        FileError: It can't be read.
    """
    path = environment_path(command)
    state = read_file(path)
    if not state.exists:
        return None
    around = read_around(path, command, environment)
    return Examined(around, environment).all(Document.parse(state.data))


def check_environment(found: Overview | ConsoleError | None) -> Check:
    """Is there an error or a warning in the environment?"""
    if isinstance(found, ConsoleError):
        return failed_with(NAME, found)
    if found is None:
        return skipped(NAME, "The project has no .env.")
    counts = Counter(finding.level for finding in found.findings)
    wrong = [
        f"{counts[level]} {level}{'' if counts[level] == 1 else 's'}"
        for level in (Level.ERROR, Level.WARNING)
        if counts[level]
    ]
    count = sum(row.entry is not None and not row.entry.commented for row in found.rows)
    keys = f"{count} key{'' if count == 1 else 's'}"
    if wrong:
        return warning(
            NAME,
            f"{' and '.join(wrong)} in the {keys} of .env.",
            "`pixel-tui env check` says which, why, and what to do.",
        )
    return ok(NAME, f"Nothing is wrong with the {keys} in .env.")
