"""Watching a project while compose refuses it, is missing, or prints no hashes."""

import time

import pytest

from pixel_tui.demo.stack.services import PROJECT
from pixel_tui.errors import (
    ComposeMissing,
    ComposeRefused,
)
from pixel_tui.stack.model.snapshot import ServiceState, SyncAction
from tests.builders.watching import PACE, Stage, service, stage
from tests.engine.private_engine import eventually

__all__ = ["stage"]


def test_a_project_with_another_name_is_watched_under_that_name(stage: Stage) -> None:
    stage.project.trouble = ComposeRefused("yaml: line 1: no")
    stage.watcher.start()
    eventually(lambda: stage.now.project_trouble and stage.engine.streams)
    assert stage.now.project_name == "folder"
    stage.project.trouble = None
    stage.project.generation += 1
    eventually(lambda: stage.now.project_name == PROJECT)
    eventually(lambda: stage.now.orphans)
    with stage.world.locked() as (containers, _):
        container = next(item for item in containers if item.service.name == "landing")
    eventually(lambda: len(stage.engine.streams) > 1)
    stage.world.stop(container)
    eventually(lambda: stage.watcher.events)


def test_a_broken_compose_file_makes_no_orphans(stage: Stage) -> None:
    stage.watcher.start()
    eventually(lambda: stage.now.complete)
    stage.project.trouble = ComposeRefused("yaml: line 1: no")
    stage.project.generation += 1
    eventually(lambda: stage.now.project_trouble)
    assert not stage.now.orphans
    assert {item.sync.action for item in stage.now.services} == {SyncAction.UNKNOWN}
    assert service(stage, "postgres").state is ServiceState.RUNNING


def test_a_missing_compose_is_retried(stage: Stage) -> None:
    stage.project.trouble = ComposeMissing("Docker Compose version 2 is not installed.")
    stage.watcher.start()
    eventually(lambda: stage.now.project_trouble)
    since = stage.now.project_trouble.since if stage.now.project_trouble else None
    asked = stage.project.asked
    eventually(lambda: stage.project.asked > asked + 1)
    assert stage.now.project_trouble is not None
    assert stage.now.project_trouble.since == since
    stage.project.trouble = None
    eventually(lambda: stage.now.complete and stage.now.project_trouble is None)
    asked = stage.project.asked
    time.sleep(2 * PACE.retry)
    assert stage.project.asked == asked


def test_a_different_error_has_its_own_start_time(stage: Stage) -> None:
    stage.project.trouble = ComposeRefused("yaml: line 1: no")
    stage.watcher.start()
    eventually(lambda: stage.now.project_trouble)
    before = stage.now.project_trouble
    stage.project.trouble = ComposeMissing("Docker Compose version 2 is not installed.")
    stage.project.generation += 1
    eventually(lambda: stage.now.project_trouble != before)
    assert before is not None
    assert stage.now.project_trouble is not None
    assert stage.now.project_trouble.since > before.since


def test_without_new_hashes_the_old_ones_are_dropped(stage: Stage) -> None:
    stage.watcher.start()
    eventually(lambda: stage.now.complete and stage.sync("api") is SyncAction.NOTHING)
    stage.project.hash_trouble = ComposeRefused("no hashes today")
    stage.project.generation += 1
    eventually(lambda: stage.sync("api") is SyncAction.UNKNOWN)
    stage.project.hash_trouble = None
    eventually(lambda: stage.sync("api") is SyncAction.NOTHING)


@pytest.mark.parametrize("trouble", [None, ComposeRefused("no hashes")], ids=["told", "refused"])
def test_the_project_awaits_its_hashes(stage: Stage, trouble: ComposeRefused | None) -> None:
    stage.project.hashing.clear()
    stage.project.hash_trouble = trouble
    stage.watcher.start()
    eventually(lambda: stage.now.complete and stage.now.project and stage.now.project.awaits_hashes)
    stage.project.hashing.set()
    eventually(lambda: stage.now.project is not None and not stage.now.project.awaits_hashes)


def test_a_project_that_is_read_again_unchanged_is_shown_as_it_is(stage: Stage) -> None:
    stage.watcher.start()
    eventually(
        lambda: stage.now.complete and stage.now.project and not stage.now.project.awaits_hashes
    )
    stage.project.hashing.clear()
    before = stage.project.hashes_asked
    stage.project.generation += 1
    eventually(lambda: stage.project.hashes_asked > before)
    with stage.world.locked() as (containers, _):
        container = next(item for item in containers if item.service.name == "landing")
    stage.world.stop(container)
    eventually(lambda: service(stage, "landing").state is ServiceState.PARTIAL)
    assert stage.now.project is not None
    assert not stage.now.project.awaits_hashes
    stage.project.hashing.set()
