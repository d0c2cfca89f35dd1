"""The audit trail from the shell: `pixel-tui audit`."""

from collections.abc import Callable, Mapping
from pathlib import Path

from pixel_tui.humanize import span
from pixel_tui.operations.audit.chain import AuditRecord, CheckedTrail
from pixel_tui.plurals import counted
from pixel_tui.text import plain


def verdict(trail: CheckedTrail, path: Path, say: Callable[[str], None]) -> bool:
    """Say whether a trail is as it was written, and what is wrong with it."""
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
    """One record for people: when, who, what, how it ended."""
    plan = record.fields.get("plan")
    title = str(plan.get("title", "")) if isinstance(plan, Mapping) else ""
    seconds = record.fields.get("seconds")
    took = f" in {span(seconds)}" if isinstance(seconds, int | float) else ""
    what = title or f"{record.text('result')}{took}"
    origin = " ".join(part for part in (record.text("terminal"), _client(record)) if part)
    who = f"{record.text('user')}@{record.text('host')}"
    words = f"{record.text('time')[:19]}  {record.text('event'):<5}  {who}  {what}"
    said = record.text("verification")
    return plain(f"{words}{f': {said}' if said else ''}{f'  ({origin})' if origin else ''}")


def _client(record: AuditRecord) -> str:
    ssh = record.text("ssh").split()
    return f"from {ssh[0]}" if ssh else ""
