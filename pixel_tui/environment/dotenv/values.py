"""What compose reads from a `.env`: quotes taken off, escapes and variables resolved.

Three things that follow from how compose goes about it: a variable of its own environment comes
before one of the file wherever a value refers to it; only keys further up in the file can be
referred to; a key alone leaves what the file has set before where the environment has none.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final

from pixel_tui.environment.dotenv.document import DotenvDocument
from pixel_tui.environment.dotenv.entry import DotenvEntry, Quoting
from pixel_tui.environment.dotenv.expansion import Refusal, TooLong, expanded
from pixel_tui.environment.dotenv.grammar import content
from pixel_tui.text import SafeText, plain

_SURROGATE = re.compile("[\ud800-\udfff]")

_OWN: Final = "COMPOSE_"
"""How the names of compose's own variables begin."""

NO_VALUES: Final[Mapping[str, str]] = MappingProxyType({})

LONGEST: Final = 16 * 1024 * 1024
"""Characters that all values together may come to with their variables put in."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One key's value as compose reads it."""

    value: str | None = field(repr=False)
    """None where compose has none: a key alone that its environment does not have, or a value
    for which it refuses the file."""
    expanded: tuple[str, ...] = ()
    """The variables that the value refers to, in order."""
    unset: tuple[str, ...] = ()
    """Those of them that nobody set: compose puts nothing in and warns."""
    refusal: SafeText = SafeText("")
    """Why compose refuses the file for this value (`${A:?message}`), or for an earlier one of the
    same key; empty where it does not."""


def read_values(
    document: DotenvDocument,
    environment: Mapping[str, str],
    earlier: Mapping[str, str] = NO_VALUES,
) -> Mapping[str, Reading]:
    """Each key's value, by compose's rules; the last entry of a key counts.

    This is what the file says. Where compose's own environment has a variable of that name, the
    compose file's `${...}` get that one, and services get the file's by `env_file`.

    Args:
        document: The file; where it has faults compose reads nothing of it, and this reads
            what it can of the other lines.
        environment: The variables of the process that compose runs in.
        earlier: What the environment files set that compose reads before this one. A value refers
            to these as to keys further up: a key of the file itself comes before them from its
            line on.
    """
    readings = _Reader(environment, earlier).readings(document)
    if any(reading.refusal for reading in readings.values()):
        return readings
    # Compose's own variables are taken into its environment before the file is read for good.
    own = {
        key: reading.value
        for key, reading in readings.items()
        if key.startswith(_OWN) and reading.value is not None and key not in environment
    }
    return _Reader({**environment, **own}, earlier).readings(document) if own else readings


def read_for_services(
    document: DotenvDocument, environment: Mapping[str, str]
) -> Mapping[str, Reading]:
    """What services get from the project's `.env` as their `env_file`.

    Compose reads the file a second time for that, and then has all of it in its environment: a
    value can refer to keys further down, and a key alone can be one of the file. Where it refuses
    the file the first time, these are the readings of that.
    """
    first = read_values(document, environment)
    if any(reading.refusal for reading in first.values()):
        return first
    values = {key: reading.value for key, reading in first.items() if reading.value is not None}
    return read_values(document, {**values, **environment})


class _Reader:
    def __init__(self, environment: Mapping[str, str], earlier: Mapping[str, str]) -> None:
        self._environment = environment
        self._values = dict(earlier)
        self._left = LONGEST

    def readings(self, document: DotenvDocument) -> dict[str, Reading]:
        """Read the entries from the first to the last."""
        faults = {fault.line: fault.message for fault in document.faults}
        readings: dict[str, Reading] = {}
        for entry in document.entries:
            if entry.commented:
                continue
            if entry.broken:
                reading = Reading(None, refusal=faults[entry.line])
            else:
                reading = self._reading(entry)
            earlier = readings.get(entry.key)
            if earlier and earlier.refusal and not reading.refusal:
                reading = replace(reading, refusal=earlier.refusal)
            readings[entry.key] = reading
        return readings

    def _reading(self, entry: DotenvEntry) -> Reading:
        if not entry.has_value:
            return self._inherited(entry.key)
        text = content(entry.raw, entry.quoting.character)
        if entry.quoting is Quoting.SINGLE or "$" not in text:
            return self._read(entry.key, text)
        try:
            result = expanded(text, self._lookup, limit=self._left)
        except Refusal as refusal:
            return Reading(None, refusal=plain(f"The value can't be read: {refusal}."))
        except TooLong:
            self._left = 0
            return Reading(
                None, refusal=SafeText("With its variables substituted, it is too long.")
            )
        self._left -= len(result.value)
        return self._read(entry.key, result.value, tuple(result.names), tuple(result.unset))

    def _inherited(self, key: str) -> Reading:
        value = self._environment.get(key)
        if value is None:
            value = self._values.get(key)
        return Reading(None) if value is None else self._read(key, value)

    def _read(
        self, key: str, text: str, names: tuple[str, ...] = (), unset: tuple[str, ...] = ()
    ) -> Reading:
        self._values[key] = text
        return Reading(_as_sent(text), names, unset)

    def _lookup(self, name: str) -> str | None:
        value = self._environment.get(name)
        return self._values.get(name) if value is None else value


def _as_sent(text: str) -> str:
    """A value as a container gets it: bytes that are no UTF-8 are replaced, each by one mark."""
    if text.isascii():
        return text
    joined = text.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")
    return _SURROGATE.sub("\ufffd", joined)
