"""Ledgers, and the workers that contradict them."""

from datetime import datetime, timedelta
from typing import Any

from pixel_tui.ledger.reading.reading import LedgerReading
from pixel_tui.ledger.view.view import LedgerView, view_of
from pixel_tui.stack.model.container import Container, ContainerState, EnvironmentEntry
from pixel_tui.stack.model.snapshot import Connection, EngineStatus, Service, StackSnapshot
from pixel_tui.text import plain
from tests.builders.ledger_files import NOW, ONE, parsed, text


def ago(**span: float) -> datetime:
    return NOW - timedelta(**span)


def worker(task_id: str = ONE, *, name: str = "", **changes: Any) -> Container:
    made: dict[str, Any] = {
        "id": task_id[:8] * 8,
        "name": plain(name or f"pixel-worker-{task_id[:8]}"),
        "service": plain("worker"),
        "state": ContainerState.RUNNING,
        "created_at": ago(minutes=10),
        "started_at": ago(minutes=10),
        "oneoff": True,
        "environment": (EnvironmentEntry(plain("TASK_ID"), plain(task_id)),),
    }
    return Container(**{**made, **changes})


def exited(code: int, **changes: Any) -> dict[str, Any]:
    return {
        "state": ContainerState.EXITED,
        "exit_code": code,
        "finished_at": ago(minutes=1),
        **changes,
    }


def stack(*containers: Container, link: Connection = Connection.READY) -> StackSnapshot:
    service = Service(plain("worker"), None, containers)
    status = EngineStatus(plain("unix:///x"), plain("test"), connection=link)
    return StackSnapshot(
        status, plain("pixel"), services=(service,) if containers else (), taken_at=NOW
    )


def view(
    *tasks: Any,
    containers: tuple[Container, ...] = (),
    link: Connection = Connection.READY,
    **reading: Any,
) -> LedgerView:
    document = parsed(text(*tasks))
    found = LedgerReading(present=True, tasks=document.items, **reading)
    return view_of(found, stack(*containers, link=link), NOW)
