"""Reading a snapshot once while the engine or compose can't be read completely."""

from datetime import UTC, datetime

import pytest

from pixel_tui.clock import FixedClock, SystemClock
from pixel_tui.demo.stack.services import PROJECT
from pixel_tui.errors import (
    ComposeRefused,
    EngineAnswerInvalid,
    EngineError,
    EngineRefused,
    EngineUnreachable,
)
from pixel_tui.stack.model.snapshot import ServiceState, SyncAction
from pixel_tui.stack.watch.container_reading import read_containers
from pixel_tui.stack.watch.look_once import read_snapshot
from tests.builders.watching import Stage, stage

__all__ = ["stage"]


def test_an_unreachable_engine_does_not_hide_a_broken_project(stage: Stage) -> None:
    stage.project.trouble = refusal = ComposeRefused("yaml: line 1: no")
    stage.world.fail_engine(down=True)
    with pytest.raises(EngineUnreachable) as caught:
        read_snapshot(stage.engine, stage.project, SystemClock())
    assert caught.value.also is refusal


@pytest.mark.parametrize(
    "answer", [EngineRefused(500, "input/output error"), EngineAnswerInvalid("no JSON object")]
)
def test_an_uninspectable_container_does_not_affect_others(answer: EngineError) -> None:
    clock = FixedClock(datetime(2026, 3, 1, 12, 0, tzinfo=UTC))  # no health check in between
    stage = Stage(clock=clock)
    before = read_snapshot(stage.engine, stage.project, clock)
    broken = before.services[0].regular[0]
    stage.engine.refused[broken.id] = answer
    now = read_snapshot(stage.engine, stage.project, clock)
    assert [item.containers for item in now.services[1:]] == [
        item.containers for item in before.services[1:]
    ]
    (found,) = now.services[0].regular
    assert (found.id, found.name, found.state) == (broken.id, broken.name, broken.state)
    assert found.partial
    assert str(answer.what).rstrip(".") in found.error
    assert not now.services[0].is_ok


def test_a_container_is_complete_as_soon_as_it_can_be_inspected() -> None:
    stage = Stage()
    stack = read_snapshot(stage.engine, stage.project, SystemClock())
    broken = next(item for item in stack.services if item.is_ok).regular[0]
    listed = stage.engine.containers(PROJECT)
    stage.engine.refused[broken.id] = EngineRefused(500, "input/output error")
    known = read_containers(stage.engine, listed, {}, ())
    stage.engine.refused.clear()
    assert known[broken.id].partial
    assert not read_containers(stage.engine, listed, known, ())[broken.id].partial


def test_an_unreadable_image_affects_only_its_service() -> None:
    stage = Stage()
    before = read_snapshot(stage.engine, stage.project, SystemClock())
    spec = before.services[0].spec
    assert spec is not None
    stage.engine.refused[spec.image] = EngineRefused(400, "invalid reference format")
    now = read_snapshot(stage.engine, stage.project, SystemClock())
    assert now.services[0].sync.action is SyncAction.UNKNOWN
    assert now.services[0].sync.invalid_image
    others = [item.sync for item in before.services[1:]]
    assert [item.sync for item in now.services[1:]] == others


def test_without_hashes_only_sync_is_unknown() -> None:
    stage = Stage()
    stage.project.hash_trouble = ComposeRefused("no hashes")
    now = read_snapshot(stage.engine, stage.project, SystemClock())
    assert now.project_trouble is None
    assert now.project is not None
    assert ServiceState.RUNNING in {item.state for item in now.services}
