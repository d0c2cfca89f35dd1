"""Following logs over a scripted engine: restarts, recreates, outages."""

import time
from dataclasses import replace
from datetime import timedelta

import pytest

from pixel_tui.stack.feed.feed import FeedState
from pixel_tui.stack.feed.follower import KEPT_READERS
from pixel_tui.stack.model.container import ContainerState
from pixel_tui.stack.model.times import unix_time
from pixel_tui.text import SafeText
from tests.builders.log_following import (
    HASTY,
    A,
    B,
    Stage,
    container,
    ended,
    restarted,
    stage,
    three_lines,
)
from tests.builders.scripted_engine import BEGIN, stamp
from tests.own_threads import own_threads
from tests.patience import await_calm

__all__ = ["stage"]


def test_it_starts_with_the_tail_and_follows() -> None:
    stage = Stage(A, tail=2)
    for number in range(5):
        stage.engine.write(A.id, number, f"{number}")
    stage.feed.start()
    stage.wait_for_lines("3", "4")
    stage.wait_until(lambda: stage.feed.status.state is FeedState.LIVE)
    stage.engine.write(A.id, 9, "5")
    stage.wait_for_lines("3", "4", "5")
    assert [item.name for item in stage.feed.containers] == ["api-1"]
    stage.feed.close()


def test_lines_with_the_same_timestamp_are_neither_lost_nor_duplicated(stage: Stage) -> None:
    stage.engine.write(A.id, 4, "same", "same", "other")
    stage.wait_for_lines("one", "two", "three", "same", "same", "other")
    stage.engine.break_off(A.id)
    stage.engine.write(A.id, 4, "same", "late")
    stage.engine.write(A.id, 5, "five")
    stage.wait_for_lines("one", "two", "three", "same", "same", "other", "same", "late", "five")


def test_a_stream_that_breaks_repeatedly_continues(stage: Stage) -> None:
    told = ["one", "two", "three"]
    for number in range(6):
        stage.engine.break_off(A.id)
        stage.engine.write(A.id, 10 + number, f"{number}")
        told.append(f"{number}")
        stage.wait_for_lines(*told)


def test_more_new_lines_than_the_first_request_are_all_read() -> None:
    with three_lines(replace(HASTY, near_lines=3)) as stage:
        with stage.engine.changed:
            stage.engine.break_off(A.id)
            for number in range(20):
                stage.engine.write(A.id, 10 + number, f"{number}")
        stage.wait_for_lines("one", "two", "three", *[f"{number}" for number in range(20)])
        assert [request.tail for request in stage.engine.requests[1:3]] == [3, None]


def test_a_log_is_resumed_near_its_end(stage: Stage) -> None:
    stage.engine.break_off(A.id)
    stage.engine.write(A.id, 4, "four")
    stage.wait_for_lines("one", "two", "three", "four")
    resumed = stage.engine.requests[1]
    assert resumed.tail == HASTY.near_lines
    reached, since = float(unix_time(stamp(3).encode())), float(resumed.since)
    assert 0.1 < reached - since < 1, "the other stream's lines may be written a little late"


def test_a_new_run_is_read_at_once() -> None:
    with three_lines(replace(HASTY, settle_seconds=60.0)) as stage:
        stage.engine.end_life(A.id)
        stage.wait_until(lambda: stage.feed.status.state is not FeedState.LIVE)
        stage.engine.write(A.id, 8, "again")
        stage.show(restarted(A, 7, died=5))
        stage.wait_for_lines("one", "two", "three", "-- exited", "-- started again", "again")


def test_a_recreated_container_is_marked_and_read_from_its_first_line(stage: Stage) -> None:
    stage.engine.end_life(A.id)
    stage.show(ended(A, 5))
    new = replace(A, id="f" * 64, started_at=None, state=ContainerState.CREATED)
    stage.wait_for_lines("one", "two", "three", "-- exited with exit code 0")
    # As compose does it: the new one is there under another name before the old one goes.
    stage.show(ended(A, 5), replace(new, name=SafeText("123_api-1")))
    stage.show(new)
    for number in range(200):
        stage.engine.write(new.id, 10 + number, f"{number}")
    stage.show(replace(new, state=ContainerState.RUNNING, started_at=BEGIN + timedelta(seconds=9)))
    story = (
        "one", "two", "three", "-- exited with exit code 0",
        "-- was recreated: 000000000000 is gone, ffffffffffff is new",
        *[f"{number}" for number in range(200)],
    )  # fmt: skip
    stage.wait_for_lines(*story)
    stage.assert_lines_stay(*story)
    assert [item.name for item in stage.feed.containers] == ["api-1"]


def test_a_container_that_was_only_created_is_not_read(stage: Stage) -> None:
    before = len(stage.engine.requests)
    idle = container(2, started_at=None, state=ContainerState.CREATED)
    stage.show(A, idle)
    stage.assert_lines_stay("one", "two", "three")
    assert len(stage.engine.requests) == before
    stage.engine.write(B.id, 9, "born")
    stage.show(A, container(2, life=8))
    stage.wait_for_lines("one", "two", "three", "born")


def test_one_container_is_followed_under_its_name() -> None:
    stage = Stage(A, B, only=B.id)
    stage.engine.write(A.id, 1, "a")
    stage.engine.write(B.id, 2, "b")
    stage.feed.start()
    stage.wait_for_lines("b")
    stage.engine.end_life(B.id)
    new = replace(B, id="f" * 64)
    stage.engine.write(new.id, 9, "new b")
    stage.show(A, new)
    stage.wait_for_lines(
        "b", "-- was recreated: 000000000000 is gone, ffffffffffff is new", "new b"
    )
    stage.feed.close()


def test_several_containers_start_merged_and_are_followed_in_parallel() -> None:
    stage = Stage(A, B)
    for number in range(6):
        stage.engine.write(A.id if number % 2 else B.id, number, f"{number}")
    stage.feed.start()
    stage.wait_for_lines("0", "1", "2", "3", "4", "5")
    stage.engine.write(A.id, 9, "a")
    stage.wait_until(lambda: "a" in stage.shown_lines())
    stage.engine.write(B.id, 8, "b")
    stage.wait_for_lines("0", "1", "2", "3", "4", "5", "a", "b")
    assert [item.name for item in stage.feed.containers] == ["api-1", "api-2"]
    stage.feed.close()


@pytest.mark.parametrize("how", ["stopped", "gone", "lost"])
def test_nothing_is_polled_while_there_is_nothing_to_read(stage: Stage, how: str) -> None:
    asked = len(stage.engine.requests)
    stage.engine.end_life(A.id)
    stage.wait_until(lambda: len(stage.engine.requests) > asked)  # its end was noticed
    if how == "stopped":
        stage.show(ended(A, 5))
    elif how == "gone":
        stage.show()
    else:
        stage.lose_engine()
    stage.wait_until(lambda: stage.feed.status.state is FeedState.WAITING)
    await_calm(lambda: stage.looks, 2, 0.3)


def test_readers_of_removed_containers_are_dropped() -> None:
    stage = Stage(limits=replace(HASTY, settle_seconds=60.0))
    stage.feed.start()
    for number in range(1, 200):
        one = container(number, life=number, oneoff=True, name=SafeText(f"api-run-{number}"))
        stage.engine.write(one.id, number, f"{number}")
        stage.show(one)
        stage.wait_until(lambda number=number: f"{number}" in stage.shown_lines())
        stage.engine.end_life(one.id)
    stage.wait_until(lambda: stage.feed.status.state is not FeedState.LIVE)
    # Those that were still loading when the last one came were kept too.
    assert len(stage.feed.containers) <= KEPT_READERS + 10
    stage.feed.close()


def test_an_unexpected_error_does_not_end_the_following(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    stage.engine.surprise = ValueError("never foreseen")
    stage.engine.break_off(A.id)
    stage.wait_until(lambda: "never foreseen" in caplog.text)
    stage.engine.surprise = None
    stage.engine.write(A.id, 9, "nine")
    stage.wait_for_lines("one", "two", "three", "nine")


def test_closing_ends_its_threads_and_streams(stage: Stage) -> None:
    stage.feed.close()
    stage.feed.close()
    assert stage.feed.status.state is FeedState.CLOSED
    stage.wait_until(lambda: not own_threads("log-follower", "log-api-1"))
    assert all(stream.closed for stream in stage.engine.streams)
    stage.show(container(3, life=9))
    time.sleep(0.05)
    assert stage.feed.status.state is FeedState.CLOSED


def test_a_stream_opened_after_close_is_closed() -> None:
    stage = Stage(A)
    stage.engine.write(A.id, 1, "one")
    with stage.engine.changed:  # the engine does not answer yet
        stage.feed.start()
        stage.wait_until(lambda: own_threads("log-api-1"))
        stage.feed.close()
    stage.wait_until(lambda: not own_threads("log-follower", "log-api-1"))
    assert all(stream.closed for stream in stage.engine.streams)
    assert not stage.shown_lines()


def test_three_hundred_containers_are_followed_at_once() -> None:
    many = [container(number) for number in range(1, 301)]
    stage = Stage(*many)
    for number, item in enumerate(many):
        stage.engine.write(item.id, number, f"{number}")
    stage.feed.start()
    stage.wait_until(lambda: len(stage.shown_lines()) == 300)
    assert stage.shown_lines() == [f"{number}" for number in range(300)]
    stage.engine.write(many[-1].id, 400, "more")
    stage.wait_until(lambda: stage.shown_lines()[-1] == "more")
    stage.feed.close()
