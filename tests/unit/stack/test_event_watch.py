"""Watching events: past events are requested if some may be missing."""

from collections.abc import Callable, Sequence

from tests.builders.watching import Stage, full_stage, stage
from tests.engine.private_engine import eventually
from tests.own_threads import own_threads

__all__ = ["full_stage", "stage"]


def test_changes_before_the_event_stream_are_read(stage: Stage) -> None:
    stage.engine.tells.clear()
    stage.watcher.start()
    eventually(lambda: stage.now.complete)
    with stage.world.locked() as (containers, _):
        container = next(item for item in containers if item.service.name == "landing")
    # Stopped and started without an event stream: the list shows the same state.
    before = stage.now.container(container.id)
    stage.world.stop(container)
    stage.world.start(container)
    stage.engine.tells.set()

    def seen_anew() -> bool:
        now = stage.now.container(container.id)
        return now is not None and before is not None and now.started_at != before.started_at

    eventually(seen_anew)


def runs_between(stage: Stage, name: str, before_the_start: Callable[[], None]) -> Sequence[str]:
    """Return the events of a container that exited and was started later."""
    with stage.world.locked() as (containers, _):
        container = next(item for item in containers if item.service.name == name)
    ended_after = stage.watcher.inspect(container.id).started_at
    stage.world.stop(container)
    before_the_start()
    stage.world.start(container)
    started = stage.watcher.inspect(container.id).started_at
    assert ended_after is not None
    assert started is not None
    eventually(
        lambda: any(
            event.action == "start" and event.container_id == container.id
            for event in stage.watcher.events
        )
    )
    known = stage.watcher.run_events(container.id, ended_after, started)
    return [event.action for event in known if event.action in {"die", "start"}]


def test_an_exit_before_the_event_stream_is_requested(full_stage: Stage) -> None:
    full_stage.engine.tells.clear()
    full_stage.watcher.start()
    eventually(lambda: full_stage.now.complete)

    def listen() -> None:
        full_stage.engine.tells.set()
        eventually(lambda: full_stage.engine.streams)

    assert sorted(runs_between(full_stage, "landing", listen)) == ["die", "start"]


def test_an_exit_while_the_event_stream_was_broken_is_requested(
    full_stage: Stage,
) -> None:
    full_stage.watcher.start()
    eventually(lambda: full_stage.now.complete and full_stage.engine.streams)
    full_stage.engine.tells.clear()
    full_stage.engine.streams[0].close()
    eventually(lambda: full_stage.engine.waiting)

    def listen() -> None:
        full_stage.engine.tells.set()
        eventually(lambda: len(full_stage.engine.streams) > 1)

    assert sorted(runs_between(full_stage, "landing", listen)) == ["die", "start"]


def test_an_event_stream_opened_after_close_is_closed(stage: Stage) -> None:
    stage.engine.tells.clear()
    stage.watcher.start()
    eventually(lambda: stage.now.complete)
    stage.watcher.close()
    stage.engine.tells.set()
    eventually(lambda: not own_threads("stack-"))
