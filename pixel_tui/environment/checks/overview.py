"""Every key of an environment: what it is, who reads it, and how it stands."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pixel_tui.environment.checks.case import CheckedFile, all_checks, make_case
from pixel_tui.environment.checks.catalogue import Catalogue
from pixel_tui.environment.checks.finding import EnvironmentFinding, EnvironmentLevel
from pixel_tui.environment.checks.secrecy import is_secret
from pixel_tui.environment.checks.surroundings import Surroundings
from pixel_tui.environment.dotenv.document import DotenvDocument, DotenvEntry
from pixel_tui.environment.dotenv.values import Reading
from pixel_tui.stack.compose.environment_uses import EnvironmentUses, KeyUse, KeyUseKind
from pixel_tui.text import SafeText, plain

__all__ = ["KeyRow", "KeyState", "KeyUse", "KeyUseKind", "Overview", "key_row", "overview"]


class KeyState(StrEnum):
    """How a key stands."""

    SET = "set"
    MISSING = "missing"
    PLACEHOLDER = "placeholder"
    EMPTY = "empty"
    UNKNOWN = "unknown"
    """Neither the example nor the catalogue nor the compose file knows it."""
    DUPLICATE = "duplicate"
    """Set more than once: the last counts."""
    COMMENTED = "commented out"


@dataclass(frozen=True, slots=True)
class KeyRow:
    """One key."""

    key: SafeText
    section: SafeText
    state: KeyState
    entry: DotenvEntry | None
    """None where it is missing."""
    secret: bool
    required: bool
    purpose: SafeText
    """What it is for; empty where nobody knows."""
    uses: tuple[KeyUse, ...]
    written: str
    """As it stands in the file; never shown where it is secret and not revealed."""
    effective: str | None
    """As compose reads it."""
    findings: tuple[EnvironmentFinding, ...] = ()
    overridden_by: SafeText = SafeText("")
    """The other environment file whose value counts; empty where it is this one's."""
    overrides: SafeText = SafeText("")
    """The environment file before this one that sets it too; empty where none does."""

    @property
    def differs(self) -> bool:
        """Whether compose reads something else than what a person sees in the file."""
        return self.effective is not None and self.effective != self.written


@dataclass(frozen=True, slots=True)
class Overview:
    """Every key there is, and all that is wrong."""

    rows: tuple[KeyRow, ...]
    """By section, those of the file first; in a section in the order of the file, those that
    are missing behind the others, the required ones first."""
    findings: tuple[EnvironmentFinding, ...]
    """All of them, those about the file too; what stops everything and errors first."""
    totals: Mapping[KeyState, int]

    @property
    def stops_everything(self) -> bool:
        """Whether compose refuses the whole project for something in this file."""
        return any(finding.stops_everything for finding in self.findings)


def overview(
    document: DotenvDocument,
    readings: Mapping[str, Reading],
    example: DotenvDocument | None,
    catalogue: Catalogue,
    uses: EnvironmentUses,
    surroundings: Surroundings,
) -> Overview:
    """Every key of the file, the example, the compose file and the catalogue, and its findings.

    Args:
        document: The file.
        readings: Its values as compose reads them (`read_values`).
        example: The example beside it; None where there is none.
        catalogue: All that is known beforehand, of whatever project (`load_catalogue`).
        uses: Who reads what; `NO_USES` where that is not known.
        surroundings: What is around the file.
    """
    case = make_case(document, readings, example, catalogue, uses, surroundings)
    findings = find_all(case)
    by_key: dict[str, list[EnvironmentFinding]] = {}
    for finding in findings:
        by_key.setdefault(finding.key, []).append(finding)
    repeated = _repeated(document)
    rows = [
        _row(case, key, entry, by_key.get(key, ()), repeated=key in repeated)
        for key, entry in _present(case).items()
    ]
    rows += [_missing_row(case, key, by_key.get(key, ())) for key in _missing_keys(case)]
    order = {name: place for place, name in enumerate(_sections(document, rows))}
    rows.sort(key=lambda row: order[row.section])
    return Overview(tuple(rows), findings, Counter(row.state for row in rows))


def key_row(
    key: str,
    document: DotenvDocument,
    readings: Mapping[str, Reading],
    example: DotenvDocument | None,
    catalogue: Catalogue,
    uses: EnvironmentUses,
    surroundings: Surroundings,
) -> KeyRow:
    """One row of the overview, without the others: for while somebody types."""
    case = make_case(document, readings, example, catalogue, uses, surroundings, keys=(key,))
    findings = [finding for finding in find_all(case) if finding.key == key]
    entry = _present(case).get(key)
    if entry is None:
        return _missing_row(case, key, findings)
    return _row(case, key, entry, findings, repeated=key in _repeated(document))


def find_all(case: CheckedFile) -> tuple[EnvironmentFinding, ...]:
    """What all the checks find: what stops everything, then errors first, then by line."""
    levels = list(EnvironmentLevel)
    found = dict.fromkeys(finding for check in all_checks() for finding in check(case))
    return tuple(
        sorted(
            found,
            key=lambda item: (
                not item.stops_everything,
                levels.index(item.level),
                item.line,
                item.key,
            ),
        )
    )


def _present(case: CheckedFile) -> dict[str, DotenvEntry]:
    """The entry of each key in the file's order; one that counts before one that does not."""
    found = {entry.key: entry for entry in case.document.entries if entry.key}
    return {key: case.entries.get(key, entry) for key, entry in found.items()}


def _repeated(document: DotenvDocument) -> frozenset[str]:
    counts = Counter(entry.key for entry in document.entries if entry.key and not entry.commented)
    return frozenset(key for key, count in counts.items() if count > 1)


def _missing_keys(case: CheckedFile) -> Sequence[str]:
    """Keys that are not in the file, those that are required first."""
    named = dict.fromkeys(key for key, entry in case.example.items() if not entry.commented)
    named |= dict.fromkeys(key for key in case.uses.references if not case.catalogue.is_tool(key))
    if case.catalogue.applies:
        named |= dict.fromkeys(case.catalogue.keys)
    present = {entry.key for entry in case.document.entries}
    missing = [key for key in named if key not in present]
    return sorted(missing, key=lambda key: not case.is_required(key))


def _sections(document: DotenvDocument, rows: Iterable[KeyRow]) -> dict[SafeText, None]:
    """Names of sections in their order; what stands above every banner comes first."""
    sections = dict.fromkeys((SafeText(""), *document.sections))
    return sections | dict.fromkeys(row.section for row in rows)


def _state(case: CheckedFile, key: str, entry: DotenvEntry, *, repeated: bool) -> KeyState:
    if entry.commented:
        return KeyState.COMMENTED
    if key not in case.values:
        return KeyState.SET if entry.has_value else KeyState.MISSING
    if not case.values[key]:
        return KeyState.EMPTY
    if key in case.placeholders:
        return KeyState.PLACEHOLDER
    if repeated:
        return KeyState.DUPLICATE
    if case.informed and not case.is_known(key):
        return KeyState.UNKNOWN
    return KeyState.SET


def _row(
    case: CheckedFile,
    key: str,
    entry: DotenvEntry,
    findings: Iterable[EnvironmentFinding],
    *,
    repeated: bool,
) -> KeyRow:
    known = case.catalogue.find(key)
    secret = key in case.secrets
    if entry.commented:
        secret = is_secret(key, entry.written, case.catalogue)
    reading = case.readings.get(key)
    return KeyRow(
        key=plain(key),
        section=entry.section or _section(case, key),
        state=_state(case, key, entry, repeated=repeated),
        entry=entry,
        secret=secret,
        required=case.is_required(key),
        purpose=known.purpose if known is not None else SafeText(""),
        uses=case.uses.of(key, case.surroundings.path),
        written=entry.written,
        effective=reading.value if reading is not None and not entry.commented else None,
        findings=tuple(findings),
    )


def _missing_row(case: CheckedFile, key: str, findings: Iterable[EnvironmentFinding]) -> KeyRow:
    known = case.catalogue.find(key)
    return KeyRow(
        key=plain(key),
        section=_section(case, key),
        state=KeyState.MISSING,
        entry=None,
        secret=is_secret(key, "", case.catalogue),
        required=case.is_required(key),
        purpose=known.purpose if known is not None else SafeText(""),
        uses=case.uses.of(key, case.surroundings.path),
        written="",
        effective=None,
        findings=tuple(findings),
    )


def _section(case: CheckedFile, key: str) -> SafeText:
    """Where a key belongs that stands below no banner of the file."""
    example, known = case.example.get(key), case.catalogue.find(key)
    if example is not None and example.section:
        return example.section
    return known.group if known is not None else SafeText("")
