"""Placeholders and public secrets from the example."""

from collections.abc import Iterator
from typing import Final

from pixel_tui.environment.checks.checked_file import Check, CheckedFile
from pixel_tui.environment.checks.finding import EnvironmentFinding, EnvironmentLevel


def placeholders(file: CheckedFile) -> Iterator[EnvironmentFinding]:
    """Finds values that are still placeholders."""
    for key, _ in file.checked_entries():
        if key in file.placeholders:
            known, required = file.catalogue.find(key), file.is_required(key)
            purpose = f" It is for {known.purpose}." if known is not None and known.purpose else ""
            needed = required or key in file.referenced
            unused = "" if needed else ", or remove the line if it is not used"
            yield file.finding(
                "placeholder",
                EnvironmentLevel.ERROR if required else EnvironmentLevel.WARNING,
                key,
                f"The value is still a placeholder.{purpose}",
                f"Enter the real value{unused}.",
            )


def published(file: CheckedFile) -> Iterator[EnvironmentFinding]:
    """Finds secrets that are public in the example."""
    for key, entry, _, _ in file.filled:
        example = file.example.get(key)
        if example is None or example.commented or key not in file.secrets:
            continue
        if entry.written == example.written and entry is not example:
            yield file.finding(
                "published",
                EnvironmentLevel.WARNING,
                key,
                "The secret is the public one from the example.",
                "Choose your own.",
            )


CHECKS: Final[tuple[Check, ...]] = (placeholders, published)
