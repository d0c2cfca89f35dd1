"""Keys that have to be there and are not, or are there twice."""

from collections.abc import Iterator
from typing import Final

from pixel_tui.environment.checks.case import Check, CheckedFile
from pixel_tui.environment.checks.finding import EnvironmentFinding, EnvironmentLevel
from pixel_tui.stack.compose.environment_uses import KeyUse

SHOWN: Final = 3
"""Places that a message names."""


def missing(case: CheckedFile) -> Iterator[EnvironmentFinding]:
    """Keys without a value that the catalogue or compose asks for."""
    asked = dict.fromkeys(name for name, known in case.catalogue.keys.items() if known.required)
    asked |= dict.fromkeys(case.uses.references)
    for key in asked:
        if not case.about(key) or _set_elsewhere(case, key):
            continue
        if not case.values.get(key) and key not in case.surroundings.exported:
            yield from _missing(case, key)


def _set_elsewhere(case: CheckedFile, key: str) -> bool:
    """Whether compose has a value for it from elsewhere: the `env_file` of an `include`."""
    known = case.catalogue.find(key)
    required = known is not None and known.required
    return key in case.surroundings.set_elsewhere and key not in case.entries and not required


def _missing(case: CheckedFile, key: str) -> Iterator[EnvironmentFinding]:
    uses = case.uses.references.get(key, ())
    empty = case.values.get(key) == ""
    required = [use for use in uses if use.required and not (empty and use.may_be_empty)]
    bare = [use for use in uses if use.bare]
    rule, state = ("empty", "It is empty") if empty else ("missing", "It is not set")
    known = case.catalogue.find(key)
    if required:
        yield case.finding(
            rule,
            EnvironmentLevel.ERROR,
            key,
            f"{state}, and compose may refuse the project without it: {_places(required)}.",
            "Set a value.",
        )
    elif known is not None and known.required:
        yield case.finding(
            rule,
            EnvironmentLevel.ERROR,
            key,
            f"{state}, and is required."
            + (f" It is for {known.purpose}." if known.purpose else ""),
            "Set a value.",
        )
    elif bare and not empty and not case.catalogue.is_tool(key):
        yield case.finding(
            rule,
            EnvironmentLevel.WARNING,
            key,
            f"{state}: compose substitutes an empty value and warns: {_places(bare)}.",
            "Set a value, or an empty one on purpose.",
        )


def _places(uses: list[KeyUse]) -> str:
    named = [f"{use.service} {use.where}".strip() for use in uses]
    rest = len(named) - SHOWN
    return ", ".join(named[:SHOWN]) + (f" and {rest} more" if rest > 0 else "")


def duplicates(case: CheckedFile) -> Iterator[EnvironmentFinding]:
    """Entries that count for nothing, since the key is set again below."""
    for entry in case.document.entries:
        last = case.entries.get(entry.key)
        if entry.commented or last is entry or last is None or not case.about(entry.key):
            continue
        yield case.finding(
            "duplicate",
            EnvironmentLevel.INFO if entry.written == last.written else EnvironmentLevel.WARNING,
            entry.key,
            f"The key is set again on line {last.line}, which overrides this one.",
            "Remove one of the lines.",
            line=entry.line,
        )


CHECKS: Final[tuple[Check, ...]] = (missing, duplicates)
