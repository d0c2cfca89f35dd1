"""What is known of the keys of an environment beforehand: data of the profile."""

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

ENOUGH_MARKS: Final = 3
"""Keys by which a project is taken for the profile's stack. Fewer may be there by chance."""


class Shape(StrEnum):
    """What a value has to look like."""

    URL = "url"
    PORT = "port"
    BOOLEAN = "boolean"
    NUMBER = "number"
    HEX = "hex"
    TOKEN = "token"  # noqa: S105


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one key."""

    name: str
    """`*` stands for any letters."""
    group: SafeText = SafeText("")
    purpose: SafeText = SafeText("")
    required: bool = False
    secret: bool | None = None
    """None where the name and the value decide."""
    shape: Shape | None = None
    schemes: tuple[str, ...] = ()
    """Of a URL; empty for any."""
    digits: int = 0
    """Of a hexadecimal key; 0 for any number."""
    pattern: re.Pattern[str] | None = None
    """What the whole value matches, beside its shape."""
    looks: SafeText = SafeText("")
    """The pattern in words."""
    public: bool = False
    """Browsers have to reach the address."""
    container: bool = False
    """The address is one inside the project's networks."""
    socket_group: bool = False
    """It is the group of the engine's socket."""

    @property
    def is_pattern(self) -> bool:
        """Whether it stands for many keys."""
        return "*" in self.name


@dataclass(frozen=True, slots=True)
class ValuePattern:
    """A key and what its value matches."""

    key: str
    pattern: re.Pattern[str]

    def meets(self, value: str) -> bool:
        """Whether the whole value matches."""
        return self.pattern.fullmatch(value) is not None


@dataclass(frozen=True, slots=True)
class LinkedKeys:
    """Two keys that have to agree."""

    rule: str
    level: EnvironmentLevel
    when: ValuePattern
    then: ValuePattern
    message: SafeText
    hint: SafeText
    unless: ValuePattern | None = None
    absent: bool = False
    """Whether the second key may not be left out either."""
    mend: str | None = None


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Every key that is known beforehand."""

    keys: Mapping[str, Known]
    """By their exact names."""
    patterns: Sequence[tuple[re.Pattern[str], Known]] = ()
    any_pattern: re.Pattern[str] | None = None
    """All of them in one: nearly no key matches any."""
    tools: re.Pattern[str] | None = None
    """Names that compose and docker read themselves."""
    links: tuple[LinkedKeys, ...] = ()
    placeholder: re.Pattern[str] | None = None
    services: frozenset[str] = frozenset()
    marks: frozenset[str] = frozenset()
    applies: bool = True
    """Whether the project is the one that this is about. Where not, no key is required, and
    a key is not taken for known since it stands here."""

    def find(self, key: str) -> Known | None:
        """What is known of a key."""
        known = self.keys.get(key)
        if known is not None or self.any_pattern is None or not self.any_pattern.match(key):
            return known
        return next((known for pattern, known in self.patterns if pattern.match(key)), None)

    def is_tool(self, key: str) -> bool:
        """Whether compose or docker reads it by itself."""
        return self.tools is not None and self.tools.match(key) is not None

    def is_placeholder(self, value: str) -> bool:
        """Whether it looks like a value that nobody has filled in yet."""
        pattern = self.placeholder
        return pattern is not None and pattern.fullmatch(value) is not None

    def for_project(self, services: Iterable[str], keys: Collection[str]) -> "Catalogue":
        """The same, as far as it is about the project with these services and keys."""
        own = not self.services.isdisjoint(services)
        if own or len(self.marks.intersection(keys)) >= ENOUGH_MARKS:
            return self
        freed = {name: replace(known, required=False) for name, known in self.keys.items()}
        return replace(self, keys=freed, applies=False)


EMPTY: Final = Catalogue({})


@cache
def load_catalogue() -> Catalogue:
    """The catalogue of the profile."""
    return parse_catalogue(profile_table("environment"))


def parse_catalogue(profile: Mapping[str, object]) -> Catalogue:
    """The catalogue in a profile's `environment`.

    Raises:
        ValueError: A pattern, a shape or a level is none.
    """
    keys = table(profile, "keys")
    known = [_known(name, table(keys, name)) for name in keys]
    links = profile.get("links")
    return Catalogue(
        keys={item.name: item for item in known if not item.is_pattern},
        patterns=tuple(
            (re.compile(translate(item.name)), item) for item in known if item.is_pattern
        ),
        any_pattern=_any_of(translate(item.name) for item in known if item.is_pattern),
        tools=_any_of(translate(name) for name in words(profile, "tools")),
        links=tuple(_link(item) for item in links) if isinstance(links, list) else (),
        placeholder=_any_of(words(profile, "placeholders")),
        services=frozenset(words(profile, "services")),
        marks=frozenset(words(profile, "marks")),
    )


def _any_of(patterns: Iterable[str]) -> re.Pattern[str] | None:
    joined = "|".join(f"(?:{pattern})" for pattern in patterns)
    return re.compile(joined, re.IGNORECASE | re.DOTALL) if joined else None


def _known(name: str, entry: Mapping[str, object]) -> Known:
    secret, pattern, digits = entry.get("secret"), text(entry, "pattern"), entry.get("digits")
    return Known(
        name=name,
        group=plain(text(entry, "group")),
        purpose=plain(text(entry, "purpose")),
        required=entry.get("required") is True,
        secret=secret if isinstance(secret, bool) else None,
        shape=Shape(text(entry, "shape")) if text(entry, "shape") else None,
        schemes=words(entry, "schemes"),
        digits=digits if isinstance(digits, int) else 0,
        pattern=re.compile(pattern) if pattern else None,
        looks=plain(text(entry, "looks")),
        public=entry.get("public") is True,
        container=entry.get("container") is True,
        socket_group=entry.get("socket_group") is True,
    )


def _link(entry: Mapping[str, object]) -> LinkedKeys:
    return LinkedKeys(
        rule=text(entry, "rule"),
        level=EnvironmentLevel(text(entry, "level")),
        when=_expectation(table(entry, "when")),
        then=_expectation(table(entry, "then")),
        unless=_expectation(table(entry, "unless")) if "unless" in entry else None,
        absent=entry.get("absent") is True,
        message=plain(text(entry, "message")),
        hint=plain(text(entry, "hint")),
        mend=text(entry, "mend") or None,
    )


def _expectation(entry: Mapping[str, object]) -> ValuePattern:
    return ValuePattern(text(entry, "key"), re.compile(text(entry, "pattern"), re.IGNORECASE))
