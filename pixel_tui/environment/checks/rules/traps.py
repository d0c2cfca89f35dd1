"""Lines that compose reads differently than people do."""

import re
from collections.abc import Iterator
from typing import Final

from pixel_tui.environment.checks.checked_file import Check, CheckedFile
from pixel_tui.environment.checks.finding import EnvironmentFinding, EnvironmentLevel
from pixel_tui.environment.dotenv.document import DotenvEntry, Quoting
from pixel_tui.text import SafeText

_COMMENT: Final = re.compile(r"#\s|#$|\S\t+#")


def comments_in_values(file: CheckedFile) -> Iterator[EnvironmentFinding]:
    """Finds comments that are part of the value."""
    for key, entry in file.checked_entries():
        value = value_before_comment(entry)
        if value is None:
            continue
        yield file.finding(
            "comment",
            EnvironmentLevel.WARNING,
            key,
            "The comment becomes part of the value: a comment needs a value and a space before "
            "`#`.",
            "Put the comment on a line of its own.",
            fix=value,
        )


def value_before_comment(entry: DotenvEntry) -> str | None:
    """Return the value without what looks like a comment; None if nothing does."""
    if entry.quoting is not Quoting.NONE or entry.broken or "#" not in entry.written:
        return None
    found = _COMMENT.search(entry.written)
    if found is None:
        return None
    return entry.written[: found.start() + (not found.group().startswith("#"))].strip()


def nameless(file: CheckedFile) -> Iterator[EnvironmentFinding]:
    """Finds values without a key."""
    for entry in file.document.entries:
        if not entry.key and not entry.commented and not entry.broken and file.keys is None:
            yield EnvironmentFinding(
                "nameless",
                EnvironmentLevel.WARNING,
                "",
                entry.line,
                SafeText("The line has no key, so compose ignores its value."),
                SafeText("Write KEY=value, or remove the line."),
            )


CHECKS: Final[tuple[Check, ...]] = (comments_in_values, nameless)
