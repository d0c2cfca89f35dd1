"""A task of the ledger. All text is sanitized; times are aware and in UTC."""

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

SHORT_ID: Final = 8
"""Characters of a task's id in the names of its container and its log."""
_MAX_LINE: Final = 200
"""Characters of a line that are kept for lists."""
_FILE_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}", re.ASCII)


class TaskStatus(StrEnum):
    """The status that the ledger claims."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    ABORTED = "aborted"
    UNKNOWN = "unknown"
    """An unsupported word, which is in `Task.status_text`."""

    @property
    def ended(self) -> bool:
        """Whether it stays so unless someone acts."""
        return self in {TaskStatus.COMPLETED, TaskStatus.FAILED, TaskStatus.ABORTED}


class TaskType(StrEnum):
    """The kind of work."""

    OPENCODE = "opencode"
    DOCKER_OP = "docker-op"
    GIT_OP = "git-op"
    SYNTROPY_REBUILD = "syntropy-rebuild"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Task:
    """A task, as far as it is valid. Everything invalid is listed in `odd`.

    `headline`, `summary` and `error` are sanitized but may contain secrets: use `shown` to show or
    record one of them. It is too slow to do so for ten thousand tasks at once.
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
    """The first line of the instructions."""
    summary: SafeText = NO_TEXT
    """The first line of the worker's summary."""
    error: SafeText = NO_TEXT
    """The first line of the error."""
    attempts: int = 0
    max_attempts: int = 0
    """0 if the ledger does not say."""
    worker_id: SafeText = NO_TEXT
    """The short id of the container, as written by the worker."""
    exit_code: int | None = None
    """-1 if the container was gone."""
    odd: tuple[SafeText, ...] = ()
    """Violations of the format."""
    raw: bytes = field(default=b"", repr=False)
    """Its text in the file."""

    @property
    def short(self) -> str:
        """The first eight characters of its id."""
        return self.id[:SHORT_ID]

    @property
    def file_name(self) -> str:
        """The id if it can be part of a file name, else empty."""
        return self.id if _FILE_NAME.fullmatch(self.id) else ""

    @property
    def tries(self) -> int:
        """How often it was tried; at least once if it has run, even if not counted."""
        ran = self.started is not None and self.status is not TaskStatus.PENDING
        return max(self.attempts, int(ran))

    @property
    def tries_left(self) -> bool:
        """Whether it has attempts left."""
        return not self.max_attempts or self.tries < self.max_attempts

    def age(self, now: datetime) -> float | None:
        """Return the seconds since it was created."""
        return None if self.created is None else (now - self.created).total_seconds()

    def seconds(self, now: datetime) -> float | None:
        """Return how many seconds it ran, or has been running; None if unknown."""
        if self.started is None:
            return None
        if self.status is TaskStatus.RUNNING:
            return (now - self.started).total_seconds()
        if self.completed is None:
            return None
        return (self.completed - self.started).total_seconds()

    def duration_text(self, now: datetime) -> SafeText:
        """Return the run time as text, to the minute while it runs; empty if unknown."""
        seconds = self.seconds(now)
        if seconds is None:
            return NO_TEXT
        return age(seconds) if self.status is TaskStatus.RUNNING else span(seconds)


@dataclass(frozen=True, slots=True)
class TaskTexts:
    """The long texts of a task, in lines, with recognizable secrets masked.

    Parsed from `raw` when needed.
    """

    task: tuple[SafeText, ...] = ()
    context: tuple[SafeText, ...] = ()
    summary: tuple[SafeText, ...] = ()
    output: tuple[SafeText, ...] = ()
    error: tuple[SafeText, ...] = ()
    last_error: tuple[SafeText, ...] = ()
    """The error of the previous attempt."""
    others: tuple[tuple[SafeText, SafeText], ...] = ()
    """Unknown fields and their values."""


_KNOWN_FIELDS: Final = frozenset(
    {"id", "status", "createdAt", "startedAt", "completedAt", "type", "payload"}
    | {"workerId", "workerPid", "exitCode", "output", "summary", "error"}
    | {"attempts", "maxAttempts", "lastAttemptError"}
)


# A dictionary lookup takes a tenth of the time of an enum's.
_STATUSES: Final = {item.value: item for item in TaskStatus if item is not TaskStatus.UNKNOWN}
_TYPES: Final = {item.value: item for item in TaskType if item is not TaskType.UNKNOWN}


def shown(line: SafeText) -> SafeText:
    """Return a line of a task with recognizable secrets masked, to show or record it."""
    return plain(redact(line)) if line else line


def parse_task(raw: bytes, value: JsonValue) -> Task:
    """Parse an element of the array of tasks. Never raises: violations are listed in `odd`."""
    if not isinstance(value, dict):
        return Task(odd=(SafeText("not an object"),), headline=_first_line(raw), raw=raw)
    odd: list[SafeText] = []
    payload = value.get("payload")
    words = payload.get("task") if isinstance(payload, dict) else None
    if not isinstance(words, str):
        odd.append(SafeText("it has no text (payload.task)"))
    status, status_text = _status(value, odd)
    kind, type_text = _type(value, odd)
    return Task(
        id=_id(value, odd),
        status=status,
        status_text=status_text,
        type=kind,
        type_text=type_text,
        created=_time(value, "createdAt", odd, required=True),
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
    """Parse the long texts of a task."""
    try:
        node = Node(members_of(task.raw))
    except (ValueError, RecursionError):
        raw = task.raw.decode("utf-8", "replace")
        return TaskTexts(task=plain_lines(redact(raw)))
    others = tuple(
        (plain(key), plain(mask_value(key, str(item.value))))
        for key, item in node.members()
        if key not in _KNOWN_FIELDS
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
    """Parse an ISO 8601 time with `Z` or an offset, to UTC; None if it is not one."""
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
    sanitized = plain(raw[:129])
    if len(raw) > 128 or sanitized != raw:
        # It might look like another id, so no action may use it.
        odd.append(SafeText("its id is not valid"))
        return NO_TEXT
    return sanitized


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
    value: JsonObject, name: str, odd: list[SafeText], *, required: bool = False
) -> datetime | None:
    found = value.get(name)
    if found is None:
        if required:
            odd.append(plain(f"it has no {name}"))
        return None
    at = parse_time(found) if isinstance(found, str) else None
    if at is None:
        odd.append(plain(f"its {name} is not a time with a time zone"))
    return at


def _count(value: JsonObject, name: str, odd: list[SafeText]) -> int | None:
    found = value.get(name)
    if found is None:
        return None
    if isinstance(found, int | float) and not isinstance(found, bool) and abs(found) < 1e9:
        return int(found)
    odd.append(plain(f"its {name} is not a number"))
    return None


def _first_line(text: "JsonValue | bytes") -> SafeText:
    if isinstance(text, bytes):
        text = text[: 4 * _MAX_LINE].decode("utf-8", "replace")
    if not isinstance(text, str):
        return NO_TEXT
    start = text[: 4 * _MAX_LINE].lstrip()
    return plain(start.partition("\n")[0][:_MAX_LINE].rstrip())
