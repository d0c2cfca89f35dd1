"""What compose refuses the whole project for."""

from collections.abc import Iterator
from typing import Final

from pixel_tui.environment.checks.case import Check, CheckedFile
from pixel_tui.environment.checks.finding import EnvironmentFinding, EnvironmentLevel
from pixel_tui.redaction.redactor import MASK

SHORTEST_SECRET: Final = 4
"""A shorter value would mask half of any message."""


def faults(case: CheckedFile) -> Iterator[EnvironmentFinding]:
    """Lines that compose can't read."""
    for fault in case.document.faults:
        if case.about(fault.key):
            yield EnvironmentFinding(
                "syntax", EnvironmentLevel.ERROR, fault.key, fault.line, fault.message, fault.hint
            )


def refused_values(case: CheckedFile) -> Iterator[EnvironmentFinding]:
    """Values that compose refuses while it puts variables in."""
    told = {fault.line for fault in case.document.faults}
    for key, entry in case.looked_at():
        reading = case.readings.get(key)
        if reading is not None and reading.refusal and entry.line not in told:
            # What compose says is a part of the value, so that of a secret it is left out.
            said = "." if key in case.secrets else f": {reading.refusal}"
            yield case.finding(
                "refused",
                EnvironmentLevel.ERROR,
                key,
                f"Compose refuses the file for this value{said}",
                "Use single quotes if the `$` is part of the value.",
            )


def refused_project(case: CheckedFile) -> Iterator[EnvironmentFinding]:
    """What compose itself says of the project with this file, where nothing else says why."""
    known = case.document.faults or any(reading.refusal for reading in case.readings.values())
    if case.surroundings.refusal and case.keys is None and not known:
        yield case.file_finding(
            "refused",
            EnvironmentLevel.ERROR,
            _masked(case.surroundings.refusal, case),
            "Fix it here or in the compose file.",
        )


def _masked(words: str, case: CheckedFile) -> str:
    """Compose quotes what it refuses: without the values of secrets."""
    values = {case.values.get(key, "") for key in case.secrets}
    values |= {case.entries[key].written for key in case.secrets}
    for value in sorted(values, key=len, reverse=True):
        if len(value) >= SHORTEST_SECRET:
            words = words.replace(value, MASK)
    return words


CHECKS: Final[tuple[Check, ...]] = (faults, refused_values, refused_project)
