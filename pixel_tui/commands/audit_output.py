"""The output of `pixel-tui audit`."""

from collections.abc import Callable, Mapping
from pathlib import Path

from pixel_tui.humanize import span
from pixel_tui.operations.audit.chain import AuditRecord, CheckedTrail
from pixel_tui.plurals import counted
from pixel_tui.text import plain


def print_verdict(trail: CheckedTrail, path: Path, say: Callable[[str], None]) -> bool:
    """Print the problems of a trail; returns whether it is intact."""
    for problem in trail.problems:
        say(problem)
    if trail.truncated:
        say(f"{counted(trail.truncated, 'record')} cut short by a full disk or a power loss.")
    if trail.unchained:
        say(f"{counted(trail.unchained, 'record')} from before records were chained.")
    if trail.problems:
        say(f"{path} is not intact.")
        return False
    say(f"{counted(trail.record_count, 'record')} in {path}, intact.")
    return True


def record_line(record: AuditRecord) -> str:
    """Return a record as a line of text: time, event, user, action, result."""
    plan = record.fields.get("plan")
    title = str(plan.get("title", "")) if isinstance(plan, Mapping) else ""
    seconds = record.fields.get("seconds")
    took = f" in {span(seconds)}" if isinstance(seconds, int | float) else ""
    what = title or f"{record.text('result')}{took}"
    origin = " ".join(part for part in (record.text("terminal"), _client(record)) if part)
    who = f"{record.text('user')}@{record.text('host')}"
    line = f"{record.text('time')[:19]}  {record.text('event'):<5}  {who}  {what}"
    verification = record.text("verification")
    return plain(
        f"{line}{f': {verification}' if verification else ''}{f'  ({origin})' if origin else ''}"
    )


def _client(record: AuditRecord) -> str:
    ssh = record.text("ssh").split()
    return f"from {ssh[0]}" if ssh else ""
