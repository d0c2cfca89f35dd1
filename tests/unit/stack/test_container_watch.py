"""Watching containers on an engine that responds late, wrongly, or not at all."""

import time

from pixel_tui.demo.stack.services import DIRECTORY, PROJECT
from pixel_tui.errors import (
    ComposeRefused,
    EngineUnreachable,
)
from pixel_tui.stack.model.snapshot import Connection, ServiceState, SyncAction
from tests.builders.watching import Stage, full_stage, patient, service, stage
from tests.engine.private_engine import eventually
from tests.patience import await_calm

__all__ = ["full_stage", "patient", "stage"]


def test_no_service_is_absent_before_the_containers_were_read(stage: Stage) -> None:
    stage.engine.lists.clear()
    stage.watcher.start()
    eventually(lambda: stage.now.engine.connection is Connection.READY)
    stage.watcher.refresh()
    time.sleep(0.1)
    assert stage.now.taken_at is None
    assert not stage.now.complete
    stage.engine.lists.set()
    eventually(lambda: stage.now.complete)
    first = next(snapshot for snapshot in stage.seen if snapshot.complete)
    assert first.service("api") is not None
    states = {item.state for item in first.services if item.wanted}
    assert states == {ServiceState.RUNNING}


def test_containers_are_read_once_while_compose_resolves(patient: Stage) -> None:
    patient.project.answers.clear()
    patient.watcher.start()
    with patient.world.locked() as (containers, _):
        ids = {container.id for container in containers}
        steady = {
            container.id
            for container in containers
            if container.running and not container.service.check
        }
    eventually(lambda: set(patient.engine.inspected) >= ids)
    assert patient.now.taken_at is None
    assert not patient.now.services  # only compose knows which there should be
    patient.project.answers.set()
    eventually(lambda: patient.now.complete)
    assert steady
    assert all(patient.engine.inspected.count(item) == 1 for item in steady)


def test_containers_of_another_project_read_in_advance_are_never_shown(
    full_stage: Stage,
) -> None:
    full_stage.project.name = "shop"
    full_stage.project.answers.clear()
    full_stage.watcher.start()
    eventually(lambda: full_stage.engine.inspected and full_stage.engine.streams)
    with full_stage.world.locked() as (containers, _):
        container = next(item for item in containers if item.service.name == "landing")
    full_stage.world.stop(container)
    full_stage.project.answers.set()
    eventually(lambda: full_stage.now.complete and len(full_stage.engine.streams) > 1)
    assert full_stage.now.project_name == "shop"
    assert not any(service.containers for seen in full_stage.seen for service in seen.services)
    assert not full_stage.watcher.events


def test_the_snapshot_time_is_when_the_containers_were_read(stage: Stage) -> None:
    stage.watcher.start()
    eventually(lambda: stage.now.complete)
    stage.engine.surprise = EngineUnreachable("gone")
    stage.watcher.refresh()
    eventually(lambda: stage.now.stale)
    taken_at = stage.now.taken_at
    # The engine reports its version again, but not its containers yet.
    asked = len(stage.engine.asked)
    eventually(lambda: len(stage.engine.asked) > asked)
    assert stage.now.taken_at == taken_at


def test_an_invalid_response_is_a_state_and_does_not_end_the_watch(stage: Stage) -> None:
    stage.watcher.start()
    eventually(lambda: stage.now.complete)
    stage.engine.surprise = ValueError("never full_stage")
    stage.watcher.refresh()
    eventually(lambda: stage.now.stale)
    trouble = stage.now.engine.trouble
    assert trouble is not None
    assert "can't be parsed" in trouble.what
    stage.engine.surprise = None
    eventually(lambda: not stage.now.stale)


def test_a_refused_project_is_found_by_its_containers_labels(
    stage: Stage,
) -> None:
    stage.project.directory = DIRECTORY
    stage.project.trouble = ComposeRefused("yaml: line 1: no")
    stage.watcher.start()
    eventually(lambda: stage.now.services)
    assert stage.now.project_name == PROJECT
    assert stage.now.project is None
    assert not stage.now.orphans
    postgres = service(stage, "postgres")
    assert (postgres.state, postgres.sync.action) == (ServiceState.RUNNING, SyncAction.UNKNOWN)
    with stage.world.locked() as (containers, _):
        container = next(item for item in containers if item.service.name == "landing")
    # The name that was found, not the folder's.
    eventually(lambda: PROJECT in stage.engine.listened)
    stage.world.stop(container)
    eventually(lambda: stage.watcher.events)
    eventually(lambda: service(stage, "landing").state is ServiceState.PARTIAL)
    stage.project.trouble = None
    stage.project.generation += 1
    eventually(lambda: stage.now.complete and stage.now.project_trouble is None)


def test_an_idle_stack_is_not_read_continuously(stage: Stage) -> None:
    stage.watcher.watch_usage(wanted=False)
    stage.watcher.start()
    eventually(lambda: stage.now.complete and stage.engine.streams)
    # Only the agent's health checks may cause events.
    await_calm(lambda: len(stage.engine.asked), 2, 0.3)
    await_calm(lambda: len(stage.engine.inspected), 4, 0.3)


def test_a_lost_engine_is_retried_with_increasing_delays(stage: Stage) -> None:
    stage.watcher.start()
    eventually(lambda: stage.now.complete)
    stage.world.fail_engine(down=True)
    eventually(lambda: stage.now.stale)
    asked = len(stage.engine.asked)
    time.sleep(0.5)
    assert len(stage.engine.asked) - asked <= 3


def test_an_unresponsive_engine_is_detected_without_events(stage: Stage) -> None:
    stage.watcher.start()
    eventually(lambda: stage.now.complete)
    stage.engine.frozen = True
    eventually(lambda: stage.now.engine.connection is Connection.LOST)
    assert stage.now.engine.trouble is not None
    assert "does not answer" in stage.now.engine.trouble.what
    stage.engine.frozen = False
    eventually(lambda: stage.now.engine.connection is Connection.READY)


def test_services_are_shown_if_the_engine_never_responds(stage: Stage) -> None:
    stage.engine.frozen = True
    stage.watcher.start()
    eventually(lambda: stage.now.engine.connection is Connection.LOST and stage.now.services)
    service = stage.now.service("api")
    assert service is not None
    assert service.state is ServiceState.UNKNOWN
