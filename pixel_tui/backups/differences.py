"""Compares the deployment in a backup with the current one. Values are never shown."""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pixel_tui.backups.copies import hash_file
from pixel_tui.backups.manifest import Item, ItemKind, Manifest, wanted_for_deployment
from pixel_tui.files import open_regular
from pixel_tui.redaction.redactor import redact
from pixel_tui.text import SafeText, plain

MAX_BYTES: Final = 256 * 1024
MAX_LINES: Final = 20
MAX_HASHED_BYTES: Final = 1024 * 1024
"""The size up to which a plan compares files, and reads them again before it is run; larger ones
are compared by the restore."""
MAX_COMPARED_LINES: Final = 10_000
"""The most lines that are compared; more may take minutes."""
_VARIABLE: Final = re.compile(
    r"^[^\S\n]*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.]*)[^\S\n]*=(.*)$", re.MULTILINE
)


def is_same(item: Item, target: Path) -> bool:
    """Whether a file is unchanged, byte for byte, so that a restore leaves it alone.

    Raises:
        OSError: It can't be read.
    """
    if item.kind is not ItemKind.FILE or not target.is_file():
        return False
    return target.stat().st_size == item.size and hash_file(target) == item.sha256


@dataclass(frozen=True, slots=True)
class FileComparison:
    """The files of a backup compared with the current ones, by source."""

    replaced: frozenset[str] = frozenset()
    """Those that a roll-back replaces, including unreadable ones."""
    unchanged: frozenset[str] = frozenset()
    """Those that a restore leaves alone because they are identical."""


def compare_files(manifest: Manifest, places: Mapping[str, str]) -> FileComparison:
    """Compare the files of a backup; each is read at most once.

    Args:
        manifest: The backup's.
        places: The real paths of its files, by source.
    """
    same = {
        item.source
        for item in manifest.items
        if item.source in places
        and (item.size <= MAX_HASHED_BYTES or wanted_for_deployment(item))
        and _is_known_same(item, Path(places[item.source]))
    }
    return FileComparison(
        frozenset(
            item.source
            for item in manifest.items
            if wanted_for_deployment(item) and item.source not in same
        ),
        frozenset(
            item.source
            for item in manifest.items
            if item.source in same and item.size <= MAX_HASHED_BYTES
        ),
    )


def _is_known_same(item: Item, target: Path) -> bool:
    try:
        return is_same(item, target)
    except OSError:
        return False


def changed_variables(
    folder: Path, manifest: Manifest, project: Path
) -> tuple[tuple[SafeText, SafeText], ...]:
    """Return environment files with the names of the variables that differ."""
    found = []
    for item in _items(manifest, compose=False):
        then = dict(_VARIABLE.findall(_text(folder / item.path)))
        now = dict(_VARIABLE.findall(_text(project / item.source)))
        names = {name for name in then.keys() | now.keys() if then.get(name) != now.get(name)}
        found += [(plain(item.source), plain(name)) for name in sorted(names)]
    return tuple(found)


def changed_lines(
    folder: Path, manifest: Manifest, project: Path
) -> tuple[tuple[SafeText, SafeText], ...]:
    """Return compose files with changed lines: `- now` is removed, `+ then` is added."""
    found = []
    for item in _items(manifest, compose=True):
        now = _text(project / item.source).splitlines()
        then = _text(folder / item.path).splitlines()
        if len(now) + len(then) > MAX_COMPARED_LINES:
            found.append((plain(item.source), plain("too long to compare")))
            continue
        lines = [
            f"{line[0]} {line[1:].strip()}"
            for line in difflib.unified_diff(now, then, n=0, lineterm="")
            if line[0] in "+-" and not line.startswith(("+++", "---")) and line[1:].strip()
        ]
        shown = lines[:MAX_LINES]
        if len(lines) > MAX_LINES:
            shown.append(f"and {len(lines) - MAX_LINES} more lines")
        found += [(plain(item.source), plain(redact(line))) for line in shown]
    return tuple(found)


def _items(manifest: Manifest, *, compose: bool) -> list[Item]:
    return [
        item
        for item in manifest.items
        if wanted_for_deployment(item) and (item.details.get("compose") is True) is compose
    ]


def _text(path: Path) -> str:
    try:
        with open_regular(path) as file:
            return file.read(MAX_BYTES).decode(errors="replace")
    except OSError:
        return ""
