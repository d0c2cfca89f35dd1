"""Restart counts compared between snapshots."""

from datetime import timedelta

from pixel_tui.health.restarts import RECENT_SECONDS, RestartWatch
from pixel_tui.stack.model.snapshot import (
    StackSnapshot,
)
from tests.builders.findings import NOON, stack
from tests.builders.service_faults import container, service


def snapshot_with(restarts: int, container_id: str = "1" * 64) -> StackSnapshot:
    return stack(service(container(id=container_id, restarts=restarts)))


def test_the_first_count_is_not_an_increase() -> None:
    assert RestartWatch().restarted_recently(snapshot_with(7), NOON) == frozenset()


def test_an_increased_count_is_reported_for_a_while() -> None:
    watch = RestartWatch()
    watch.restarted_recently(snapshot_with(1), NOON)
    assert watch.restarted_recently(snapshot_with(2), NOON) == {"1" * 64}
    soon = NOON + timedelta(seconds=RECENT_SECONDS - 1)
    assert watch.restarted_recently(snapshot_with(2), soon) == {"1" * 64}
    assert watch.restarted_recently(snapshot_with(2), soon + timedelta(seconds=1)) == frozenset()


def test_a_reset_count_is_not_an_increase() -> None:
    watch = RestartWatch()
    watch.restarted_recently(snapshot_with(5), NOON)
    assert watch.restarted_recently(snapshot_with(0), NOON) == frozenset()
    assert watch.restarted_recently(snapshot_with(1), NOON) == {"1" * 64}


def test_a_removed_container_is_dropped() -> None:
    watch = RestartWatch()
    watch.restarted_recently(snapshot_with(1), NOON)
    watch.restarted_recently(snapshot_with(2), NOON)
    assert watch.restarted_recently(snapshot_with(0, "2" * 64), NOON) == frozenset()
    assert watch.restarted_recently(snapshot_with(2), NOON) == frozenset()
