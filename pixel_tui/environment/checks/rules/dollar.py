"""A `$` that compose takes for a variable."""

from collections.abc import Iterator, Sequence
from typing import Final

from pixel_tui.environment.checks.case import Check, CheckedFile
from pixel_tui.environment.checks.finding import EnvironmentFinding, EnvironmentLevel

QUOTE: Final = "If the `$` is part of the value, use single quotes."


def expanded(case: CheckedFile) -> Iterator[EnvironmentFinding]:
    """Values that lose a part at a `$`, and secrets that get something put in."""
    for key, entry in case.looked_at():
        reading = case.readings.get(key)
        if reading is None or not reading.expanded:
            continue
        secret = key in case.secrets
        if reading.unset and all(name in case.values for name in reading.unset):
            yield case.finding(
                "dollar",
                EnvironmentLevel.WARNING,
                key,
                "It refers to a key further down. That works for `env_file` only: `${...}` in "
                "the compose file gets an empty value.",
                f"Move the line below the other key. {QUOTE}",
            )
        elif reading.unset:
            yield case.finding(
                "dollar",
                EnvironmentLevel.ERROR if secret else EnvironmentLevel.WARNING,
                key,
                "Part of the value is lost: compose reads the text after `$` as a variable, "
                "which is not set.",
                QUOTE,
                # In double quotes a backslash has a meaning of its own.
                mend=None if "\\" in entry.written else entry.written,
            )
        elif secret and not _is_meant(case, entry.written, reading.expanded):
            yield case.finding(
                "dollar",
                EnvironmentLevel.WARNING,
                key,
                "The secret has a `$`: compose substitutes another variable there.",
                QUOTE,
            )


def _is_meant(case: CheckedFile, written: str, names: Sequence[str]) -> bool:
    """Whether a value refers to other keys of the file on purpose.

    `${DB_PASSWORD}`, or a variable in a URL, or nothing else in the value: a password that holds
    a `$` by chance, as `pa$word` does, looks otherwise.
    """
    return all(
        name in case.values
        and ("${" + name in written or "://" in written or written == f"${name}")
        for name in names
    )


CHECKS: Final[tuple[Check, ...]] = (expanded,)
