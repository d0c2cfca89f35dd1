"""The timeline of a task, and the place of its log."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from pixel_tui.ledger.reading.events import WorkerEvent
from pixel_tui.ledger.reading.places import LedgerPlace
from pixel_tui.ledger.view.log_place import log_of
from pixel_tui.ledger.view.timeline import MAX_EVENTS, timeline_of
from pixel_tui.stack.model.snapshot import StackEvent
from pixel_tui.text import plain
from tests.builders.ledger_files import ONE, TWO, task
from tests.builders.ledger_truth import ago, exited, view, worker


def test_the_timeline_combines_all_sources() -> None:
    def event(kind: str, at: datetime, of: str = ONE) -> WorkerEvent:
        return WorkerEvent(plain(of), plain("pixel-worker-1"), plain(kind), at)

    container = worker(**exited(137, started_at=ago(minutes=11)))
    found = view(
        task(status="failed", error="It was killed"),
        containers=(container,),
        events=(event("spawn", ago(minutes=12)), event("spawn", ago(minutes=3), TWO)),
    )
    name = plain("pixel-worker-1")
    die = StackEvent(ago(minutes=1), plain("die"), container.id, name, plain("worker"),
                     plain("exit code 137 (SIGKILL)"))  # fmt: skip
    other = replace(die, container_id="x" * 64)
    told = [(item.words, item.source.value)
            for item in timeline_of(found.tasks[0], found, [die, other])]  # fmt: skip
    assert told == [
        ("created", "ledger"),
        ("spawned", "worker events"),
        ("start", "engine"),
        ("running", "ledger"),
        ("failed, exit code 1", "ledger"),
        ("die: exit code 137 (SIGKILL)", "engine"),
    ]
    assert [str(item.words) for item in timeline_of(found.tasks[0], found)].count(
        "die: exit code 137 (SIGKILL)"
    ) == 1


def test_the_newest_events_of_a_worker_are_shown() -> None:
    events = tuple(
        WorkerEvent(plain(ONE), plain("pixel-worker-1"), plain("spawn"), ago(minutes=9999 - number))
        for number in range(1000)
    )
    found = view(task(), events=events)
    told = [item for item in timeline_of(found.tasks[0], found) if item.words == "spawned"]
    assert len(told) == MAX_EVENTS
    assert told[-1].at == events[-1].at


def test_the_log_is_that_of_the_container_or_else_a_file(tmp_path: Path) -> None:
    place = LedgerPlace(tmp_path)
    for name in ("logs", "data"):
        (tmp_path / name).mkdir()
    running = view(task(status="running"), containers=(worker(),))
    over = view(task(status="failed"), containers=(worker(**exited(1)),))
    gone = view(task(status="failed"))
    found = log_of(over.tasks[0], over, place)
    assert found is not None
    assert found.worker is not None
    assert log_of(gone.tasks[0], gone, place) is None
    output = tmp_path / "data" / f"worker-output-{ONE}.txt"
    output.write_text("said")
    found = log_of(gone.tasks[0], gone, place)
    assert found is not None
    assert found.path == output
    log = tmp_path / "logs" / f"worker-{ONE[:8]}.log"
    log.write_text("said")
    found = log_of(over.tasks[0], over, place)
    assert found is not None
    assert found.path == log
    found = log_of(running.tasks[0], running, place)
    assert found is not None
    assert found.worker is not None
