"""What a check of an environment is given, and the checks that there are. Pure."""

import importlib
import pkgutil
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple, TypeAlias

from pixel_tui.environment.checks import rules
from pixel_tui.environment.checks.catalogue import Catalogue, Known
from pixel_tui.environment.checks.finding import EnvironmentFinding, EnvironmentLevel
from pixel_tui.environment.checks.secrecy import is_secret
from pixel_tui.environment.checks.surroundings import Surroundings
from pixel_tui.environment.dotenv.document import DotenvDocument, DotenvEntry
from pixel_tui.environment.dotenv.values import Reading
from pixel_tui.redaction.redactor import remember_secret
from pixel_tui.stack.compose.environment_uses import EnvironmentUses
from pixel_tui.text import plain

UNREAD = Reading(None)


class Filled(NamedTuple):
    """A key that somebody has filled in."""

    key: str
    entry: DotenvEntry
    value: str
    """As compose reads it."""
    known: Known | None
    """What the catalogue knows of it."""


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """An environment file and what is known around it."""

    document: DotenvDocument
    readings: Mapping[str, Reading]
    catalogue: Catalogue
    """As far as it is about this project."""
    uses: EnvironmentUses
    surroundings: Surroundings
    example: Mapping[str, DotenvEntry]
    """The example's entries by key, those that are commented out among them."""
    entries: Mapping[str, DotenvEntry]
    """The entry that counts, by key."""
    values: Mapping[str, str]
    """What compose reads, by key; without those that it has no value for."""
    secrets: frozenset[str]
    placeholders: frozenset[str]
    """Keys whose value nobody has filled in yet."""
    filled: tuple[Filled, ...]
    """Those that are looked at and have a value that is neither empty nor a placeholder."""
    informed: bool
    """Whether anything says which keys there are: an example, a project, the catalogue."""
    referred: frozenset[str] = frozenset()
    """Keys that the value of another key of the file refers to."""
    keys: Collection[str] | None = None
    """The keys that are looked at; None for all of them, and the file itself."""

    def looked_at(self) -> Iterator[tuple[str, DotenvEntry]]:
        """The keys and entries that count, of those that are looked at."""
        if self.keys is None:
            yield from self.entries.items()
            return
        for key in self.keys:
            if key in self.entries:
                yield key, self.entries[key]

    def about(self, key: str) -> bool:
        """Whether this key is looked at."""
        return self.keys is None or key in self.keys

    def value(self, key: str) -> str:
        """What compose reads; empty where it reads nothing, or a placeholder."""
        return "" if key in self.placeholders else self.values.get(key, "")

    def is_known(self, key: str) -> bool:
        """Whether the example, the compose file, the catalogue or another key names a key."""
        if key in self.example or key in self.uses.references or self.catalogue.is_tool(key):
            return True
        if key in self.referred:
            return True
        return self.catalogue.applies and self.catalogue.find(key) is not None

    def is_required(self, key: str) -> bool:
        """Whether the catalogue or compose itself asks for a value."""
        known = self.catalogue.find(key)
        return (known is not None and known.required) or any(
            use.required for use in self.uses.references.get(key, ())
        )

    def finding(
        self,
        rule: str,
        level: EnvironmentLevel,
        key: str,
        message: str,
        hint: str,
        *,
        mend: str | None = None,
        line: int | None = None,
    ) -> EnvironmentFinding:
        """A finding about a key; what would mend a secret is left out of it."""
        entry = self.entries.get(key)
        where = line if line is not None else entry.line if entry is not None else 0
        shown = None if key in self.secrets else mend
        return EnvironmentFinding(rule, level, key, where, plain(message), plain(hint), shown)

    def file_finding(
        self, rule: str, level: EnvironmentLevel, message: str, hint: str
    ) -> EnvironmentFinding:
        """A finding about the file."""
        return EnvironmentFinding(rule, level, "", 0, plain(message), plain(hint))


Check: TypeAlias = Callable[[CheckedFile], Iterator[EnvironmentFinding]]


@cache
def all_checks() -> tuple[Check, ...]:
    """Every check there is."""
    found: list[Check] = []
    for module in pkgutil.iter_modules(rules.__path__):
        found += importlib.import_module(f"{rules.__name__}.{module.name}").CHECKS
    return tuple(found)


def make_case(
    document: DotenvDocument,
    readings: Mapping[str, Reading],
    example: DotenvDocument | None,
    catalogue: Catalogue,
    uses: EnvironmentUses,
    surroundings: Surroundings,
    *,
    keys: Collection[str] | None = None,
) -> CheckedFile:
    """Put together what checks are given.

    Args:
        document: The file.
        readings: Its values as compose reads them.
        example: The example beside it; None where there is none.
        catalogue: All that is known beforehand, of whatever project.
        uses: Who reads what.
        surroundings: What is around the file.
        keys: The keys to look at; None for all, and the file itself.
    """
    counting = (entry for entry in document.entries if entry.key and not entry.commented)
    entries = {entry.key: entry for entry in counting}
    model = example_entries(example)
    own = catalogue.for_project(uses.services, {*entries, *model, *uses.references})
    values = {}
    for key, entry in entries.items():
        value = readings[key].value if key in readings else entry.written
        if value is not None:
            values[key] = value
    judged = entries if keys is None else [key for key in keys if key in entries]
    placeholders = frozenset(key for key, value in values.items() if own.is_placeholder(value))
    return CheckedFile(
        document=document,
        readings=readings,
        catalogue=own,
        uses=uses,
        surroundings=surroundings,
        example=model,
        entries=entries,
        values=values,
        secrets=frozenset(
            key for key in judged if is_secret_entry(entries[key], values.get(key, ""), own)
        ),
        placeholders=placeholders,
        filled=tuple(
            Filled(key, entries[key], values[key], own.find(key))
            for key in judged
            if values.get(key) and key not in placeholders
        ),
        informed=bool(model or uses.services or own.applies),
        referred=frozenset(
            name
            for key in entries
            if key in readings
            for name in readings[key].expanded
            if name != key
        ),
        keys=keys,
    )


def example_entries(example: DotenvDocument | None) -> Mapping[str, DotenvEntry]:
    """The example's entries by key; one that counts comes before one that is commented out."""
    if example is None:
        return {}
    ordered = sorted(example.entries, key=lambda entry: not entry.commented)
    return {entry.key: entry for entry in ordered if entry.key}


def is_secret_entry(entry: DotenvEntry, value: str, catalogue: Catalogue) -> bool:
    """Whether an entry's value is secret, as it is written or as compose reads it.

    Of a broken entry nobody knows where it was to end: other keys' secrets may be in it.
    """
    if entry.broken:
        return True
    if is_secret(entry.key, value, catalogue):
        remember_secret(value)
        return True
    return entry.written != value and is_secret(entry.key, entry.written, catalogue)
