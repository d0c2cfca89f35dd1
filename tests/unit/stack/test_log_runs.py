"""The marks between the runs of a followed container."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pixel_tui.errors import EngineUnreachable
from pixel_tui.stack.feed.feed import FeedState
from pixel_tui.stack.model.container import Container, ContainerState
from tests.builders.log_following import A, B, Stage, container, ended, restarted, stage
from tests.builders.scripted_engine import BEGIN

__all__ = ["stage"]


def test_an_observed_exit_is_marked(stage: Stage) -> None:
    stage.engine.end_life(A.id)
    stage.show(ended(A, 5, 137))
    stage.wait_for_lines("one", "two", "three", "-- exited with exit code 137 (SIGKILL)")
    stage.wait_until(lambda: stage.feed.status.state is FeedState.WAITING)
    assert "is not running" in stage.feed.status.reason
    stage.engine.write(A.id, 8, "again")
    stage.show(restarted(A, 7, died=5))
    story = (
        "one",
        "two",
        "three",
        "-- exited with exit code 137 (SIGKILL)",
        "-- started again",
        "again",
    )
    stage.wait_for_lines(*story)
    stage.assert_lines_stay(*story)


def test_an_unobserved_restart_is_marked_once(
    stage: Stage,
) -> None:
    stage.report("die", 5.5, 143)
    stage.engine.end_life(A.id)
    again = restarted(A, 7, died=5)
    for restarts in range(5):
        stage.show(replace(again, memory_limit=restarts))
    stage.engine.write(A.id, 8, "again")
    story = (
        "one",
        "two",
        "three",
        "-- exited with exit code 143 (SIGTERM)",
        "-- started again",
        "again",
    )
    stage.wait_for_lines(*story)
    stage.assert_lines_stay(*story)
    lines = stage.ring.window(0, 1 << 40).lines
    assert [line.stamp for line in lines] == sorted(line.stamp for line in lines)


def test_a_run_without_lines_is_marked(stage: Stage) -> None:
    stage.engine.end_life(A.id)
    stage.show(restarted(replace(A, restarts=4), 7, died=5))
    stage.wait_for_lines("one", "two", "three", "-- exited", "-- started again (restart 4)")
    stage.wait_until(lambda: stage.feed.status.state is FeedState.LIVE)


def test_marks_are_between_runs_even_after_a_broken_stream(
    stage: Stage,
) -> None:
    stage.engine.refusal = EngineUnreachable("gone")
    stage.engine.break_off(A.id)
    stage.lose_engine()
    stage.wait_until(lambda: stage.feed.status.state is FeedState.WAITING)
    stage.engine.write(A.id, 4, "last words")
    # The engine takes its times a little beside those of the lines.
    stage.engine.write(A.id, 6.9, "first words")
    stage.engine.write(A.id, 8, "again")
    stage.engine.refusal = None
    stage.show(restarted(A, 7, died=5))
    stage.wait_for_lines(
        "one", "two", "three", "last words",
        "-- exited", "-- started again", "first words", "again",
    )  # fmt: skip


def crashed_again(number: int, *, started: float, died: float) -> Container:
    """Between two runs of a crash loop: the engine has already counted the next restart."""
    return replace(
        ended(container(life=started), died, 3),
        state=ContainerState.RESTARTING,
        restarts=number + 1,
    )


def test_a_run_that_no_snapshot_showed_running_is_read(stage: Stage) -> None:
    stage.engine.write(A.id, 4, "crash")
    stage.engine.end_life(A.id)
    stage.report("die", 5, 3)
    stage.show(crashed_again(0, started=0, died=4.9))
    story = ["one", "two", "three", "crash", "-- exited with exit code 3"]
    stage.wait_for_lines(*story)
    for number in range(1, 4):
        at = 10.0 * number
        stage.engine.write(A.id, at + 1, f"run {number}")
        stage.report("start", at)
        stage.report("die", at + 2, 3)
        stage.engine.end_life(A.id)
        stage.show(crashed_again(number, started=at, died=at + 2))
        story += [
            f"-- started again (restart {number})",
            f"run {number}",
            "-- exited with exit code 3",
        ]
        stage.wait_for_lines(*story)
    stage.assert_lines_stay(*story)


def test_runs_between_two_snapshots_are_separated(stage: Stage) -> None:
    story = ["one", "two", "three", "last words", "-- exited with exit code 3"]
    stage.report("start", 0.001)
    stage.report("die", 5, 3)
    for number in range(1, 6):
        at = 10.0 * number
        stage.report("start", at + 0.1)
        # The engine records the time of a start after the process has already written lines.
        stage.report("die", at + 2, 3)
        story += [
            f"-- started again (restart {number})",
            f"run {number}",
            "-- exited with exit code 3",
        ]
    with stage.engine.changed:
        stage.engine.write(A.id, 4, "last words")
        for number in range(1, 6):
            stage.engine.write(A.id, 10.0 * number, f"run {number}")
        now = crashed_again(5, started=50.1, died=52)
        stage.show(now)
        stage.engine.kept[A.id].ends.append(3)  # the stream ends before the last words
        stage.engine.changed.notify_all()
    stage.wait_for_lines(*story)
    stage.assert_lines_stay(*story)


def test_a_run_newer_than_the_snapshot_is_marked_before_its_lines(
    stage: Stage,
) -> None:
    stage.report("die", 5, 3)
    stage.present_states[A.id] = replace(restarted(A, 7, died=5), restarts=1)
    stage.engine.end_life(A.id)
    stage.engine.write(A.id, 6.99, "again")
    story = (
        "one",
        "two",
        "three",
        "-- exited with exit code 3",
        "-- started again (restart 1)",
        "again",
    )
    stage.wait_for_lines(*story)
    stage.assert_lines_stay(*story)
    stage.show(A)  # an old picture comes late
    stage.assert_lines_stay(*story)


def test_an_oom_kill_between_two_snapshots_is_marked(stage: Stage) -> None:
    stage.report("oom", 4.9)
    stage.report("die", 5, 137)
    stage.engine.end_life(A.id)
    stage.show(restarted(A, 7, died=5))
    stage.wait_for_lines(
        "one", "two", "three", "-- exited with exit code 137 (out of memory)", "-- started again"
    )


def test_the_exit_of_a_container_removed_at_once_is_marked(stage: Stage) -> None:
    stage.report("die", 5, 143)
    stage.engine.end_life(A.id)
    stage.engine.write(B.id, 9, "new")
    del stage.engine.kept[A.id]
    stage.show(replace(container(1, life=8), id=B.id))
    stage.wait_until(lambda: "new" in stage.shown_lines())
    story = stage.shown_lines()
    assert story[:4] == ["one", "two", "three", "-- exited with exit code 143 (SIGTERM)"]
    assert "was recreated" in story[4]


@pytest.mark.parametrize("again", [False, True])
def test_lines_written_before_the_inspection_come_before_the_exit_mark(
    stage: Stage, again: bool
) -> None:
    def end() -> None:
        stage.engine.write(A.id, 4, "last words")
        stage.report("die", 5, 3)
        stage.present_states[A.id] = ended(A, 5)
        if again:
            stage.present_states[A.id] = replace(
                A, started_at=BEGIN + timedelta(seconds=6), restarts=1
            )
            stage.engine.write(A.id, 7, "again")

    stage.meanwhile = end
    stage.engine.end_life(A.id)
    if again:
        stage.wait_for_lines(
            *("one", "two", "three", "last words", "-- exited with exit code 3"),
            *("-- started again (restart 1)", "again"),
        )
    else:
        stage.wait_until(lambda: len(stage.shown_lines()) == 5)
        assert stage.shown_lines()[3] == "last words"
        assert stage.shown_lines()[4].startswith("-- exited")
