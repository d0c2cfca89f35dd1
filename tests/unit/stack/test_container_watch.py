"""The containers as they are watched: an engine that answers late, wrongly, or not at all."""

import time

from pixel_tui.demo.stack.services import DIRECTORY, PROJECT
from pixel_tui.errors import (
    ComposeRefused,
    EngineUnreachable,
)
from pixel_tui.stack.model.snapshot import Connection, ServiceState, SyncAction
from tests.builders.watching import Stage, foreseen, patient, service, stage, until
from tests.patience import await_calm

__all__ = ["foreseen", "patient", "stage"]


def test_nothing_is_called_absent_before_the_containers_were_read(stage: Stage) -> None:
    stage.engine.lists.clear()
    stage.watcher.start()
    until(lambda: stage.now.engine.connection is Connection.READY)
    stage.watcher.refresh()
    time.sleep(0.1)
    assert stage.now.taken_at is None
    assert not stage.now.complete
    stage.engine.lists.set()
    until(lambda: stage.now.complete)
    first = next(snapshot for snapshot in stage.seen if snapshot.complete)
    assert first.service("api") is not None
    states = {item.state for item in first.services if item.wanted}
    assert states == {ServiceState.RUNNING}


def test_containers_are_read_while_compose_resolves_and_not_again(patient: Stage) -> None:
    patient.project.answers.clear()
    patient.watcher.start()
    with patient.world.locked() as (containers, _):
        ids = {container.id for container in containers}
        steady = {
            container.id
            for container in containers
            if container.running and not container.service.check
        }
    until(lambda: set(patient.engine.inspected) >= ids)
    assert patient.now.taken_at is None
    assert not patient.now.services  # only compose knows which there should be
    patient.project.answers.set()
    until(lambda: patient.now.complete)
    assert steady
    assert all(patient.engine.inspected.count(item) == 1 for item in steady)


def test_what_was_read_ahead_of_another_project_is_never_shown(foreseen: Stage) -> None:
    foreseen.project.name = "shop"
    foreseen.project.answers.clear()
    foreseen.watcher.start()
    until(lambda: foreseen.engine.inspected and foreseen.engine.streams)
    with foreseen.world.locked() as (containers, _):
        container = next(item for item in containers if item.service.name == "landing")
    foreseen.world.stop(container)
    foreseen.project.answers.set()
    until(lambda: foreseen.now.complete and len(foreseen.engine.streams) > 1)
    assert foreseen.now.project_name == "shop"
    assert not any(service.containers for seen in foreseen.seen for service in seen.services)
    assert not foreseen.watcher.events


def test_the_age_of_what_is_shown_is_when_the_containers_were_read(stage: Stage) -> None:
    stage.watcher.start()
    until(lambda: stage.now.complete)
    stage.engine.surprise = EngineUnreachable("gone")
    stage.watcher.refresh()
    until(lambda: stage.now.stale)
    taken_at = stage.now.taken_at
    # The engine says who it is again, and still not what it runs.
    asked = len(stage.engine.asked)
    until(lambda: len(stage.engine.asked) > asked)
    assert stage.now.taken_at == taken_at


def test_an_answer_that_cannot_be_understood_is_a_state_and_not_the_end(stage: Stage) -> None:
    stage.watcher.start()
    until(lambda: stage.now.complete)
    stage.engine.surprise = ValueError("never foreseen")
    stage.watcher.refresh()
    until(lambda: stage.now.stale)
    trouble = stage.now.engine.trouble
    assert trouble is not None
    assert "can't be understood" in trouble.what
    stage.engine.surprise = None
    until(lambda: not stage.now.stale)


def test_a_project_that_compose_refuses_is_found_by_the_labels_of_its_containers(
    stage: Stage,
) -> None:
    stage.project.directory = DIRECTORY
    stage.project.trouble = ComposeRefused("yaml: line 1: no")
    stage.watcher.start()
    until(lambda: stage.now.services)
    assert stage.now.project_name == PROJECT
    assert stage.now.project is None
    assert not stage.now.orphans
    postgres = service(stage, "postgres")
    assert (postgres.state, postgres.sync.action) == (ServiceState.RUNNING, SyncAction.UNKNOWN)
    with stage.world.locked() as (containers, _):
        container = next(item for item in containers if item.service.name == "landing")
    until(lambda: PROJECT in stage.engine.listened)  # the name that was found, not the folder's
    stage.world.stop(container)
    until(lambda: stage.watcher.events)
    until(lambda: service(stage, "landing").state is ServiceState.PARTIAL)
    stage.project.trouble = None
    stage.project.generation += 1
    until(lambda: stage.now.complete and stage.now.project_trouble is None)


def test_a_stack_that_stands_still_is_not_asked_over_and_over(stage: Stage) -> None:
    stage.watcher.watch_usage(wanted=False)
    stage.watcher.start()
    until(lambda: stage.now.complete and stage.engine.streams)
    # The agent's probes may tell of something; nothing else does.
    await_calm(lambda: len(stage.engine.asked), 2, 0.3)
    await_calm(lambda: len(stage.engine.inspected), 4, 0.3)


def test_a_lost_engine_is_asked_with_growing_pauses(stage: Stage) -> None:
    stage.watcher.start()
    until(lambda: stage.now.complete)
    stage.world.fail_engine(down=True)
    until(lambda: stage.now.stale)
    asked = len(stage.engine.asked)
    time.sleep(0.5)
    assert len(stage.engine.asked) - asked <= 3


def test_an_engine_that_falls_silent_is_noticed_though_nothing_happens(stage: Stage) -> None:
    stage.watcher.start()
    until(lambda: stage.now.complete)
    stage.engine.frozen = True
    until(lambda: stage.now.engine.connection is Connection.LOST)
    assert stage.now.engine.trouble is not None
    assert "does not answer" in stage.now.engine.trouble.what
    stage.engine.frozen = False
    until(lambda: stage.now.engine.connection is Connection.READY)


def test_an_engine_that_is_silent_from_the_start_hides_no_service(stage: Stage) -> None:
    stage.engine.frozen = True
    stage.watcher.start()
    until(lambda: stage.now.engine.connection is Connection.LOST and stage.now.services)
    service = stage.now.service("api")
    assert service is not None
    assert service.state is ServiceState.UNKNOWN
