"""The input of environment checks, and the list of all checks. Pure."""

import importlib
import pkgutil
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple, TypeAlias

from pixel_tui.environment.checks import rules
from pixel_tui.environment.checks.catalogue import Catalogue, KnownKey
from pixel_tui.environment.checks.file_facts import FileFacts
from pixel_tui.environment.checks.finding import EnvironmentFinding, EnvironmentLevel
from pixel_tui.environment.checks.secrecy import is_secret
from pixel_tui.environment.dotenv.document import DotenvDocument, DotenvEntry
from pixel_tui.environment.dotenv.values import Reading
from pixel_tui.redaction.redactor import remember_secret
from pixel_tui.stack.compose.environment_uses import EnvironmentUses
from pixel_tui.text import plain


class FilledKey(NamedTuple):
    """A key with a value that is neither empty nor a placeholder."""

    key: str
    entry: DotenvEntry
    value: str
    """As compose reads it."""
    known: KnownKey | None
    """Its entry in the catalogue."""


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """An environment file with all that checks need to know."""

    document: DotenvDocument
    readings: Mapping[str, Reading]
    catalogue: Catalogue
    """Adapted to this project (`Catalogue.for_project`)."""
    uses: EnvironmentUses
    facts: FileFacts
    example: Mapping[str, DotenvEntry]
    """The example's entries by key, including commented-out ones."""
    entries: Mapping[str, DotenvEntry]
    """The entry in effect, by key."""
    values: Mapping[str, str]
    """The values that compose reads, by key; without keys that have none."""
    secrets: frozenset[str]
    placeholders: frozenset[str]
    """Keys whose value is still a placeholder."""
    filled: tuple[FilledKey, ...]
    """The checked keys with a value that is neither empty nor a placeholder."""
    has_known_keys: bool
    """Whether there is a source of valid keys: an example, a project, the catalogue."""
    referenced: frozenset[str] = frozenset()
    """Keys that values of other keys of the file refer to."""
    keys: Collection[str] | None = None
    """The keys to check; None for all of them and the file itself."""

    def checked_entries(self) -> Iterator[tuple[str, DotenvEntry]]:
        """Yield the checked keys with their entries in effect."""
        if self.keys is None:
            yield from self.entries.items()
            return
        for key in self.keys:
            if key in self.entries:
                yield key, self.entries[key]

    def includes(self, key: str) -> bool:
        """Whether this key is checked."""
        return self.keys is None or key in self.keys

    def value(self, key: str) -> str:
        """Return the value that compose reads; empty if there is none, or a placeholder."""
        return "" if key in self.placeholders else self.values.get(key, "")

    def is_known(self, key: str) -> bool:
        """Whether the example, the compose file, the catalogue or another key has this key."""
        if key in self.example or key in self.uses.references or self.catalogue.is_tool_key(key):
            return True
        if key in self.referenced:
            return True
        return self.catalogue.applies and self.catalogue.find(key) is not None

    def is_required(self, key: str) -> bool:
        """Whether the catalogue or the compose file requires a value."""
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
        fix: str | None = None,
        line: int | None = None,
    ) -> EnvironmentFinding:
        """Return a finding about a key; a fix that would show a secret is left out."""
        entry = self.entries.get(key)
        line_number = line if line is not None else entry.line if entry is not None else 0
        safe_fix = None if key in self.secrets else fix
        return EnvironmentFinding(
            rule, level, key, line_number, plain(message), plain(hint), safe_fix
        )

    def file_finding(
        self, rule: str, level: EnvironmentLevel, message: str, hint: str
    ) -> EnvironmentFinding:
        """Return a finding about the file."""
        return EnvironmentFinding(rule, level, "", 0, plain(message), plain(hint))


Check: TypeAlias = Callable[[CheckedFile], Iterator[EnvironmentFinding]]


@cache
def all_checks() -> tuple[Check, ...]:
    """Return all checks of all rule modules."""
    found: list[Check] = []
    for module in pkgutil.iter_modules(rules.__path__):
        found += importlib.import_module(f"{rules.__name__}.{module.name}").CHECKS
    return tuple(found)


def check_input(
    document: DotenvDocument,
    readings: Mapping[str, Reading],
    example: DotenvDocument | None,
    catalogue: Catalogue,
    uses: EnvironmentUses,
    facts: FileFacts,
    *,
    keys: Collection[str] | None = None,
) -> CheckedFile:
    """Collect the input of checks.

    Args:
        document: The file.
        readings: Its values as compose reads them (`read_values`).
        example: The example next to it; None if there is none.
        catalogue: The complete catalogue, for any project (`load_catalogue`).
        uses: Which services read which keys; `NO_USES` if that is unknown.
        facts: Facts about the file.
        keys: The keys to check; None for all and the file itself.
    """
    active = (entry for entry in document.entries if entry.key and not entry.commented)
    entries = {entry.key: entry for entry in active}
    example_by_key = example_entries(example)
    project_catalogue = catalogue.for_project(
        uses.services, {*entries, *example_by_key, *uses.references}
    )
    values = {}
    for key, entry in entries.items():
        value = readings[key].value if key in readings else entry.written
        if value is not None:
            values[key] = value
    checked = entries if keys is None else [key for key in keys if key in entries]
    placeholders = frozenset(
        key for key, value in values.items() if project_catalogue.is_placeholder(value)
    )
    return CheckedFile(
        document=document,
        readings=readings,
        catalogue=project_catalogue,
        uses=uses,
        facts=facts,
        example=example_by_key,
        entries=entries,
        values=values,
        secrets=frozenset(
            key
            for key in checked
            if is_secret_entry(entries[key], values.get(key, ""), project_catalogue)
        ),
        placeholders=placeholders,
        filled=tuple(
            FilledKey(key, entries[key], values[key], project_catalogue.find(key))
            for key in checked
            if values.get(key) and key not in placeholders
        ),
        has_known_keys=bool(example_by_key or uses.services or project_catalogue.applies),
        referenced=frozenset(
            name
            for key in entries
            if key in readings
            for name in readings[key].expanded
            if name != key
        ),
        keys=keys,
    )


def example_entries(example: DotenvDocument | None) -> Mapping[str, DotenvEntry]:
    """Return the example's entries by key; an active entry comes before a commented-out one."""
    if example is None:
        return {}
    ordered = sorted(example.entries, key=lambda entry: not entry.commented)
    return {entry.key: entry for entry in ordered if entry.key}


def is_secret_entry(entry: DotenvEntry, value: str, catalogue: Catalogue) -> bool:
    """Whether an entry's value is secret, as written or as compose reads it.

    A broken entry always is: its end is unknown, so it may contain secrets of other keys.
    """
    if entry.broken:
        return True
    if is_secret(entry.key, value, catalogue):
        remember_secret(value)
        return True
    return entry.written != value and is_secret(entry.key, entry.written, catalogue)
