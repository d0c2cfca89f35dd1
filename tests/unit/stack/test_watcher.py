"""The watcher: what it publishes, and how it is closed."""

import time
from datetime import UTC, datetime

from pixel_tui.clock import FixedClock
from pixel_tui.demo.stack.engine import DemoEngine
from pixel_tui.demo.stack.project import DemoProject
from pixel_tui.demo.stack.world import DemoWorld
from pixel_tui.stack.feed.feed import FeedState, LogTarget
from pixel_tui.stack.watch.observer import Topic
from pixel_tui.stack.watch.watcher import Watcher
from tests.builders.watching import PACE, Stage, stage
from tests.engine.private_engine import eventually
from tests.own_threads import own_threads
from tests.patience import await_calm

__all__ = ["stage"]


NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def test_an_equal_snapshot_is_not_notified() -> None:
    clock = FixedClock(NOON)
    world = DemoWorld(clock)
    watcher = Watcher(DemoEngine(world), DemoProject(world), clock, PACE)
    told: list[Topic] = []
    watcher.start()
    eventually(lambda: watcher.snapshot.complete and watcher.usage)
    eventually(
        lambda: all(
            item.spec is None or item.spec.config_hash for item in watcher.snapshot.services
        )
    )
    watcher.subscribe(told.append)
    await_calm(lambda: told.count(Topic.SNAPSHOT), 0, 0.3)  # what began before may end late
    told.clear()
    before = watcher.snapshot
    for _ in range(5):
        watcher.refresh()
        time.sleep(0.03)
    assert Topic.SNAPSHOT not in told
    assert watcher.snapshot == before
    watcher.close()


def test_a_log_opened_after_close_is_closed(stage: Stage) -> None:
    stage.watcher.start()
    eventually(lambda: stage.now.complete)
    stage.watcher.close()
    feed = stage.watcher.follow_logs([LogTarget("api")])
    assert feed.status.state is FeedState.CLOSED
    eventually(lambda: not own_threads("log-"))
