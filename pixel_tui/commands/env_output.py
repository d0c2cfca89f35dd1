"""What `pixel-tui env` prints: an environment's overview as text and as JSON. Pure.

No value of a secret is in either.
"""

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
COUNTED: Final = (EnvironmentLevel.ERROR, EnvironmentLevel.WARNING)
"""What makes `env check` exit with 1."""


def is_clean(overview: Overview) -> bool:
    """Whether there is neither an error nor a warning."""
    return all(finding.level not in COUNTED for finding in overview.findings)


def as_json(path: Path, overview: Overview) -> JsonObject:
    """An overview for scripts: `docs/env.schema.json` describes it."""
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
    """Text that can be encoded, whatever bytes a name is made of."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _sha256(value: str) -> str:
    return hashlib.sha256(value.encode("utf-8", "surrogateescape")).hexdigest()


def as_text(path: Path, overview: Overview, *, named: bool = False) -> str:
    """A finding a line, its hint below it, and the sum of it all.

    Args:
        path: The file.
        overview: What was found.
        named: Say of which file the sum is.
    """
    lines = []
    for finding in overview.findings:
        place = f"{path}:{finding.line}" if finding.line else f"{path}"
        key = f" {finding.key}:" if finding.key else ""
        lines.append(f"{place}: {finding.level}:{key} {finding.message} [{finding.rule}]")
        if finding.hint:
            lines.append(f"    -> {finding.hint}")
    sum_of = f"{path}: " if named else ""
    return "\n".join(plain(line) for line in [*lines, f"{sum_of}{_sum(overview)}"])


def _sum(overview: Overview) -> str:
    keys = sum(row.entry is not None and not row.entry.commented for row in overview.rows)
    counts = Counter(finding.level for finding in overview.findings)
    found = [counted(counts[level], level.value) for level in COUNTED if counts[level]]
    found += (
        [counted(counts[EnvironmentLevel.INFO], "remark")] if counts[EnvironmentLevel.INFO] else []
    )
    return f"{counted(keys, 'key')}: {', '.join(found) or 'nothing is wrong'}."


def impact_as_json(path: Path, impact: Impact, old: Sequence[Finding] = ()) -> JsonObject:
    """An impact for scripts.

    Args:
        path: The file.
        impact: What it would change.
        old: What may have an old content of the file as it is.
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
    """What compose says, and a line a service that would change or may have an old content."""
    lines = [f"warning: {words}" for words in impact.warnings]
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


def difference_as_text(old: Path, new: Path, found: DotenvDiff) -> str:
    """Two files compared, line by line."""
    lines = (
        "..." if line.kind is DiffLineKind.GAP else f"{line.kind.value}{line.text}"
        for line in found.lines
    )
    return "\n".join(map(plain, (f"--- {old}", f"+++ {new}", *lines)))
