"""A summary of an environment file, for a list of several."""

from collections import Counter
from dataclasses import dataclass

from pixel_tui.environment.checks.finding import EnvironmentLevel
from pixel_tui.environment.dotenv.document import DotenvDocument
from pixel_tui.environment.editing.workspace import EnvironmentSource
from pixel_tui.errors import ConsoleError
from pixel_tui.text import SafeText, plain


@dataclass(frozen=True, slots=True)
class FileSummary:
    """The summary of a file."""

    exists: bool = True
    keys: int = 0
    errors: int = 0
    warnings: int = 0
    trouble: SafeText = SafeText("")
    """Why it can't be read; empty if it can."""


def summary_of(source: EnvironmentSource) -> FileSummary:
    """Read, check and summarize a file. Blocks."""
    try:
        loaded = source.read()
    except ConsoleError as error:
        return FileSummary(trouble=plain(error.what))
    if loaded.data is None:
        return FileSummary(exists=False)
    found = loaded.examine(DotenvDocument.parse(loaded.data))
    levels = Counter(item.level for item in found.findings)
    keys = sum(row.entry is not None and not row.entry.commented for row in found.rows)
    return FileSummary(
        keys=keys, errors=levels[EnvironmentLevel.ERROR], warnings=levels[EnvironmentLevel.WARNING]
    )
