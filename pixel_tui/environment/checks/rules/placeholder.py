"""Values that nobody has filled in yet."""

from collections.abc import Iterator
from typing import Final

from pixel_tui.environment.checks.case import Check, CheckedFile
from pixel_tui.environment.checks.finding import EnvironmentFinding, EnvironmentLevel


def placeholders(case: CheckedFile) -> Iterator[EnvironmentFinding]:
    """What the example holds in the place of a value."""
    for key, _ in case.looked_at():
        if key in case.placeholders:
            known, required = case.catalogue.find(key), case.is_required(key)
            purpose = f" It is for {known.purpose}." if known is not None and known.purpose else ""
            needed = required or key in case.referred
            unused = "" if needed else ", or remove the line if it is not used"
            yield case.finding(
                "placeholder",
                EnvironmentLevel.ERROR if required else EnvironmentLevel.WARNING,
                key,
                f"The value is still a placeholder.{purpose}",
                f"Enter the real value{unused}.",
            )


def published(case: CheckedFile) -> Iterator[EnvironmentFinding]:
    """Secrets that everybody can read in the example."""
    for key, entry, _, _ in case.filled:
        example = case.example.get(key)
        if example is None or example.commented or key not in case.secrets:
            continue
        if entry.written == example.written and entry is not example:
            yield case.finding(
                "published",
                EnvironmentLevel.WARNING,
                key,
                "The secret is the public one from the example.",
                "Choose your own.",
            )


CHECKS: Final[tuple[Check, ...]] = (placeholders, published)
