"""The catalogue of known environment keys, from the profile."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fnmatch import translate
from functools import cache
from typing import Final

from pixel_tui.environment.checks.finding import EnvironmentLevel
from pixel_tui.profile import profile_table, table, text, words
from pixel_tui.text import SafeText, plain

MIN_MARKER_KEYS: Final = 3
"""How many marker keys identify the profile's stack. Fewer may be a coincidence."""


class Shape(StrEnum):
    """The kind of a value."""

    URL = "url"
    PORT = "port"
    BOOLEAN = "boolean"
    NUMBER = "number"
    HEX = "hex"
    TOKEN = "token"  # noqa: S105


@dataclass(frozen=True, slots=True)
class KnownKey:
    """The catalogue's entry about a key."""

    name: str
    """`*` matches any characters."""
    group: SafeText = SafeText("")
    purpose: SafeText = SafeText("")
    required: bool = False
    secret: bool | None = None
    """None if the name and the value decide."""
    shape: Shape | None = None
    schemes: tuple[str, ...] = ()
    """The schemes of a URL; empty for any."""
    digits: int = 0
    """The length of a hexadecimal key; 0 for any."""
    pattern: re.Pattern[str] | None = None
    """A pattern for the full value, in addition to its shape."""
    description: SafeText = SafeText("")
    """The pattern in words."""
    public: bool = False
    """Whether browsers must reach the address."""
    container: bool = False
    """Whether the address is inside the project's networks."""
    socket_group: bool = False
    """Whether it is the group of the Docker socket."""

    @property
    def is_pattern(self) -> bool:
        """Whether it matches several keys."""
        return "*" in self.name


@dataclass(frozen=True, slots=True)
class ValuePattern:
    """A key and a pattern for its value."""

    key: str
    pattern: re.Pattern[str]

    def matches(self, value: str) -> bool:
        """Whether the full value matches."""
        return self.pattern.fullmatch(value) is not None


@dataclass(frozen=True, slots=True)
class LinkedKeys:
    """A rule that one key's value depends on another's."""

    rule: str
    level: EnvironmentLevel
    when: ValuePattern
    then: ValuePattern
    message: SafeText
    hint: SafeText
    unless: ValuePattern | None = None
    then_required: bool = False
    """Whether the second key must be set, too."""
    fix: str | None = None


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All known keys."""

    keys: Mapping[str, KnownKey]
    """By their exact names."""
    patterns: Sequence[tuple[re.Pattern[str], KnownKey]] = ()
    any_pattern: re.Pattern[str] | None = None
    """All patterns in one, as nearly no key matches any."""
    tools: re.Pattern[str] | None = None
    """Names that compose and docker read themselves."""
    links: tuple[LinkedKeys, ...] = ()
    placeholder: re.Pattern[str] | None = None
    services: frozenset[str] = frozenset()
    marker_keys: frozenset[str] = frozenset()
    applies: bool = True
    """Whether the project is the profile's stack. If not, no key is required, and no key is known
    just because it is in the catalogue."""

    def find(self, key: str) -> KnownKey | None:
        """Return the entry for a key; None if there is none."""
        known = self.keys.get(key)
        if known is not None or self.any_pattern is None or not self.any_pattern.match(key):
            return known
        return next((known for pattern, known in self.patterns if pattern.match(key)), None)

    def is_tool_key(self, key: str) -> bool:
        """Whether compose or docker itself reads the key."""
        return self.tools is not None and self.tools.match(key) is not None

    def is_placeholder(self, value: str) -> bool:
        """Whether it looks like a placeholder for a value."""
        pattern = self.placeholder
        return pattern is not None and pattern.fullmatch(value) is not None

    def for_project(self, services: Iterable[str], keys: Collection[str]) -> "Catalogue":
        """Return the catalogue as it applies to a project with these services and keys."""
        is_profile_stack = not self.services.isdisjoint(services)
        if is_profile_stack or len(self.marker_keys.intersection(keys)) >= MIN_MARKER_KEYS:
            return self
        optional = {name: replace(known, required=False) for name, known in self.keys.items()}
        return replace(self, keys=optional, applies=False)


EMPTY: Final = Catalogue({})


@cache
def load_catalogue() -> Catalogue:
    """Return the profile's catalogue."""
    return parse_catalogue(profile_table("environment"))


def parse_catalogue(profile: Mapping[str, object]) -> Catalogue:
    """Parse a profile's `environment` table.

    Raises:
        ValueError: A pattern, a shape or a level is invalid.
    """
    keys = table(profile, "keys")
    known = [_parse_key(name, table(keys, name)) for name in keys]
    links = profile.get("links")
    return Catalogue(
        keys={item.name: item for item in known if not item.is_pattern},
        patterns=tuple(
            (re.compile(translate(item.name)), item) for item in known if item.is_pattern
        ),
        any_pattern=_any_of(translate(item.name) for item in known if item.is_pattern),
        tools=_any_of(translate(name) for name in words(profile, "tools")),
        links=tuple(_parse_link(item) for item in links) if isinstance(links, list) else (),
        placeholder=_any_of(words(profile, "placeholders")),
        services=frozenset(words(profile, "services")),
        marker_keys=frozenset(words(profile, "marker_keys")),
    )


def _any_of(patterns: Iterable[str]) -> re.Pattern[str] | None:
    alternatives = "|".join(f"(?:{pattern})" for pattern in patterns)
    return re.compile(alternatives, re.IGNORECASE | re.DOTALL) if alternatives else None


def _parse_key(name: str, entry: Mapping[str, object]) -> KnownKey:
    secret, pattern, digits = entry.get("secret"), text(entry, "pattern"), entry.get("digits")
    return KnownKey(
        name=name,
        group=plain(text(entry, "group")),
        purpose=plain(text(entry, "purpose")),
        required=entry.get("required") is True,
        secret=secret if isinstance(secret, bool) else None,
        shape=Shape(text(entry, "shape")) if text(entry, "shape") else None,
        schemes=words(entry, "schemes"),
        digits=digits if isinstance(digits, int) else 0,
        pattern=re.compile(pattern) if pattern else None,
        description=plain(text(entry, "description")),
        public=entry.get("public") is True,
        container=entry.get("container") is True,
        socket_group=entry.get("socket_group") is True,
    )


def _parse_link(entry: Mapping[str, object]) -> LinkedKeys:
    return LinkedKeys(
        rule=text(entry, "rule"),
        level=EnvironmentLevel(text(entry, "level")),
        when=_value_pattern(table(entry, "when")),
        then=_value_pattern(table(entry, "then")),
        unless=_value_pattern(table(entry, "unless")) if "unless" in entry else None,
        then_required=entry.get("then_required") is True,
        message=plain(text(entry, "message")),
        hint=plain(text(entry, "hint")),
        fix=text(entry, "fix") or None,
    )


def _value_pattern(entry: Mapping[str, object]) -> ValuePattern:
    return ValuePattern(text(entry, "key"), re.compile(text(entry, "pattern"), re.IGNORECASE))
