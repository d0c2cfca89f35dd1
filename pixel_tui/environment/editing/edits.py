"""What one key press does to a document: the entry of a row, its fix, its value. Pure."""

from pixel_tui.environment.checks.finding import EnvironmentLevel
from pixel_tui.environment.checks.overview import KeyRow
from pixel_tui.environment.dotenv.document import DotenvDocument, DotenvEntry
from pixel_tui.errors import ConsoleError


def effective_entries(document: DotenvDocument) -> dict[str, DotenvEntry]:
    """The entry that counts of each key: the last that is not commented out."""
    return {entry.key: entry for entry in document.entries if not entry.commented}


def keeps_dollar(row: KeyRow) -> bool:
    """Whether single quotes would keep a secret whole that compose cuts at a `$`."""
    cut = any(
        item.rule == "dollar" and item.level is EnvironmentLevel.ERROR for item in row.findings
    )
    return row.secret and cut and "\\" not in row.written


def fix_of(row: KeyRow) -> str | None:
    """The value that would put a key right; of a secret, none but what is there already."""
    offered = next((item.fix for item in row.findings if item.fix is not None), None)
    return row.written if offered is None and keeps_dollar(row) else offered


def entry_now(document: DotenvDocument, row: KeyRow) -> DotenvEntry:
    """The entry of a row, in a document that may be newer than the row.

    Raises:
        ConsoleError: It no longer exists.
    """
    off = row.entry is not None and row.entry.commented
    found = [item for item in document.entries if item.key == row.key and item.commented == off]
    same = [item for item in found if row.entry is not None and item.line == row.entry.line]
    if not found:
        raise ConsoleError("It no longer exists.", on=row.key)
    return (same or found)[-1]


def written(document: DotenvDocument, row: KeyRow, value: str) -> DotenvDocument:
    """The document in which a key has this value, whether it was there or not.

    Raises:
        ConsoleError: The file can't say it.
    """
    if row.entry is None:
        return document.with_added(row.key, value)
    return document.with_value(entry_now(document, row), value)
