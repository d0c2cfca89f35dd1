"""The overview of an environment: every key, its state, its users and its findings."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pixel_tui.environment.checks.checked_file import CheckedFile, all_checks
from pixel_tui.environment.checks.finding import EnvironmentFinding, EnvironmentLevel
from pixel_tui.environment.checks.secrecy import is_secret
from pixel_tui.environment.dotenv.document import DotenvDocument, DotenvEntry
from pixel_tui.stack.compose.environment_uses import KeyUse, KeyUseKind
from pixel_tui.text import SafeText, plain

__all__ = ["KeyRow", "KeyState", "KeyUse", "KeyUseKind", "Overview", "key_row", "overview"]


class KeyState(StrEnum):
    """The state of a key."""

    SET = "set"
    MISSING = "missing"
    PLACEHOLDER = "placeholder"
    EMPTY = "empty"
    UNKNOWN = "unknown"
    """Not in the example, the catalogue or the compose file."""
    DUPLICATE = "duplicate"
    """Set more than once; the last one counts."""
    COMMENTED = "commented out"


@dataclass(frozen=True, slots=True)
class KeyRow:
    """One key of the overview."""

    key: SafeText
    section: SafeText
    state: KeyState
    entry: DotenvEntry | None
    """None if it is missing."""
    secret: bool
    required: bool
    purpose: SafeText
    """Empty if it is unknown."""
    uses: tuple[KeyUse, ...]
    written: str
    """The value as written in the file; a secret is shown only if it is revealed."""
    effective: str | None
    """The value as compose reads it."""
    findings: tuple[EnvironmentFinding, ...] = ()
    overridden_by: SafeText = SafeText("")
    """The other environment file whose value is in effect; empty if it is this one's."""
    overrides: SafeText = SafeText("")
    """The earlier environment file that sets it too; empty if none does."""

    @property
    def differs(self) -> bool:
        """Whether compose reads another value than is written in the file."""
        return self.effective is not None and self.effective != self.written


@dataclass(frozen=True, slots=True)
class Overview:
    """All keys and all findings."""

    rows: tuple[KeyRow, ...]
    """By section, the file's sections first. Within a section in file order, then missing keys,
    required ones first."""
    findings: tuple[EnvironmentFinding, ...]
    """All findings, including those about the file; fatal ones and errors first."""
    totals: Mapping[KeyState, int]

    @property
    def is_fatal(self) -> bool:
        """Whether compose refuses the project because of this file."""
        return any(finding.is_fatal for finding in self.findings)


def overview(file: CheckedFile) -> Overview:
    """Return every key of the file, the example, the compose file and the catalogue."""
    findings = find_all(file)
    by_key: dict[str, list[EnvironmentFinding]] = {}
    for finding in findings:
        by_key.setdefault(finding.key, []).append(finding)
    duplicates = _duplicate_keys(file.document)
    rows = [
        _row(file, key, entry, by_key.get(key, ()), duplicates=key in duplicates)
        for key, entry in _entries_by_key(file).items()
    ]
    rows += [_missing_row(file, key, by_key.get(key, ())) for key in _missing_keys(file)]
    order = {name: index for index, name in enumerate(_sections(file.document, rows))}
    rows.sort(key=lambda row: order[row.section])
    return Overview(tuple(rows), findings, Counter(row.state for row in rows))


def key_row(key: str, file: CheckedFile) -> KeyRow:
    """Return a single row of the overview; `file` needs to be checked for this key only."""
    findings = [finding for finding in find_all(file) if finding.key == key]
    entry = _entries_by_key(file).get(key)
    if entry is None:
        return _missing_row(file, key, findings)
    return _row(file, key, entry, findings, duplicates=key in _duplicate_keys(file.document))


def find_all(file: CheckedFile) -> tuple[EnvironmentFinding, ...]:
    """Return the findings of all checks: fatal ones first, then by level and line."""
    levels = list(EnvironmentLevel)
    found = dict.fromkeys(finding for check in all_checks() for finding in check(file))
    return tuple(
        sorted(
            found,
            key=lambda item: (
                not item.is_fatal,
                levels.index(item.level),
                item.line,
                item.key,
            ),
        )
    )


def _entries_by_key(file: CheckedFile) -> dict[str, DotenvEntry]:
    """Return an entry per key in file order; the one in effect if there is one."""
    found = {entry.key: entry for entry in file.document.entries if entry.key}
    return {key: file.entries.get(key, entry) for key, entry in found.items()}


def _duplicate_keys(document: DotenvDocument) -> frozenset[str]:
    counts = Counter(entry.key for entry in document.entries if entry.key and not entry.commented)
    return frozenset(key for key, count in counts.items() if count > 1)


def _missing_keys(file: CheckedFile) -> Sequence[str]:
    """Return keys that are not in the file, required ones first."""
    expected = dict.fromkeys(key for key, entry in file.example.items() if not entry.commented)
    expected |= dict.fromkeys(
        key for key in file.uses.references if not file.catalogue.is_tool_key(key)
    )
    if file.catalogue.applies:
        expected |= dict.fromkeys(file.catalogue.keys)
    present = {entry.key for entry in file.document.entries}
    missing = [key for key in expected if key not in present]
    return sorted(missing, key=lambda key: not file.is_required(key))


def _sections(document: DotenvDocument, rows: Iterable[KeyRow]) -> dict[SafeText, None]:
    """Return the sections in order; keys above all banners come first."""
    sections = dict.fromkeys((SafeText(""), *document.sections))
    return sections | dict.fromkeys(row.section for row in rows)


def _state(file: CheckedFile, key: str, entry: DotenvEntry, *, duplicates: bool) -> KeyState:
    if entry.commented:
        return KeyState.COMMENTED
    if key not in file.values:
        return KeyState.SET if entry.has_value else KeyState.MISSING
    if not file.values[key]:
        return KeyState.EMPTY
    if key in file.placeholders:
        return KeyState.PLACEHOLDER
    if duplicates:
        return KeyState.DUPLICATE
    if file.has_known_keys and not file.is_known(key):
        return KeyState.UNKNOWN
    return KeyState.SET


def _row(
    file: CheckedFile,
    key: str,
    entry: DotenvEntry,
    findings: Iterable[EnvironmentFinding],
    *,
    duplicates: bool,
) -> KeyRow:
    known = file.catalogue.find(key)
    secret = key in file.secrets
    if entry.commented:
        secret = is_secret(key, entry.written, file.catalogue)
    reading = file.readings.get(key)
    return KeyRow(
        key=plain(key),
        section=entry.section or _section(file, key),
        state=_state(file, key, entry, duplicates=duplicates),
        entry=entry,
        secret=secret,
        required=file.is_required(key),
        purpose=known.purpose if known is not None else SafeText(""),
        uses=file.uses.of(key, file.facts.path),
        written=entry.written,
        effective=reading.value if reading is not None and not entry.commented else None,
        findings=tuple(findings),
    )


def _missing_row(file: CheckedFile, key: str, findings: Iterable[EnvironmentFinding]) -> KeyRow:
    known = file.catalogue.find(key)
    return KeyRow(
        key=plain(key),
        section=_section(file, key),
        state=KeyState.MISSING,
        entry=None,
        secret=is_secret(key, "", file.catalogue),
        required=file.is_required(key),
        purpose=known.purpose if known is not None else SafeText(""),
        uses=file.uses.of(key, file.facts.path),
        written="",
        effective=None,
        findings=tuple(findings),
    )


def _section(file: CheckedFile, key: str) -> SafeText:
    """Return the section of a key that is below no banner of the file."""
    example, known = file.example.get(key), file.catalogue.find(key)
    if example is not None and example.section:
        return example.section
    return known.group if known is not None else SafeText("")
