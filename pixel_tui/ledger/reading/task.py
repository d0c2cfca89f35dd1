"""A task of the ledger. All text in here is harmless; times are aware and in UTC."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from pixel_tui.humanize import age, span
from pixel_tui.ledger.file.json_edit import members_of
from pixel_tui.redaction.redactor import mask_value, redact
from pixel_tui.stack.model.json_value import JsonObject, JsonValue, Node
from pixel_tui.text import NO_TEXT, SafeText, plain, plain_lines

SHORT: Final = 8
"""So many characters of a task's id are in the names of its container and its log."""
_LINE: Final = 200
"""So much of a line is kept in a list."""
_FILE_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}", re.ASCII)


class TaskStatus(StrEnum):
    """What the ledger claims."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    ABORTED = "aborted"
    UNKNOWN = "unknown"
    """A word that this console does not know: `Task.status_text` has it."""

    @property
    def ended(self) -> bool:
        """Whether nothing more will come of it by itself."""
        return self in {TaskStatus.COMPLETED, TaskStatus.FAILED, TaskStatus.ABORTED}


class TaskType(StrEnum):
    """What kind of work it is."""

    OPENCODE = "opencode"
    DOCKER_OP = "docker-op"
    GIT_OP = "git-op"
    SYNTROPY_REBUILD = "syntropy-rebuild"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Task:
    """One task, as far as it could be understood. What could not is in `odd`.

    `headline`, `summary` and `error` are harmless, and may hold secrets: whoever shows or records
    one of them uses `shown`, which takes too long for ten thousand tasks.
    """

    id: SafeText = NO_TEXT
    status: TaskStatus = TaskStatus.UNKNOWN
    status_text: SafeText = NO_TEXT
    type: TaskType = TaskType.UNKNOWN
    type_text: SafeText = NO_TEXT
    created: datetime | None = None
    started: datetime | None = None
    completed: datetime | None = None
    headline: SafeText = NO_TEXT
    """The first line of what is to be done."""
    summary: SafeText = NO_TEXT
    """The first line of what the worker said that it did."""
    error: SafeText = NO_TEXT
    """The first line of what went wrong."""
    attempts: int = 0
    max_attempts: int = 0
    """0 where the ledger does not say."""
    worker_id: SafeText = NO_TEXT
    """The short id of the container, as the worker wrote it."""
    exit_code: int | None = None
    """-1 where the container had gone."""
    odd: tuple[SafeText, ...] = ()
    """What is not as the format says."""
    raw: bytes = field(default=b"", repr=False)
    """Its text in the file."""

    @property
    def short(self) -> str:
        """The first eight characters of its id."""
        return self.id[:SHORT]

    @property
    def file_name(self) -> str:
        """Its id where it can be part of a file's name, else empty."""
        return self.id if _FILE_NAME.fullmatch(self.id) else ""

    @property
    def tries(self) -> int:
        """How often it was tried: once at least where it has run, though nobody counted."""
        ran = self.started is not None and self.status is not TaskStatus.PENDING
        return max(self.attempts, int(ran))

    @property
    def tries_left(self) -> bool:
        """Whether it was tried less often than it may be."""
        return not self.max_attempts or self.tries < self.max_attempts

    def age(self, now: datetime) -> float | None:
        """Seconds since it was created."""
        return None if self.created is None else (now - self.created).total_seconds()

    def seconds(self, now: datetime) -> float | None:
        """How long it ran, or has been running; None where that is not known."""
        if self.started is None:
            return None
        if self.status is TaskStatus.RUNNING:
            return (now - self.started).total_seconds()
        if self.completed is None:
            return None
        return (self.completed - self.started).total_seconds()

    def took(self, now: datetime) -> SafeText:
        """The same in words, to the minute while it runs; empty where that is not known."""
        seconds = self.seconds(now)
        if seconds is None:
            return NO_TEXT
        return age(seconds) if self.status is TaskStatus.RUNNING else span(seconds)


@dataclass(frozen=True, slots=True)
class TaskTexts:
    """The long texts of a task, line by line, without secrets that can be recognised.

    Taken from its `raw` when they are looked at.
    """

    task: tuple[SafeText, ...] = ()
    context: tuple[SafeText, ...] = ()
    summary: tuple[SafeText, ...] = ()
    output: tuple[SafeText, ...] = ()
    error: tuple[SafeText, ...] = ()
    last_error: tuple[SafeText, ...] = ()
    """Of the attempt before."""
    others: tuple[tuple[SafeText, SafeText], ...] = ()
    """Fields that the format does not know, and their values."""


_KNOWN: Final = frozenset(
    {"id", "status", "createdAt", "startedAt", "completedAt", "type", "payload"}
    | {"workerId", "workerPid", "exitCode", "output", "summary", "error"}
    | {"attempts", "maxAttempts", "lastAttemptError"}
)


# Found in a tenth of the time that an enum takes to look a word up.
_STATUSES: Final = {item.value: item for item in TaskStatus if item is not TaskStatus.UNKNOWN}
_TYPES: Final = {item.value: item for item in TaskType if item is not TaskType.UNKNOWN}


def shown(line: SafeText) -> SafeText:
    """A line of a task as it may be shown and recorded: secrets that can be recognised masked."""
    return plain(redact(line)) if line else line


def parse_task(raw: bytes, value: JsonValue) -> Task:
    """What an element of the array of tasks says. Never raises: an odd task says why it is odd."""
    if not isinstance(value, dict):
        return Task(odd=(SafeText("it is no object"),), headline=_first_line(raw), raw=raw)
    odd: list[SafeText] = []
    payload = value.get("payload")
    words = payload.get("task") if isinstance(payload, dict) else None
    if not isinstance(words, str):
        odd.append(SafeText("it does not say what is to be done (payload.task)"))
    status, status_text = _status(value, odd)
    kind, type_text = _type(value, odd)
    return Task(
        id=_id(value, odd),
        status=status,
        status_text=status_text,
        type=kind,
        type_text=type_text,
        created=_time(value, "createdAt", odd, needed=True),
        started=_time(value, "startedAt", odd),
        completed=_time(value, "completedAt", odd),
        headline=_first_line(words),
        summary=_first_line(value.get("summary")),
        error=_first_line(value.get("error")),
        attempts=_count(value, "attempts", odd) or 0,
        max_attempts=_count(value, "maxAttempts", odd) or 0,
        worker_id=plain(_text(value, "workerId")),
        exit_code=_count(value, "exitCode", odd),
        odd=tuple(odd),
        raw=raw,
    )


def texts_of(task: Task) -> TaskTexts:
    """The long texts of a task."""
    try:
        node = Node(members_of(task.raw))
    except (ValueError, RecursionError):
        raw = task.raw.decode("utf-8", "replace")
        return TaskTexts(task=plain_lines(redact(raw)))
    others = tuple(
        (plain(key), plain(mask_value(key, str(item.value))))
        for key, item in node.members()
        if key not in _KNOWN
    )
    return TaskTexts(
        task=_lines(node["payload"]["task"]),
        context=_lines(node["payload"]["context"]),
        summary=_lines(node["summary"]),
        output=_lines(node["output"]),
        error=_lines(node["error"]),
        last_error=_lines(node["lastAttemptError"]),
        others=others,
    )


def parse_time(text: str) -> datetime | None:
    """A time of ISO 8601 with `Z` or an offset, in UTC; None where it is none."""
    try:
        at = datetime.fromisoformat(text)
        return at.astimezone(UTC) if at.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def _lines(node: Node) -> tuple[SafeText, ...]:
    return plain_lines(redact(node.raw)) if node.raw else ()


def _text(value: JsonObject, name: str) -> str:
    found = value.get(name)
    return found if isinstance(found, str) else ""


def _id(value: JsonObject, odd: list[SafeText]) -> SafeText:
    raw = _text(value, "id")
    if not raw:
        odd.append(SafeText("it has no id"))
        return NO_TEXT
    harmless = plain(raw[:129])
    if len(raw) > 128 or harmless != raw:
        # It may look like another's: nothing is done to a task by such a name.
        odd.append(SafeText("its id is no id"))
        return NO_TEXT
    return harmless


def _status(value: JsonObject, odd: list[SafeText]) -> tuple[TaskStatus, SafeText]:
    raw = _text(value, "status")
    status = _STATUSES.get(raw, TaskStatus.UNKNOWN)
    if status is TaskStatus.UNKNOWN:
        words = plain(raw[:40])
        odd.append(plain(f"its status is {words or 'no text'}"))
        return status, words
    return status, SafeText(status.value)


def _type(value: JsonObject, odd: list[SafeText]) -> tuple[TaskType, SafeText]:
    raw = _text(value, "type")
    kind = _TYPES.get(raw, TaskType.UNKNOWN)
    if kind is TaskType.UNKNOWN:
        words = plain(raw[:40])
        odd.append(plain(f"its type is {words or 'no text'}"))
        return kind, words
    return kind, SafeText(kind.value)


def _time(
    value: JsonObject, name: str, odd: list[SafeText], *, needed: bool = False
) -> datetime | None:
    found = value.get(name)
    if found is None:
        if needed:
            odd.append(plain(f"it has no {name}"))
        return None
    at = parse_time(found) if isinstance(found, str) else None
    if at is None:
        odd.append(plain(f"its {name} is no time with a zone"))
    return at


def _count(value: JsonObject, name: str, odd: list[SafeText]) -> int | None:
    found = value.get(name)
    if found is None:
        return None
    if isinstance(found, int | float) and not isinstance(found, bool) and abs(found) < 1e9:
        return int(found)
    odd.append(plain(f"its {name} is no number"))
    return None


def _first_line(text: "JsonValue | bytes") -> SafeText:
    if isinstance(text, bytes):
        text = text[: 4 * _LINE].decode("utf-8", "replace")
    if not isinstance(text, str):
        return NO_TEXT
    start = text[: 4 * _LINE].lstrip()
    return plain(start.partition("\n")[0][:_LINE].rstrip())
