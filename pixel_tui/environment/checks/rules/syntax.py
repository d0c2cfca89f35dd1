"""Errors for which compose refuses the project."""

from collections.abc import Iterator
from typing import Final

from pixel_tui.environment.checks.checked_file import Check, CheckedFile
from pixel_tui.environment.checks.finding import EnvironmentFinding, EnvironmentLevel
from pixel_tui.redaction.redactor import MASK

MIN_SECRET_LENGTH: Final = 4
"""Masking a shorter value could mask half of a message."""


def faults(file: CheckedFile) -> Iterator[EnvironmentFinding]:
    """Finds lines that compose can't read."""
    for fault in file.document.faults:
        if file.includes(fault.key):
            yield EnvironmentFinding(
                "syntax", EnvironmentLevel.ERROR, fault.key, fault.line, fault.message, fault.hint
            )


def refused_values(file: CheckedFile) -> Iterator[EnvironmentFinding]:
    """Finds values that compose refuses when it expands their variables."""
    fault_lines = {fault.line for fault in file.document.faults}
    for key, entry in file.checked_entries():
        reading = file.readings.get(key)
        if reading is not None and reading.refusal and entry.line not in fault_lines:
            # Compose's message quotes the value, so it is left out for secrets.
            detail = "." if key in file.secrets else f": {reading.refusal}"
            yield file.finding(
                "refused",
                EnvironmentLevel.ERROR,
                key,
                f"Compose refuses the file for this value{detail}",
                "Use single quotes if the `$` is part of the value.",
            )


def refused_project(file: CheckedFile) -> Iterator[EnvironmentFinding]:
    """Reports compose's own message about the project if no other finding explains it."""
    is_explained = file.document.faults or any(
        reading.refusal for reading in file.readings.values()
    )
    if file.facts.refusal and file.keys is None and not is_explained:
        yield file.file_finding(
            "refused",
            EnvironmentLevel.ERROR,
            _mask_secrets(file.facts.refusal, file),
            "Fix it here or in the compose file.",
        )


def _mask_secrets(message: str, file: CheckedFile) -> str:
    """Mask secrets in a message of compose, which quotes values."""
    values = {file.values.get(key, "") for key in file.secrets}
    values |= {file.entries[key].written for key in file.secrets}
    for value in sorted(values, key=len, reverse=True):
        if len(value) >= MIN_SECRET_LENGTH:
            message = message.replace(value, MASK)
    return message


CHECKS: Final[tuple[Check, ...]] = (faults, refused_values, refused_project)
