"""The events of a task, from the ledger, the workers' events and the engine's. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from pixel_tui.ledger.reading.task import Task, shown
from pixel_tui.ledger.view.view import LedgerView
from pixel_tui.stack.model.snapshot import StackEvent
from pixel_tui.stack.model.words import exit_words
from pixel_tui.text import NO_TEXT, SafeText, plain


class EventSource(StrEnum):
    """The source of an event."""

    LEDGER = "ledger"
    WORKER = "worker events"
    ENGINE = "engine"


@dataclass(frozen=True, slots=True)
class Moment:
    """An event of a task."""

    at: datetime
    words: SafeText
    """`created`, `spawned`, `running`, `completed, exit code 0`, `die: exit code 1`..."""
    source: EventSource
    detail: SafeText = NO_TEXT


MAX_EVENTS: Final = 200
"""The most events of workers that are shown, the newest; each attempt has about two."""
_WORDS = {"spawn": "spawned", "complete": "completed", "failed": "failed", "aborted": "aborted"}


def timeline_of(
    task: Task, view: LedgerView, engine_events: Iterable[StackEvent] = ()
) -> tuple[Moment, ...]:
    """Return the events of a task, in order of time.

    Args:
        task: The task.
        view: The ledger with the task.
        engine_events: The engine's container events.
    """
    moments = [
        *_from_ledger(task),
        *_from_workers(task, view),
        *_from_engine(task, view, engine_events),
    ]
    return tuple(sorted(moments, key=lambda moment: moment.at))


def _from_ledger(task: Task) -> Iterator[Moment]:
    if task.created is not None:
        yield Moment(task.created, SafeText("created"), EventSource.LEDGER)
    if task.started is not None:
        where = plain(f"in {task.worker_id}") if task.worker_id else NO_TEXT
        yield Moment(task.started, SafeText("running"), EventSource.LEDGER, where)
    if task.completed is not None:
        yield Moment(
            task.completed,
            _with_code(task.status_text, task.exit_code),
            EventSource.LEDGER,
            shown(task.error),
        )


def _from_workers(task: Task, view: LedgerView) -> Iterator[Moment]:
    own_events = [event for event in view.reading.events if event.task == task.id and task.id]
    for event in own_events[-MAX_EVENTS:]:
        if event.at is not None:
            words = plain(_WORDS.get(event.kind, event.kind))
            text = _with_code(words, event.exit_code)
            yield Moment(event.at, text, EventSource.WORKER, shown(event.error) or event.container)


def _from_engine(
    task: Task, view: LedgerView, engine_events: Iterable[StackEvent]
) -> Iterator[Moment]:
    containers = [
        worker.container for worker in view.workers if task.id and worker.works_on(task.id)
    ]
    ids = {container.id for container in containers}
    reported = set()
    for event in engine_events:
        if event.container_id in ids and not event.action.startswith("exec_"):
            reported.add((event.container_id, event.action))
            words = plain(f"{event.action}: {event.detail}" if event.detail else event.action)
            yield Moment(event.at, words, EventSource.ENGINE, event.container)
    for container in containers:
        # The engine's events from before the console was opened are known from its containers.
        if container.started_at is not None and (container.id, "start") not in reported:
            yield Moment(
                container.started_at, SafeText("start"), EventSource.ENGINE, container.name
            )
        ended = container.finished_at if not container.running else None
        if (
            ended is not None
            and container.exit_code is not None
            and ((container.id, "die") not in reported)
        ):
            code = exit_words(container.exit_code, oom_killed=container.oom_killed)
            yield Moment(ended, plain(f"die: {code}"), EventSource.ENGINE, container.name)


def _with_code(words: SafeText, code: int | None) -> SafeText:
    if code is None:
        return words
    text = "its container was gone" if code < 0 else exit_words(code)
    return plain(f"{words}, {text}")
