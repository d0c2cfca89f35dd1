"""The state of a followed log that can't be read."""

import time
from dataclasses import replace

import pytest

from pixel_tui.errors import EngineRefused, EngineUnreachable
from pixel_tui.stack.feed.feed import FeedState, FeedStatus, LogTarget
from pixel_tui.stack.feed.status import feed_status
from pixel_tui.stack.model.project import External, ServiceSpec
from pixel_tui.stack.model.snapshot import Service, ServiceState, StackSnapshot, Sync, SyncAction
from pixel_tui.text import SafeText, plain
from tests.builders.log_following import (
    READY,
    A,
    Stage,
    stage,
)

__all__ = ["stage"]


def test_a_removed_container_is_not_requested_for_ever(stage: Stage) -> None:
    del stage.engine.kept[A.id]
    with stage.engine.changed:
        for stream in stage.engine.streams:
            stream.closed = True
        stage.engine.changed.notify_all()
    stage.wait_until(lambda: len(stage.engine.requests) > 3)
    stage.show()
    stage.wait_until(lambda: stage.feed.status.state is FeedState.WAITING)
    assert "has no container" in stage.feed.status.reason
    assert "docker compose up -d api" in stage.feed.status.hint
    time.sleep(0.1)
    asked = len(stage.engine.requests)
    stage.assert_lines_stay("one", "two", "three")
    assert len(stage.engine.requests) == asked


def absent(spec: ServiceSpec, **changes: object) -> FeedStatus:
    service = Service(spec.name, spec, state=ServiceState.ABSENT, sync=Sync(SyncAction.CREATE))
    snapshot = StackSnapshot(READY, services=(replace(service, **changes),))  # type: ignore[arg-type]
    return feed_status(snapshot, [LogTarget("ext")], (), live=False, refused=SafeText(""))


EXT = ServiceSpec(plain("ext"), plain("x/ext"))
SHARED = External("network", plain("shared"))


@pytest.mark.parametrize(
    ("status", "reason", "fix"),
    [
        (absent(EXT), "ext has no container.", "docker compose up -d ext"),
        (
            absent(EXT, missing=(SHARED,)),
            "ext has no container: external network shared does not exist",
            "docker network create shared",
        ),
        (
            absent(EXT, missing=(SHARED,), state=ServiceState.OFF, sync=Sync(SyncAction.OFF)),
            "external network shared does not exist",
            "docker network create shared",
        ),
        (
            absent(EXT, sync=Sync(SyncAction.PULL, plain("image x/ext is missing"))),
            "ext has no container: image x/ext is missing.",
            "docker compose pull ext && docker compose up -d ext",
        ),
        (
            absent(replace(EXT, refused=plain("its env file is not there"))),
            "compose refuses it: its env file is not there",
            "Correct it in the compose file or in .env.",
        ),
        (
            absent(EXT, sync=Sync(SyncAction.UNKNOWN, plain("compose can't read the project"))),
            "compose can't read the project",
            "Correct it in the compose file or in .env.",
        ),
        (
            absent(replace(EXT, provider=plain("cloud")), state=ServiceState.UNKNOWN),
            "ext has no container and no logs: cloud provides it.",
            "",
        ),
    ],
)
def test_no_fix_is_suggested_that_would_fail(status: FeedStatus, reason: str, fix: str) -> None:
    assert status.state is FeedState.WAITING
    assert reason in status.reason
    assert status.hint.endswith(fix)
    assert bool(status.hint) is bool(fix)


def test_a_refusal_is_shown_and_retried_until_allowed() -> None:
    stage = Stage(A)
    stage.engine.write(A.id, 1, "one")
    stage.engine.refusal = EngineRefused(501, "logging driver does not support reading")
    stage.feed.start()
    stage.wait_until(lambda: stage.feed.status.state is FeedState.REFUSED)
    assert "does not support reading" in stage.feed.status.reason
    stage.wait_until(lambda: len(stage.engine.requests) > 3)
    assert "does not support reading" in stage.feed.status.reason
    stage.engine.refusal = None
    stage.wait_for_lines("one")
    stage.wait_until(lambda: stage.feed.status.state is FeedState.LIVE)
    stage.feed.close()


def test_a_log_without_a_readable_driver_is_never_requested() -> None:
    stage = Stage(replace(A, log_driver=SafeText("none")))
    stage.feed.start()
    stage.wait_until(lambda: stage.feed.status.state is FeedState.REFUSED)
    assert "json-file" in stage.feed.status.hint
    assert not stage.engine.requests
    stage.feed.close()


def test_logs_continue_after_a_lost_engine_is_back(stage: Stage) -> None:
    stage.engine.refusal = EngineUnreachable("gone")
    stage.engine.break_off(A.id)
    stage.lose_engine()
    stage.wait_until(lambda: stage.feed.status.state is FeedState.WAITING)
    assert stage.feed.status.reason == "The Docker daemon does not answer."
    assert stage.feed.status.hint == "Start it."
    asked = len(stage.engine.requests)
    time.sleep(0.1)
    assert len(stage.engine.requests) == asked
    stage.engine.write(A.id, 9, "nine")
    stage.engine.refusal = None
    stage.show(A)
    stage.wait_for_lines("one", "two", "three", "nine")
    stage.wait_until(lambda: stage.feed.status.state is FeedState.LIVE)
