"""Ledgers with tasks as other programs write them."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pixel_tui.clock import SystemClock
from pixel_tui.ledger.file.document import LedgerDocument, parse_document
from pixel_tui.ledger.reading.places import LedgerPlace
from pixel_tui.ledger.reading.task import Task, parse_task
from pixel_tui.ledger.writing.store import Change, LedgerStore
from pixel_tui.ledger.writing.versions import OldVersions

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ONE = "11111111-1111-4111-8111-111111111111"
TWO = "22222222-2222-4222-8222-222222222222"
THREE = "33333333-3333-4333-8333-333333333333"


def task(task_id: str = ONE, status: str = "pending", **changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "id": task_id,
        "status": status,
        "createdAt": "2026-03-01T10:00:00.000Z",
        "type": "opencode",
        "payload": {"task": "Mend the canvas\nand test it", "context": "It is torn"},
        "attempts": 0,
        "maxAttempts": 3,
    }
    if status != "pending":
        made |= {"startedAt": "2026-03-01T11:50:00+00:00", "workerId": "0123456789ab"}
    if status in {"completed", "failed", "aborted"}:
        made |= {"completedAt": "2026-03-01T11:55:00+00:00", "exitCode": int(status != "completed")}
    return {**made, **changes}


def text(*tasks: Any, **more: Any) -> bytes:
    return json.dumps({"version": 1, "tasks": list(tasks), **more}, indent=2).encode()


def parsed(raw: bytes) -> LedgerDocument[Task]:
    return parse_document(raw, parse_task)


def project(folder: Path, *tasks: Any) -> LedgerPlace:
    """A project's folder with a ledger of these tasks."""
    place = LedgerPlace(folder)
    place.ledger.parent.mkdir(parents=True, exist_ok=True)
    place.ledger.write_bytes(text(*tasks))
    return place


def store_of(place: LedgerPlace, *, pauses: tuple[float, ...] = ()) -> LedgerStore:
    old = OldVersions(place.project / "old", SystemClock())
    return LedgerStore(place.ledger, old, pauses=pauses)


def adding(task_id: str) -> Change:
    return lambda document: document.appended(task(task_id))
