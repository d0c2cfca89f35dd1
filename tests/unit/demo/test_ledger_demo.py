"""The ledger of the simulated stack: a running task and a finding."""

from datetime import UTC, datetime

from pixel_tui.clock import FixedClock
from pixel_tui.demo.ledger import RUNNING, DemoLedger
from pixel_tui.demo.stack.engine import DemoEngine
from pixel_tui.demo.stack.project import DemoProject
from pixel_tui.demo.stack.world import DemoWorld
from pixel_tui.ledger.reading.task import TaskStatus
from pixel_tui.ledger.view.truth import TaskVerdict
from pixel_tui.ledger.view.view import LedgerView
from pixel_tui.stack.watch.watcher import Watcher
from tests.engine.private_engine import eventually


def test_the_worker_runs_its_task_and_an_orphan_is_found() -> None:
    clock = FixedClock(datetime(2026, 3, 1, 12, 0, tzinfo=UTC))
    world = DemoWorld(clock)
    watcher = Watcher(DemoEngine(world), DemoProject(world), clock)
    ledger = DemoLedger(watcher, clock)
    views: list[LedgerView] = []
    ledger.subscribe(views.append)
    ledger.start()
    watcher.start()
    try:
        eventually(lambda: watcher.snapshot.complete)
        eventually(lambda: ledger.view.workers)
        view = ledger.view
        assert views[-1] == view
        (task,) = view.reading.named(RUNNING)
        assert view.truth(task).verdict is TaskVerdict.AGREES
        assert view.truth(task).worker is not None
        assert [item.rule for item in view.findings] == ["gone"]
        assert view.totals[TaskStatus.COMPLETED] == 6
        assert not any(item.odd for item in view.tasks)
    finally:
        ledger.close()
        watcher.close()
