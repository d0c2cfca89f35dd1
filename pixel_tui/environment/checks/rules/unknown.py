"""Keys that nobody reads by name: most of them are misspelt."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from pixel_tui.environment.checks.case import Check, CheckedFile
from pixel_tui.environment.checks.finding import EnvironmentFinding, EnvironmentLevel

SHORTEST: Final = 4
"""Letters of a name that can be told from another by one slip."""
LONGEST: Final = 100
"""A longer name is no slip of anything: there would be as many others as it has letters."""


def unknown(case: CheckedFile) -> Iterator[EnvironmentFinding]:
    """Keys that neither the example nor the compose file nor the catalogue names."""
    if not case.informed:
        return
    strange = [key for key, _ in case.looked_at() if not case.is_known(key)]
    if not strange:
        return
    close = _slips(key for key in _known_names(case) if not case.value(key))
    for key in strange:
        meant = next((close[slip] for slip in slips_of(key.upper()) if slip in close), None)
        if meant is None:
            yield case.finding(
                "unknown",
                EnvironmentLevel.INFO,
                key,
                "Unknown key: not in the example, the compose file or the catalogue.",
                "Remove it if no program reads it.",
            )
        else:
            yield case.finding(
                "unknown",
                EnvironmentLevel.WARNING,
                key,
                f"Unknown key. Did you mean {meant}, which has no value?",
                f"Rename it to {meant}.",
            )


def _known_names(case: CheckedFile) -> Iterator[str]:
    yield from case.example
    yield from case.uses.references
    if case.catalogue.applies:
        yield from case.catalogue.keys


def _slips(names: Iterable[str]) -> Mapping[str, str]:
    return {slip: name for name in names for slip in slips_of(name.upper())}


def slips_of(name: str) -> Iterator[str]:
    """The name, and what is left of it without any one of its letters.

    Two names have one of these in common where a letter is missing, doubled, another, or
    in its neighbour's place.
    """
    yield name
    if SHORTEST <= len(name) <= LONGEST:
        for at in range(len(name)):
            yield name[:at] + name[at + 1 :]


CHECKS: Final[tuple[Check, ...]] = (unknown,)
