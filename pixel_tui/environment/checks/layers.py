"""Combines several environment files: which of them set a key, and which value is in effect.

Compose reads the files in order; a later one overrides an earlier one. Pure.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pixel_tui.environment.checks.finding import EnvironmentFinding
from pixel_tui.environment.checks.overview import KeyRow, KeyUseKind, Overview
from pixel_tui.environment.dotenv.document import DotenvDocument
from pixel_tui.environment.dotenv.values import Reading, read_values
from pixel_tui.text import SafeText, plain


@dataclass(frozen=True, slots=True)
class Layers:
    """The keys that the other environment files set."""

    earlier: Mapping[str, SafeText] = field(default_factory=dict)
    """Keys of the files before this one, each with the nearest file that sets it."""
    later: Mapping[str, SafeText] = field(default_factory=dict)
    """Keys of the files after this one, each with the file whose value is in effect."""
    last: bool = True
    """Whether this is the last file."""

    def annotate(self, row: KeyRow) -> KeyRow:
        """Return a row with the files that override it, or that it overrides.

        Findings about an unused value are removed; a key that is missing in all files is reported
        for the last one only.
        """
        is_active = row.entry is not None and not row.entry.commented
        earlier, later = (
            overview.get(row.key, SafeText("")) for overview in (self.earlier, self.later)
        )
        if not is_active:
            reported_here = row.entry is not None or self.last
            findings = row.findings if reported_here else ()
            return replace(row, overridden_by=later or earlier, findings=findings)
        is_env_file = any(use.how is KeyUseKind.ENV_FILE for use in row.uses)
        broken = row.entry is not None and row.entry.broken
        findings = row.findings if not later or is_env_file or broken else ()
        return replace(row, overridden_by=later, overrides=earlier, findings=findings)

    def annotate_all(self, overview: Overview) -> Overview:
        """Return an overview with all rows annotated, and without findings about unused values."""
        if self == SINGLE_FILE:
            return overview
        rows = tuple(map(self.annotate, overview.rows))
        kept: dict[str, tuple[EnvironmentFinding, ...]] = {row.key: row.findings for row in rows}
        findings = tuple(
            item
            for item in overview.findings
            if not item.key or item in kept.get(item.key, (item,))
        )
        return replace(overview, rows=rows, findings=findings)


SINGLE_FILE = Layers()
"""For a single file."""


def read_layers(
    documents: Iterable[DotenvDocument], environment: Mapping[str, str]
) -> list[Mapping[str, Reading]]:
    """Return the values of several files; each may refer to keys of earlier ones.

    Args:
        documents: The files in their order.
        environment: The environment variables of compose.
    """
    overview: list[Mapping[str, Reading]] = []
    before: dict[str, str] = {}
    for document in documents:
        readings = read_values(document, environment, before)
        overview.append(readings)
        before |= set_values(readings)
    return overview


def set_values(readings: Mapping[str, Reading]) -> dict[str, str]:
    """Return the keys that a file sets, with their values."""
    return {key: item.value for key, item in readings.items() if item.value is not None}


def short_names(paths: Sequence[Path]) -> list[SafeText]:
    """Return short, distinct names of files: their base names if they differ, else their paths."""
    count = Counter(path.name for path in paths)
    return [plain(path.name if count[path.name] == 1 else str(path)) for path in paths]
