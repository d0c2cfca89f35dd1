"""Edits of single keys in a document. Pure."""

from pixel_tui.environment.checks.finding import EnvironmentLevel
from pixel_tui.environment.checks.overview import KeyRow
from pixel_tui.environment.dotenv.document import DotenvDocument, DotenvEntry
from pixel_tui.errors import ConsoleError


def effective_entries(document: DotenvDocument) -> dict[str, DotenvEntry]:
    """Return the entry in effect of each key: the last one that is not commented out."""
    return {entry.key: entry for entry in document.entries if not entry.commented}


def needs_single_quotes(row: KeyRow) -> bool:
    """Whether single quotes would save a secret that compose cuts at a `$`."""
    is_cut = any(
        item.rule == "dollar" and item.level is EnvironmentLevel.ERROR for item in row.findings
    )
    return row.secret and is_cut and "\\" not in row.written


def fix_of(row: KeyRow) -> str | None:
    """Return the value that fixes a key; for a secret, only the one that is already written."""
    fix = next((item.fix for item in row.findings if item.fix is not None), None)
    return row.written if fix is None and needs_single_quotes(row) else fix


def current_entry(document: DotenvDocument, row: KeyRow) -> DotenvEntry:
    """Return the entry of a row in a document that may be newer than the row.

    Raises:
        ConsoleError: It no longer exists.
    """
    commented = row.entry is not None and row.entry.commented
    found = [
        item for item in document.entries if item.key == row.key and item.commented == commented
    ]
    same_line = [item for item in found if row.entry is not None and item.line == row.entry.line]
    if not found:
        raise ConsoleError("It no longer exists.", on=row.key)
    return (same_line or found)[-1]


def with_row_value(document: DotenvDocument, row: KeyRow, value: str) -> DotenvDocument:
    """Return the document with a key set to this value; adds the key if it is missing.

    Raises:
        ConsoleError: The value can't be written in a `.env`.
    """
    if row.entry is None:
        return document.with_added(row.key, value)
    return document.with_value(current_entry(document, row), value)
