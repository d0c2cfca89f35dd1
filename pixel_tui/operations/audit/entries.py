"""The audit trail as people read it: one entry a change, from its records. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pixel_tui.humanize import span
from pixel_tui.operations.audit.chain import Record, Trail
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
    """One change: what is recorded of it."""

    job: str
    records: tuple[Record, ...]
    """Oldest first."""
    state: SafeText = UNKNOWN
    """The current state of a job that has no recorded end."""

    @property
    def first(self) -> Record:
        """The oldest of its records."""
        return self.records[0]

    @property
    def last(self) -> Record:
        """The newest of its records."""
        return self.records[-1]

    @property
    def began(self) -> datetime | None:
        """When; None where the record does not say."""
        try:
            return datetime.fromisoformat(self.first.word("time"))
        except ValueError:
            return None

    @property
    def who(self) -> SafeText:
        """`ana@vps`."""
        return plain(f"{self.first.word('user')}@{self.first.word('host')}")

    @property
    def whence(self) -> SafeText:
        """The terminal and, through ssh, the client: `pts/3 from 192.0.2.7`."""
        terminal = self.first.word("terminal").removeprefix("/dev/")
        client = self.first.word("ssh").split()
        return plain(" ".join([terminal, *(["from", client[0]] if client else [])]).strip())

    @property
    def plan(self) -> Mapping[str, object]:
        """The plan as it was recorded; empty where its record is not there."""
        found = next((item.facts.get("plan") for item in self.records if "plan" in item.facts), {})
        return found if isinstance(found, Mapping) else {}

    @property
    def title(self) -> SafeText:
        """What was done."""
        return plain(str(self.plan.get("title") or f"job {self.job}"))

    @property
    def project(self) -> SafeText:
        """The compose project; empty if the record lacks it."""
        return plain(str(self.plan.get("project") or ""))

    @property
    def is_finished(self) -> bool:
        """Whether its end is recorded."""
        return self.last.word("event") not in _UNFINISHED

    @property
    def result(self) -> SafeText:
        """How it ended, in a word; the state of its job if its end is not recorded."""
        if not self.is_finished:
            return self.state
        return plain(self.last.word("result") or self.last.word("event"))

    @property
    def failed(self) -> bool:
        """Whether it did not end as planned, or nobody saw its end."""
        return self.result in _FAILED

    @property
    def took(self) -> SafeText:
        """How long; empty where that is not known."""
        seconds = self.last.facts.get("seconds")
        return plain(span(seconds)) if isinstance(seconds, int | float) else SafeText("")

    def matches(self, words: str) -> bool:
        """Whether all words stand in what is shown of it, whatever their case."""
        shown = (
            f"{self.who} {self.whence} {self.project} {self.title} {self.result} {self.job}".lower()
        )
        return all(word in shown for word in words.lower().split())


def entries(trail: Trail) -> tuple[AuditEntry, ...]:
    """The changes of a trail, newest first: by when they were begun."""
    jobs: dict[str, list[Record]] = {}
    for record in trail.records:
        jobs.setdefault(record.word("job") or f"line {record.line}", []).append(record)
    found = [AuditEntry(job, tuple(records)) for job, records in jobs.items()]
    return tuple(reversed(found))


def whole(entry: AuditEntry) -> Sequence[tuple[str, Sequence[str]]]:
    """All that is recorded of a change: headings, each with its lines. Not made harmless."""
    plan = entry.plan
    commands = plan.get("commands")
    sudo = entry.first.word("sudo_user")
    sections: list[tuple[str, Sequence[str]]] = [
        ("When", [f"{_event(item)}: {item.word('time')}" for item in entry.records]),
        ("Who", [f"{entry.who} {entry.whence}" + (f", by sudo from {sudo}" if sudo else "")]),
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
            f"{name}: {_shown(record.facts[name])}" for name in record.facts if name not in known
        ]
        sections.append((f"{_event(record)}, line {record.line} of the trail", rest))
    return [(title, lines) for title, lines in sections if lines]


def verdict(trail: Trail) -> tuple[bool, SafeText]:
    """Whether the trail is as it was written, and a sentence that says so."""
    if trail.problems:
        more = f" And {len(trail.problems) - 1} more." if len(trail.problems) > 1 else ""
        return False, plain(f"Not intact: {trail.problems[0]}{more}")
    if not trail.records and not trail.skipped:
        return True, SafeText("No changes yet.")
    count = counted(len(trail.records), "record")
    torn = f" {trail.torn:,} cut short by a full disk or a power loss." if trail.torn else ""
    if trail.skipped:
        words = f"The newest {count}, intact. Older ones: pixel-tui audit.{torn}"
        return True, plain(words)
    return True, plain(f"{count}, intact.{torn}")


def _event(record: Record) -> str:
    event = record.word("event")
    return _EVENTS.get(event, event)


def _shown(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    return str(value)
