"""The values that compose reads from a `.env`: unquoted, with escapes and variables resolved.

As in compose, a value's reference to a variable gets the one of compose's own environment before
the file's; only keys further up in the file can be referred to; a bare key keeps an earlier value
of the file if the environment has none.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final

from pixel_tui.environment.dotenv.document import DotenvDocument
from pixel_tui.environment.dotenv.entry import DotenvEntry, Quoting
from pixel_tui.environment.dotenv.expansion import ExpansionError, ExpansionTooLong, expand
from pixel_tui.environment.dotenv.grammar import unescape
from pixel_tui.text import SafeText, plain

_SURROGATE = re.compile("[\ud800-\udfff]")

_COMPOSE_PREFIX: Final = "COMPOSE_"
"""The prefix of compose's own variables."""

NO_VALUES: Final[Mapping[str, str]] = MappingProxyType({})

MAX_CHARACTERS: Final = 16 * 1024 * 1024
"""The most characters of all expanded values together."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One key's value as compose reads it."""

    value: str | None = field(repr=False)
    """None if there is none: a bare key that is not in compose's environment, or a value for which
    compose refuses the file."""
    expanded: tuple[str, ...] = ()
    """The variables that the value refers to, in order."""
    unset: tuple[str, ...] = ()
    """Those that are unset: compose inserts nothing and warns."""
    refusal: SafeText = SafeText("")
    """Why compose refuses the file for this value (`${A:?message}`), or for an earlier one of the
    same key; empty if it doesn't."""


def read_values(
    document: DotenvDocument,
    environment: Mapping[str, str],
    earlier: Mapping[str, str] = NO_VALUES,
) -> Mapping[str, Reading]:
    """Return each key's value by compose's rules; the last entry of a key counts.

    These are the values of the file. If compose's own environment has a variable of the same name,
    `${...}` in the compose file gets that one, but services get the file's through `env_file`.

    Args:
        document: The file. If it has faults, compose refuses it, but the valid lines are still
            read here.
        environment: The environment variables of compose.
        earlier: The values of the environment files that compose reads before this one. Values
            can refer to them until the file itself sets the same key.
    """
    readings = _Reader(environment, earlier).readings(document)
    if any(reading.refusal for reading in readings.values()):
        return readings
    # Compose adds its own variables to its environment, then reads the file again.
    own = {
        key: reading.value
        for key, reading in readings.items()
        if key.startswith(_COMPOSE_PREFIX) and reading.value is not None and key not in environment
    }
    return _Reader({**environment, **own}, earlier).readings(document) if own else readings


class _Reader:
    def __init__(self, environment: Mapping[str, str], earlier: Mapping[str, str]) -> None:
        self._environment = environment
        self._values = dict(earlier)
        self._remaining = MAX_CHARACTERS

    def readings(self, document: DotenvDocument) -> dict[str, Reading]:
        """Read the entries in order."""
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
            return self._bare_key(entry.key)
        text = unescape(entry.raw, entry.quoting.character)
        if entry.quoting is Quoting.SINGLE or "$" not in text:
            return self._record(entry.key, text)
        try:
            result = expand(text, self._lookup, limit=self._remaining)
        except ExpansionError as refusal:
            return Reading(None, refusal=plain(f"The value can't be read: {refusal}."))
        except ExpansionTooLong:
            self._remaining = 0
            return Reading(
                None, refusal=SafeText("With its variables substituted, it is too long.")
            )
        self._remaining -= len(result.value)
        return self._record(entry.key, result.value, tuple(result.names), tuple(result.unset))

    def _bare_key(self, key: str) -> Reading:
        value = self._environment.get(key)
        if value is None:
            value = self._values.get(key)
        return Reading(None) if value is None else self._record(key, value)

    def _record(
        self, key: str, text: str, names: tuple[str, ...] = (), unset: tuple[str, ...] = ()
    ) -> Reading:
        self._values[key] = text
        return Reading(_replace_invalid_bytes(text), names, unset)

    def _lookup(self, name: str) -> str | None:
        value = self._environment.get(name)
        return self._values.get(name) if value is None else value


def _replace_invalid_bytes(text: str) -> str:
    """Return a value as a container gets it: each invalid UTF-8 byte is replaced."""
    if text.isascii():
        return text
    joined = text.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")
    return _SURROGATE.sub("\ufffd", joined)
