"""Several environment files over one another: which of them sets a key, and which one counts.

Compose reads the files in their order, and a later one overrides an earlier one. Pure.
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
    """What the other environment files set that compose reads."""

    earlier: Mapping[str, SafeText] = field(default_factory=dict)
    """Keys of the files before this one, each with the nearest file that sets it."""
    later: Mapping[str, SafeText] = field(default_factory=dict)
    """Keys of the files after this one, each with the file whose value counts."""
    last: bool = True
    """Whether no file comes after this one."""

    def marked(self, row: KeyRow) -> KeyRow:
        """A key with what the other files have to do with it.

        Nothing is to be done about a value that is not used, and what is missing in all of the
        files is said of the last one.
        """
        counts = row.entry is not None and not row.entry.commented
        earlier, later = (found.get(row.key, SafeText("")) for found in (self.earlier, self.later))
        if not counts:
            told = row.entry is not None or self.last
            findings = row.findings if told else ()
            return replace(row, overridden_by=later or earlier, findings=findings)
        read_whole = any(use.how is KeyUseKind.ENV_FILE for use in row.uses)
        broken = row.entry is not None and row.entry.broken
        findings = row.findings if not later or read_whole or broken else ()
        return replace(row, overridden_by=later, overrides=earlier, findings=findings)

    def layered(self, found: Overview) -> Overview:
        """An overview with what the other files have to do with its keys."""
        if self == ALONE:
            return found
        rows = tuple(map(self.marked, found.rows))
        kept: dict[str, tuple[EnvironmentFinding, ...]] = {row.key: row.findings for row in rows}
        findings = tuple(
            item for item in found.findings if not item.key or item in kept.get(item.key, (item,))
        )
        return replace(found, rows=rows, findings=findings)


ALONE = Layers()
"""There is one file."""


def read_layers(
    documents: Iterable[DotenvDocument], environment: Mapping[str, str]
) -> list[Mapping[str, Reading]]:
    """What compose reads in each of several files; each may refer to keys of those before it.

    Args:
        documents: The files in their order.
        environment: The variables that compose would see.
    """
    found: list[Mapping[str, Reading]] = []
    before: dict[str, str] = {}
    for document in documents:
        readings = read_values(document, environment, before)
        found.append(readings)
        before |= set_in(readings)
    return found


def set_in(readings: Mapping[str, Reading]) -> dict[str, str]:
    """The keys that a file sets, with their values."""
    return {key: item.value for key, item in readings.items() if item.value is not None}


def short_names(paths: Sequence[Path]) -> list[SafeText]:
    """What the files are called where all of them are spoken of: their names, if these differ."""
    count = Counter(path.name for path in paths)
    return [plain(path.name if count[path.name] == 1 else str(path)) for path in paths]
