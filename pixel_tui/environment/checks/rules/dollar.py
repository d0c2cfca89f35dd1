"""A `$` that compose reads as a variable."""

from collections.abc import Iterator, Sequence
from typing import Final

from pixel_tui.environment.checks.checked_file import Check, CheckedFile
from pixel_tui.environment.checks.finding import EnvironmentFinding, EnvironmentLevel

QUOTE: Final = "If the `$` is part of the value, use single quotes."


def expanded_values(file: CheckedFile) -> Iterator[EnvironmentFinding]:
    """Finds values that lose a part at a `$`, and secrets with a substituted variable."""
    for key, entry in file.checked_entries():
        reading = file.readings.get(key)
        if reading is None or not reading.expanded:
            continue
        secret = key in file.secrets
        if reading.unset and all(name in file.values for name in reading.unset):
            yield file.finding(
                "dollar",
                EnvironmentLevel.WARNING,
                key,
                "It refers to a key further down. That works for `env_file` only: `${...}` in "
                "the compose file gets an empty value.",
                f"Move the line below the other key. {QUOTE}",
            )
        elif reading.unset:
            yield file.finding(
                "dollar",
                EnvironmentLevel.ERROR if secret else EnvironmentLevel.WARNING,
                key,
                "Part of the value is lost: compose reads the text after `$` as a variable, "
                "which is not set.",
                QUOTE,
                # A backslash would be an escape in double quotes.
                fix=None if "\\" in entry.written else entry.written,
            )
        elif secret and not _is_intended(file, entry.written, reading.expanded):
            yield file.finding(
                "dollar",
                EnvironmentLevel.WARNING,
                key,
                "The secret has a `$`: compose substitutes another variable there.",
                QUOTE,
            )


def _is_intended(file: CheckedFile, written: str, names: Sequence[str]) -> bool:
    """Whether a value refers to other keys of the file on purpose.

    That is `${DB_PASSWORD}`, a variable in a URL, or a variable alone; a password with a `$`, such
    as `pa$word`, is different.
    """
    return all(
        name in file.values
        and ("${" + name in written or "://" in written or written == f"${name}")
        for name in names
    )


CHECKS: Final[tuple[Check, ...]] = (expanded_values,)
