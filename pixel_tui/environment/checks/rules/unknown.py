"""Unknown keys, most of them misspelled."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from pixel_tui.environment.checks.checked_file import Check, CheckedFile
from pixel_tui.environment.checks.finding import EnvironmentFinding, EnvironmentLevel

MIN_LENGTH: Final = 4
"""The shortest name that a misspelling is looked for."""
MAX_LENGTH: Final = 100
"""The longest name that a misspelling is looked for: there is one per letter."""


def unknown(file: CheckedFile) -> Iterator[EnvironmentFinding]:
    """Finds keys that are not in the example, the compose file or the catalogue."""
    if not file.has_known_keys:
        return
    unknown_keys = [key for key, _ in file.checked_entries() if not file.is_known(key)]
    if not unknown_keys:
        return
    names_by_variant = _names_by_variant(key for key in _known_names(file) if not file.value(key))
    for key in unknown_keys:
        suggestion = next(
            (
                names_by_variant[variant]
                for variant in variants(key.upper())
                if variant in names_by_variant
            ),
            None,
        )
        if suggestion is None:
            yield file.finding(
                "unknown",
                EnvironmentLevel.INFO,
                key,
                "The example, the compose file and the catalogue don't have this key.",
                "Remove it if no program reads it.",
            )
        else:
            yield file.finding(
                "unknown",
                EnvironmentLevel.WARNING,
                key,
                f"Unknown key. Did you mean {suggestion}, which has no value?",
                f"Rename it to {suggestion}.",
            )


def _known_names(file: CheckedFile) -> Iterator[str]:
    yield from file.example
    yield from file.uses.references
    if file.catalogue.applies:
        yield from file.catalogue.keys


def _names_by_variant(names: Iterable[str]) -> Mapping[str, str]:
    return {variant: name for name in names for variant in variants(name.upper())}


def variants(name: str) -> Iterator[str]:
    """Yield the name, and the name without each one of its letters.

    Two names have one of these in common if they differ by one missing, extra or different letter,
    or by two swapped neighbours.
    """
    yield name
    if MIN_LENGTH <= len(name) <= MAX_LENGTH:
        for at in range(len(name)):
            yield name[:at] + name[at + 1 :]


CHECKS: Final[tuple[Check, ...]] = (unknown,)
