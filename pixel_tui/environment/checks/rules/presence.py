"""Missing and duplicate keys."""

from collections.abc import Iterator
from typing import Final

from pixel_tui.environment.checks.checked_file import Check, CheckedFile
from pixel_tui.environment.checks.finding import EnvironmentFinding, EnvironmentLevel
from pixel_tui.stack.compose.environment_uses import KeyUse

MAX_PLACES: Final = 3
"""How many places a message lists."""


def missing(file: CheckedFile) -> Iterator[EnvironmentFinding]:
    """Finds keys without a value that the catalogue or the compose file needs."""
    needed = dict.fromkeys(name for name, known in file.catalogue.keys.items() if known.required)
    needed |= dict.fromkeys(file.uses.references)
    for key in needed:
        if not file.includes(key) or _set_elsewhere(file, key):
            continue
        if not file.values.get(key) and key not in file.facts.exported:
            yield from _missing(file, key)


def _set_elsewhere(file: CheckedFile, key: str) -> bool:
    """Whether compose gets a value from elsewhere, such as the `env_file` of an `include`."""
    known = file.catalogue.find(key)
    required = known is not None and known.required
    return key in file.facts.set_elsewhere and key not in file.entries and not required


def _missing(file: CheckedFile, key: str) -> Iterator[EnvironmentFinding]:
    uses = file.uses.references.get(key, ())
    empty = file.values.get(key) == ""
    required = [use for use in uses if use.required and not (empty and use.may_be_empty)]
    bare = [use for use in uses if use.bare]
    rule, state = ("empty", "It is empty") if empty else ("missing", "It is not set")
    known = file.catalogue.find(key)
    if required:
        yield file.finding(
            rule,
            EnvironmentLevel.ERROR,
            key,
            f"{state}, and compose may refuse the project without it: {_places(required)}.",
            "Set a value.",
        )
    elif known is not None and known.required:
        yield file.finding(
            rule,
            EnvironmentLevel.ERROR,
            key,
            f"{state}, and is required."
            + (f" It is for {known.purpose}." if known.purpose else ""),
            "Set a value.",
        )
    elif bare and not empty and not file.catalogue.is_tool_key(key):
        yield file.finding(
            rule,
            EnvironmentLevel.WARNING,
            key,
            f"{state}: compose substitutes an empty value and warns: {_places(bare)}.",
            "Set a value, or an empty one on purpose.",
        )


def _places(uses: list[KeyUse]) -> str:
    places = [f"{use.service} {use.where}".strip() for use in uses]
    rest = len(places) - MAX_PLACES
    return ", ".join(places[:MAX_PLACES]) + (f" and {rest} more" if rest > 0 else "")


def duplicates(file: CheckedFile) -> Iterator[EnvironmentFinding]:
    """Finds entries without effect, because the key is set again below."""
    for entry in file.document.entries:
        last = file.entries.get(entry.key)
        if entry.commented or last is entry or last is None or not file.includes(entry.key):
            continue
        yield file.finding(
            "duplicate",
            EnvironmentLevel.INFO if entry.written == last.written else EnvironmentLevel.WARNING,
            entry.key,
            f"The key is set again on line {last.line}, which overrides this one.",
            "Remove one of the lines.",
            line=entry.line,
        )


CHECKS: Final[tuple[Check, ...]] = (missing, duplicates)
