"""The marks in a followed log of health, pauses, and logs that can't be read."""

from dataclasses import replace
from datetime import timedelta

from pixel_tui.stack.model.container import Container, ContainerState, Health, HealthStatus, Probe
from pixel_tui.text import SafeText, plain
from tests.builders.log_following import A, B, Stage, stage
from tests.builders.scripted_engine import BEGIN

__all__ = ["stage"]


def with_health(before: Container, status: HealthStatus, said: str = "") -> Container:
    at = BEGIN + timedelta(seconds=7)
    probe = Probe(at, at, 1 if said else 0, (plain(said),) if said else ())
    return replace(before, health=Health(status, probes=(probe,)))


def test_a_change_of_health_is_marked_with_the_output_of_the_check(stage: Stage) -> None:
    stage.show(with_health(A, HealthStatus.STARTING))
    stage.assert_lines_stay("one", "two", "three")
    stage.show(with_health(A, HealthStatus.HEALTHY))
    stage.wait_for_lines("one", "two", "three", "-- is healthy")
    stage.show(with_health(A, HealthStatus.UNHEALTHY, "no pool"))
    stage.wait_for_lines("one", "two", "three", "-- is healthy", "-- is unhealthy: no pool")
    stage.assert_lines_stay("one", "two", "three", "-- is healthy", "-- is unhealthy: no pool")


def test_a_change_of_health_quotes_only_the_check_that_caused_it(stage: Stage) -> None:
    stage.show(with_health(A, HealthStatus.HEALTHY))
    stage.wait_for_lines("one", "two", "three", "-- is healthy")
    at = BEGIN - timedelta(minutes=5)
    passed = Probe(at, at, 0, (plain("all is well"),))
    stage.show(replace(A, health=Health(HealthStatus.UNHEALTHY, probes=(passed,))))
    stage.wait_for_lines("one", "two", "three", "-- is healthy", "-- is unhealthy")
    lines = stage.ring.window(0, 1 << 40).lines
    assert [line.stamp for line in lines] == sorted(line.stamp for line in lines)


def test_the_start_and_end_of_a_pause_are_marked(stage: Stage) -> None:
    stage.show(replace(A, state=ContainerState.PAUSED))
    stage.wait_for_lines("one", "two", "three", "-- was paused")
    stage.show(A)
    stage.wait_for_lines("one", "two", "three", "-- was paused", "-- continues after a pause")


def test_an_unreadable_log_among_others_is_marked_once() -> None:
    silent = replace(B, log_driver=SafeText("none"))
    stage = Stage(A, silent)
    stage.engine.write(A.id, 1, "one")
    stage.feed.start()
    stage.wait_until(lambda: len(stage.shown_lines()) == 2)
    stage.feed.snapshot_changed()
    stage.assert_lines_stay(*stage.shown_lines())
    (mark,) = [words for words in stage.shown_lines() if words.startswith("-- ")]
    assert "logging driver is none" in mark
    stage.feed.close()
