"""The output of `pixel-tui env` as text and JSON, without secrets. Pure."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from pixel_tui.commands.status_output import shell_fix
from pixel_tui.environment.apply.impact import Impact
from pixel_tui.environment.checks.finding import EnvironmentFinding, EnvironmentLevel
from pixel_tui.environment.checks.overview import KeyRow, Overview
from pixel_tui.environment.dotenv.difference import DiffLineKind, DotenvDiff
from pixel_tui.health.finding import Finding
from pixel_tui.plurals import counted
from pixel_tui.stack.model.json_value import JsonObject
from pixel_tui.text import plain

VERSION: Final = 1
FAILING_LEVELS: Final = (EnvironmentLevel.ERROR, EnvironmentLevel.WARNING)
"""The levels for which `env check` exits with 1."""


def is_clean(overview: Overview) -> bool:
    """Whether there are no errors and no warnings."""
    return all(finding.level not in FAILING_LEVELS for finding in overview.findings)


def as_json(path: Path, overview: Overview) -> JsonObject:
    """Return an overview as JSON, as documented in `docs/env.schema.json`."""
    return {
        "version": VERSION,
        "file": _text(str(path)),
        "entries": [_entry(row) for row in overview.rows],
        "findings": [_finding(finding) for finding in overview.findings],
    }


def _entry(row: KeyRow) -> JsonObject:
    return {
        "key": row.key,
        "line": row.entry.line if row.entry is not None else 0,
        "state": row.state.value,
        "secret": row.secret,
        "effective_sha256": None if row.effective is None else _sha256(row.effective),
    }


def _finding(finding: EnvironmentFinding) -> JsonObject:
    return {
        "rule": finding.rule,
        "level": finding.level.value,
        "key": _text(finding.key),
        "line": finding.line,
        "message": finding.message,
        "remedy": finding.hint,
    }


def _text(text: str) -> str:
    """Return text that can be encoded, even if a name contains invalid UTF-8."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _sha256(value: str) -> str:
    return hashlib.sha256(value.encode("utf-8", "surrogateescape")).hexdigest()


def as_text(path: Path, overview: Overview, *, named: bool = False) -> str:
    """Return a line per finding, with its hint below it, and the totals.

    Args:
        path: The file.
        overview: The findings.
        named: Whether to print the file's name with the totals.
    """
    lines = []
    for finding in overview.findings:
        location = f"{path}:{finding.line}" if finding.line else f"{path}"
        key = f" {finding.key}:" if finding.key else ""
        lines.append(f"{location}: {finding.level}:{key} {finding.message} [{finding.rule}]")
        if finding.hint:
            lines.append(f"    -> {finding.hint}")
    prefix = f"{path}: " if named else ""
    return "\n".join(plain(line) for line in [*lines, f"{prefix}{_totals(overview)}"])


def _totals(overview: Overview) -> str:
    keys = sum(row.entry is not None and not row.entry.commented for row in overview.rows)
    counts = Counter(finding.level for finding in overview.findings)
    found = [counted(counts[level], level.value) for level in FAILING_LEVELS if counts[level]]
    found += (
        [counted(counts[EnvironmentLevel.INFO], "remark")] if counts[EnvironmentLevel.INFO] else []
    )
    return f"{counted(keys, 'key')}: {', '.join(found) or 'nothing is wrong'}."


def impact_as_json(path: Path, impact: Impact, old: Sequence[Finding] = ()) -> JsonObject:
    """Return an impact as JSON.

    Args:
        path: The file.
        impact: What it would change.
        old: Findings about services that may have an old content of the current file.
    """
    return {
        "version": VERSION,
        "file": _text(str(path)),
        "refusal": impact.refusal,
        "warnings": list(impact.warnings),
        "services": [
            {
                "service": item.service,
                "change": item.change.value,
                "keys": list(item.keys),
                "cause": item.cause,
                "running": item.running,
                "stopped": item.stopped,
            }
            for item in impact.services
        ],
        "outdated": [
            {
                "service": item.service,
                "what": item.what,
                "why": item.why,
                "fix": shell_fix(item),
            }
            for item in old
        ],
    }


def impact_as_text(path: Path, impact: Impact, old: Sequence[Finding] = ()) -> str:
    """Return compose's messages, and a line per service that changes or may have old content."""
    lines = [f"warning: {warning}" for warning in impact.warnings]
    if impact.refusal:
        lines.append(f"Compose refuses the project with this file: {impact.refusal}")
    for item in impact.services:
        keys = f" ({', '.join(item.keys)})" if item.keys else ""
        later = f"; it {item.later}" if item.later else ""
        lines.append(f"{item.service}: {item.change.value}, since {item.cause}{keys}{later}")
    lines += [f"{item.service}: {item.what}, since {item.why}. {shell_fix(item)}" for item in old]
    if not impact.services and not impact.refusal and not old:
        lines.append(f"{path}: no service changes.")
    return "\n".join(plain(line) for line in lines)


def diff_as_text(old: Path, new: Path, found: DotenvDiff) -> str:
    """Return a line-by-line comparison of two files."""
    lines = (
        "..." if line.kind is DiffLineKind.GAP else f"{line.kind.value}{line.text}"
        for line in found.lines
    )
    return "\n".join(map(plain, (f"--- {old}", f"+++ {new}", *lines)))
