"""Entries of the audit trail for people: the records of one change together. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pixel_tui.humanize import span
from pixel_tui.operations.audit.chain import AuditRecord, CheckedTrail
from pixel_tui.plurals import counted
from pixel_tui.text import SafeText, plain

UNKNOWN: Final = SafeText("unknown")
_FAILED: Final = {"failed", "abandoned"}
_UNFINISHED: Final = {"begin", "left"}
_EVENTS: Final = {
    "begin": "Started",
    "end": "Finished",
    "left": "pixel-tui quit before its end",
    "accept": "Accepted",
}
"""Headings of a change's records, by event."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One change, with its records."""

    job: str
    records: tuple[AuditRecord, ...]
    """Oldest first."""
    state: SafeText = UNKNOWN
    """The current state of a job that has no recorded end."""

    @property
    def first(self) -> AuditRecord:
        """The oldest of its records."""
        return self.records[0]

    @property
    def last(self) -> AuditRecord:
        """The newest of its records."""
        return self.records[-1]

    @property
    def started_at(self) -> datetime | None:
        """When it started, UTC; None if the record lacks it."""
        try:
            return datetime.fromisoformat(self.first.text("time"))
        except ValueError:
            return None

    @property
    def author(self) -> SafeText:
        """The user and the host: `ana@vps`."""
        return plain(f"{self.first.text('user')}@{self.first.text('host')}")

    @property
    def client(self) -> SafeText:
        """The terminal and, through ssh, the client: `pts/3 from 192.0.2.7`."""
        terminal = self.first.text("terminal").removeprefix("/dev/")
        client = self.first.text("ssh").split()
        return plain(" ".join([terminal, *(["from", client[0]] if client else [])]).strip())

    @property
    def plan(self) -> Mapping[str, object]:
        """The recorded plan; empty if its record is missing."""
        found = next(
            (item.fields.get("plan") for item in self.records if "plan" in item.fields), {}
        )
        return found if isinstance(found, Mapping) else {}

    @property
    def title(self) -> SafeText:
        """The plan's title."""
        return plain(str(self.plan.get("title") or f"job {self.job}"))

    @property
    def project(self) -> SafeText:
        """The compose project; empty if the record lacks it."""
        return plain(str(self.plan.get("project") or ""))

    @property
    def is_finished(self) -> bool:
        """Whether its end is recorded."""
        return self.last.text("event") not in _UNFINISHED

    @property
    def result(self) -> SafeText:
        """The recorded result in a word; else the current state of the job."""
        if not self.is_finished:
            return self.state
        return plain(self.last.text("result") or self.last.text("event"))

    @property
    def failed(self) -> bool:
        """Whether it failed or was abandoned."""
        return self.result in _FAILED

    @property
    def duration(self) -> SafeText:
        """The duration in words; empty if unknown."""
        seconds = self.last.fields.get("seconds")
        return plain(span(seconds)) if isinstance(seconds, int | float) else SafeText("")

    def matches(self, words: str) -> bool:
        """Whether its row contains all words, ignoring case."""
        cells = (self.author, self.client, self.project, self.title, self.result, self.job)
        shown = " ".join(cells).lower()
        return all(word in shown for word in words.lower().split())


def audit_entries(trail: CheckedTrail) -> tuple[AuditEntry, ...]:
    """Group the records of a trail by change, newest first."""
    jobs: dict[str, list[AuditRecord]] = {}
    for record in trail.records:
        jobs.setdefault(record.text("job") or f"line {record.line}", []).append(record)
    found = [AuditEntry(job, tuple(records)) for job, records in jobs.items()]
    return tuple(reversed(found))


def entry_sections(entry: AuditEntry) -> Sequence[tuple[str, Sequence[str]]]:
    """Return everything recorded of a change, as headings with raw, uncleaned lines."""
    plan = entry.plan
    commands = plan.get("commands")
    sudo = entry.first.text("sudo_user")
    sections: list[tuple[str, Sequence[str]]] = [
        ("When", [f"{_event(item)}: {item.text('time')}" for item in entry.records]),
        ("Who", [f"{entry.author} {entry.client}" + (f", by sudo from {sudo}" if sudo else "")]),
        (
            "Plan",
            [f"{name}: {_shown(plan[name])}" for name in plan if name != "commands"],
        ),
        ("Commands", [f"$ {line}" for line in commands] if isinstance(commands, list) else []),
    ]
    for record in entry.records:
        known = {"version", "event", "time", "job", "plan", "previous", "user", "host", "pid",
                 "terminal", "ssh", "sudo_user"}  # fmt: skip
        rest = [
            f"{name}: {_shown(record.fields[name])}" for name in record.fields if name not in known
        ]
        sections.append((f"{_event(record)}, line {record.line} of the trail", rest))
    return [(title, lines) for title, lines in sections if lines]


def trail_verdict(trail: CheckedTrail) -> tuple[bool, SafeText]:
    """Return whether the trail is intact, and a sentence about it."""
    if trail.problems:
        more = f" And {len(trail.problems) - 1} more." if len(trail.problems) > 1 else ""
        return False, plain(f"Not intact: {trail.problems[0]}{more}")
    if not trail.records and not trail.skipped:
        return True, SafeText("No changes yet.")
    count = counted(len(trail.records), "record")
    torn = (
        f" {trail.truncated:,} cut short by a full disk or a power loss." if trail.truncated else ""
    )
    if trail.skipped:
        words = f"The newest {count}, intact. Older ones: pixel-tui audit.{torn}"
        return True, plain(words)
    return True, plain(f"{count}, intact.{torn}")


def _event(record: AuditRecord) -> str:
    event = record.text("event")
    return _EVENTS.get(event, event)


def _shown(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    return str(value)
