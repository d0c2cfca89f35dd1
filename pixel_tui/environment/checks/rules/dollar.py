"""A `$` that compose takes for a variable."""

from collections.abc import Iterator, Sequence
from typing import Final

from pixel_tui.environment.checks.case import Check, CheckedFile
from pixel_tui.environment.checks.finding import EnvironmentFinding, EnvironmentLevel

QUOTE: Final = "If the `$` belongs to the value, put the value in single quotes."


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
                "It refers to a key further down, which only services with `env_file` get: "
                "`${...}` in the compose file gets nothing for it.",
                f"Move the line below that of the other key. {QUOTE}",
            )
        elif reading.unset:
            yield case.finding(
                "dollar",
                EnvironmentLevel.ERROR if secret else EnvironmentLevel.WARNING,
                key,
                "A part of the value is lost: compose takes what follows a `$` for a variable, "
                "and nobody sets it.",
                QUOTE,
                # In double quotes a backslash has a meaning of its own.
                mend=None if "\\" in entry.written else entry.written,
            )
        elif secret and not _is_meant(case, entry.written, reading.expanded):
            yield case.finding(
                "dollar",
                EnvironmentLevel.WARNING,
                key,
                "Compose puts another variable's value into this secret, for the `$` in it.",
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
