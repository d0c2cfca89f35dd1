"""The task ledger of the simulated stack, with a running task and an orphaned one."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from pixel_tui.clock import Clock
from pixel_tui.ledger.file.document import parse_document
from pixel_tui.ledger.reading.events import WorkerEvent, parse_events
from pixel_tui.ledger.reading.places import LedgerPlace
from pixel_tui.ledger.reading.reading import LedgerReading
from pixel_tui.ledger.reading.task import parse_task
from pixel_tui.ledger.reading.worker_lock import WorkerLock, stamp
from pixel_tui.ledger.view.access import LedgerAccess
from pixel_tui.ledger.view.view import NO_VIEW, LedgerView, view_of
from pixel_tui.ledger.view.watch import LedgerListener
from pixel_tui.listeners import Listeners
from pixel_tui.stack.watch.observer import Observer, Topic
from pixel_tui.text import plain

RUNNING: Final = "3f9c21ab-77d0-4c5e-9b3a-0d2f8a1c6e54"
ORPHAN: Final = "b81e4d07-1c2f-4a6b-8f3d-5e9a7c0b2d61"
WORKER_SECONDS: Final = 421.0
_DONE: Final = (
    ("Show the balance of the treasury on the landing page", "Adds a cached /api/treasury call"),
    ("Retry a zap whose invoice expired", "Invoices are renewed once, then given up"),
    ("Do not answer bots in a loop", "A thread is left after three answers"),
    ("Speed the canvas query up", "Index on (x, y); p95 from 410 ms to 38 ms"),
    ("Update the relays in the agent's list", "Two dead relays out, three new ones in"),
    ("Log the cost of each completion", "Cost in sats beside each answer"),
)


class DemoLedger:
    """A `LedgerSource` in memory.

    Args:
        observer: Watches the simulated stack.
        clock: The demo's clock.
    """

    def __init__(self, observer: Observer, clock: Clock) -> None:
        self._observer = observer
        self._clock = clock
        self._reading = _reading(clock.now())
        self._view = NO_VIEW
        self._listeners = Listeners[[LedgerView]]()
        self._unsubscribe: Callable[[], None] = lambda: None

    @property
    def view(self) -> LedgerView:
        """The ledger, compared with the latest snapshot of the stack."""
        return self._view

    def start(self) -> None:
        """Start to follow the stack."""
        if self._view is NO_VIEW:
            self._unsubscribe = self._observer.subscribe(self._on_change)
            self.refresh()

    def close(self) -> None:
        """Stop following the stack."""
        self._unsubscribe()

    def subscribe(self, listener: LedgerListener) -> Callable[[], None]:
        """Call the listener with each new view; returns a function that unsubscribes it."""
        return self._listeners.subscribe(listener)

    def refresh(self) -> None:
        """Compare the ledger with the stack again, and pass a changed view to the listeners."""
        view = view_of(self._reading, self._observer.snapshot, self._clock.now())
        if view != self._view:
            self._view = view
            self._listeners.notify(view)

    def _on_change(self, topic: Topic) -> None:
        if topic is Topic.SNAPSHOT:
            self.refresh()


def demo_ledger(observer: Observer, clock: Clock) -> LedgerAccess:
    """Return read-only access to the simulated ledger, which has no files."""
    return LedgerAccess(
        DemoLedger(observer, clock), LedgerPlace(Path("/nonexistent/demo")), changeable=False
    )


def _reading(now: datetime) -> LedgerReading:
    raw = json.dumps({"version": 1, "tasks": list(_tasks(now))}).encode()
    document = parse_document(raw, parse_task)
    started = now - timedelta(seconds=WORKER_SECONDS)
    return LedgerReading(
        present=True,
        tasks=document.items,
        changed=now - timedelta(seconds=34),
        lock=WorkerLock(plain(RUNNING), started),
        events=_events(now),
        last_writes={RUNNING: now - timedelta(seconds=8)},
    )


def _events(now: datetime) -> tuple[WorkerEvent, ...]:
    started = now - timedelta(seconds=WORKER_SECONDS)
    spawn = {
        "id": "e1", "taskId": RUNNING, "containerName": "pixel-worker-3f9c21ab",
        "eventType": "spawn", "timestamp": stamp(started), "status": "running",
    }  # fmt: skip
    return parse_events(json.dumps({"version": 1, "events": [spawn]}).encode())


def _tasks(now: datetime) -> Iterator[Mapping[str, object]]:
    def ago(**span: float) -> str:
        return stamp(now - timedelta(**span))

    for number, (words, summary) in enumerate(_DONE):
        yield {
            "id": f"{0x5A10 + 977 * number:08x}-0000-4000-8000-{number:012d}",
            "status": "completed", "type": "opencode",
            "createdAt": ago(days=number + 1, minutes=50),
            "startedAt": ago(days=number + 1, minutes=40),
            "completedAt": ago(days=number + 1, minutes=22 - 3 * number),
            "payload": {"task": words}, "exitCode": 0, "summary": summary,
            "attempts": 1, "maxAttempts": 3,
        }  # fmt: skip
    yield {
        "id": "77aa10c3-2e41-4b8f-9f0e-6a1d3c5b7e92", "status": "failed", "type": "opencode",
        "createdAt": ago(hours=9), "startedAt": ago(hours=8, minutes=58),
        "completedAt": ago(hours=8, minutes=12),
        "payload": {"task": "Move the agent to the new embeddings\n\nKeep the old column."},
        "exitCode": 137, "error": "killed after 2700 seconds", "output": "bun test: 3 fail",
        "attempts": 3, "maxAttempts": 3, "lastAttemptError": "killed after 2700 seconds",
    }  # fmt: skip
    yield {
        "id": ORPHAN, "status": "running", "type": "git-op",
        "createdAt": ago(hours=3), "startedAt": ago(hours=2, minutes=51),
        "payload": {"task": "Push the submodules before the root"},
        "workerId": "4be0c9d1a2f7", "attempts": 1, "maxAttempts": 3,
    }  # fmt: skip
    yield {
        "id": RUNNING, "status": "running", "type": "opencode",
        "createdAt": ago(minutes=21), "startedAt": ago(seconds=WORKER_SECONDS),
        "payload": {
            "task": "# Answer zaps with a thank-you note\n\n- one note a *zap*\n- none to bots\n",
            "context": "The plugin is `pixel-agent/src/plugins/nostr`.",
        },
        "workerId": "3f9c21ab0d2f", "attempts": 1, "maxAttempts": 3,
    }  # fmt: skip
    for minutes, kind, words in (
        (14, "opencode", "Tell the cost of a pixel before it is bought"),
        (6, "docker-op", "Prune images that nothing uses"),
    ):
        yield {
            "id": f"{0xC0DE00 + minutes:08x}-0000-4000-8000-00000000000a", "status": "pending",
            "type": kind, "createdAt": ago(minutes=minutes), "payload": {"task": words},
            "attempts": 0, "maxAttempts": 3,
        }  # fmt: skip
