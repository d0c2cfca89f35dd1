"""Reads the ledger and the files next to it, and keeps their last good state."""

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pixel_tui.clock import Clock
from pixel_tui.ledger.file.document import LedgerDocument, LedgerInvalid, parse_document
from pixel_tui.ledger.file.snapshot_file import FileContent, Identity, identity_of, read_file
from pixel_tui.ledger.reading.events import WorkerEvent, parse_events
from pixel_tui.ledger.reading.places import LedgerPlace
from pixel_tui.ledger.reading.task import Task, TaskStatus, parse_task
from pixel_tui.ledger.reading.worker_lock import WorkerLock, parse_lock
from pixel_tui.stack.model.snapshot import Trouble
from pixel_tui.text import plain

FORMAT: Final = 1
"""The supported version of the format."""


@dataclass(frozen=True, slots=True)
class LedgerReading:
    """The files at one moment. Equal files give equal readings."""

    present: bool = False
    """Whether a ledger could be read, now or earlier."""
    tasks: tuple[Task, ...] = ()
    """In the order of the file."""
    version: int | None = FORMAT
    """The format version of the ledger."""
    changed: datetime | None = None
    """When the ledger was last written."""
    trouble: Trouble | None = None
    """Why the tasks are not those of the current file, and since when."""
    lock: WorkerLock | None = None
    events: tuple[WorkerEvent, ...] = ()
    """Oldest first."""
    last_writes: Mapping[str, datetime] = field(default_factory=dict)
    """The last time that the worker of a running task wrote, by the task's id."""

    @property
    def totals(self) -> Mapping[TaskStatus, int]:
        """The number of tasks by status; statuses without tasks are left out."""
        return Counter(task.status for task in self.tasks)

    @property
    def running(self) -> tuple[Task, ...]:
        """The tasks that are marked running."""
        return tuple(task for task in self.tasks if task.status is TaskStatus.RUNNING)

    def named(self, name: str) -> tuple[Task, ...]:
        """Return the tasks with this id, or with an id that starts with it (min. 4 characters)."""
        exact = tuple(task for task in self.tasks if task.id and task.id == name)
        if exact or len(name) < 4:
            return exact
        return tuple(task for task in self.tasks if task.id.startswith(name))


NO_READING: Final = LedgerReading()


@dataclass(slots=True)
class _File:
    """A small file that is parsed again when it has changed."""

    path: Path
    identity: Identity | None = None


class LedgerReader:
    """Reads the files of one project repeatedly; thread-safe.

    Args:
        place: The files' paths.
        clock: The time.
    """

    def __init__(self, place: LedgerPlace, clock: Clock) -> None:
        self.place = place
        self._clock = clock
        self._reading = threading.Lock()
        self._identity: Identity | None = None
        self._document: LedgerDocument[Task] | None = None
        self._changed: datetime | None = None
        self._trouble: Trouble | None = None
        self._events = _File(place.events)
        self._last_events: tuple[WorkerEvent, ...] = ()
        self._last = NO_READING

    def read(self) -> LedgerReading:
        """Read the current files; one that can't be read keeps its last state. Blocks."""
        with self._reading:
            self._read_ledger()
            document = self._document
            tasks = document.items if document is not None else ()
            version = document.version if document is not None else FORMAT
            reading = LedgerReading(
                present=document is not None,
                tasks=tasks,
                version=version if isinstance(version, int) else None,
                changed=self._changed,
                trouble=self._trouble,
                lock=self._read_lock(),
                events=self._read_events(),
                last_writes=self._last_writes(tasks),
            )
            if reading != self._last:
                self._last = reading
            return self._last

    def _read_ledger(self) -> None:
        path = self.place.ledger
        try:
            if self._identity is not None and identity_of(path) == self._identity:
                return
            content = read_file(path)
        except FileNotFoundError:
            self._set_missing()
            return
        except OSError as error:
            self._identity = None  # it may become readable again without a change
            reason = error.strerror or str(error)
            self._set_trouble(f"The ledger can't be read: {reason}.", "Check its owner and mode.")
            return
        try:
            self._parse(content)
        except LedgerInvalid as error:
            self._identity = content.identity
            self._set_trouble(
                f"The ledger is invalid at the moment: {error}.",
                "Changes are disabled until it is valid. If that takes long, restore a copy.",
            )

    def _parse(self, content: FileContent) -> None:
        self._document = parse_document(content.raw, parse_task, self._document)
        self._identity = content.identity
        self._changed = datetime.fromtimestamp(content.identity.modified / 1e9, UTC)
        self._trouble = None

    def _set_missing(self) -> None:
        self._identity = None
        if self._document is not None:
            self._set_trouble(
                "The ledger file is missing.", "If it was removed by mistake, restore a copy."
            )

    def _set_trouble(self, what: str, hint: str) -> None:
        trouble = Trouble(plain(what), plain(hint), self._clock.now())
        self._trouble = trouble.continuing(self._trouble)

    def _read_lock(self) -> WorkerLock | None:
        try:
            content = read_file(self.place.lock)
        except FileNotFoundError:
            return None
        except OSError:
            return WorkerLock(plain(""), None)  # what counts is that it exists
        return parse_lock(content.raw[:10_000], content.identity.modified / 1e9)

    def _read_events(self) -> tuple[WorkerEvent, ...]:
        """Return the events; the previous ones if the file is incomplete, until it is complete."""
        file = self._events
        try:
            if file.identity is not None and identity_of(file.path) == file.identity:
                return self._last_events
            content = read_file(file.path)
            file.identity = content.identity
            self._last_events = parse_events(content.raw)
        except FileNotFoundError:
            file.identity, self._last_events = None, ()
        except (OSError, ValueError, RecursionError):
            pass
        return self._last_events

    def _last_writes(self, tasks: tuple[Task, ...]) -> dict[str, datetime]:
        found = {}
        for task in tasks:
            if task.status is TaskStatus.RUNNING:
                paths = (self.place.log(task), self.place.output(task))
                times = [
                    at
                    for path in paths
                    if path is not None and (at := _modified_at(path)) is not None
                ]
                if times:
                    found[str(task.id)] = max(times)
        return found


def _modified_at(path: Path) -> datetime | None:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except (OSError, OverflowError, ValueError):
        return None
