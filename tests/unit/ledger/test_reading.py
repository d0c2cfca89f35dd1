"""Reading the ledger's files: renames, incomplete files, changes within half a second."""

import errno
import json
import os
import threading
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from pixel_tui.clock import FixedClock, SystemClock
from pixel_tui.ledger.reading import reading
from pixel_tui.ledger.reading.places import LedgerPlace
from pixel_tui.ledger.reading.reading import LedgerReader
from pixel_tui.ledger.reading.task import TaskStatus
from pixel_tui.ledger.view.view import LedgerView
from pixel_tui.ledger.view.watch import LedgerPace, LedgerWatch
from pixel_tui.listeners import Listeners
from pixel_tui.stack.model.snapshot import StackSnapshot
from pixel_tui.stack.watch.observer import Topic
from tests.builders.ledger_files import NOW, ONE, TWO, project, task, text
from tests.builders.ledger_truth import stack
from tests.engine.private_engine import eventually
from tests.patience import PATIENCE


def rewrite(place: LedgerPlace, raw: bytes) -> None:
    """Write like the other programs: to a temporary file that is renamed."""
    temporary = place.ledger.with_name("task-ledger.json.tmp")
    temporary.write_bytes(raw)
    temporary.rename(place.ledger)


def test_an_incomplete_file_shows_the_last_good_state_and_since_when(tmp_path: Path) -> None:
    place, clock = project(tmp_path, task()), FixedClock(NOW)
    reader = LedgerReader(place, clock)
    assert [item.id for item in reader.read().tasks] == [ONE]
    place.ledger.write_bytes(text(task(), task(TWO))[:200])
    clock.advance(5)
    found = reader.read()
    assert [item.id for item in found.tasks] == [ONE]
    assert found.trouble is not None
    assert "truncated" in found.trouble.what
    since = found.trouble.since
    clock.advance(5)
    place.ledger.write_bytes(text(task(), task(TWO))[:200])
    again = reader.read()
    assert again.trouble is not None
    assert again.trouble.since == since
    place.ledger.write_bytes(b"")
    other = reader.read()
    assert other.trouble is not None
    assert other.trouble.since == clock.now(), "another trouble has no older one's age"
    rewrite(place, text(task(), task(TWO)))
    assert reader.read().trouble is None
    assert len(reader.read().tasks) == 2


def test_a_removed_ledger_is_trouble_and_one_that_never_existed_is_not(tmp_path: Path) -> None:
    reader = LedgerReader(LedgerPlace(tmp_path), FixedClock(NOW))
    assert (reader.read().present, reader.read().trouble) == (False, None)
    place = project(tmp_path, task())
    assert reader.read().present
    place.ledger.unlink()
    found = reader.read()
    assert found.trouble is not None
    assert len(found.tasks) == 1


def test_trouble_ends_once_the_file_can_be_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = project(tmp_path, task())
    reader = LedgerReader(place, FixedClock(NOW))
    reader.read()
    with monkeypatch.context() as patched:
        patched.setattr(reading, "identity_of", Mock(side_effect=OSError(errno.ESTALE, "stale")))
        found = reader.read()
        assert found.trouble is not None
        assert "stale" in found.trouble.what
        assert len(found.tasks) == 1
    assert reader.read().trouble is None, "though the file is the one of before"


def test_reading_a_pipe_does_not_block(tmp_path: Path) -> None:
    place = project(tmp_path)
    place.ledger.unlink()
    os.mkfifo(place.ledger)
    found = LedgerReader(place, FixedClock(NOW)).read()
    assert found.trouble is not None
    assert "not a regular file" in found.trouble.what


def test_lock_events_and_outputs_are_read(tmp_path: Path) -> None:
    place = project(tmp_path, task(status="running"), task("../../x", "running"))
    place.lock.write_text(f'{{"taskId": "{ONE}", "createdAt": "2026-03-01T11:00:00Z"}}')
    events = [{"taskId": ONE, "eventType": "spawn"}, 7]
    place.events.write_text(json.dumps({"version": 1, "events": events}))
    log = tmp_path / "logs" / f"worker-{ONE[:8]}.log"
    log.parent.mkdir()
    log.write_text("at work")
    os.utime(log, (1_000_000_000, 1_000_000_000))
    reader = LedgerReader(place, FixedClock(NOW))
    found = reader.read()
    assert found.lock is not None
    assert found.lock.task == ONE
    assert [event.kind for event in found.events] == ["spawn"]
    assert found.last_writes[ONE].year == 2001
    assert list(found.last_writes) == [ONE], "an id that leads elsewhere is no file's name"
    place.events.write_text("{torn")
    place.lock.write_text("{torn")
    again = reader.read()
    assert again.events == found.events
    assert again.lock is not None, "it is there, whatever it says"


class Seen:
    """An observer of a stack that never changes."""

    def __init__(self, snapshot: StackSnapshot) -> None:
        self.snapshot = snapshot
        self.listeners = Listeners[[Topic]]()
        self.subscribe = self.listeners.subscribe


def watched(place: LedgerPlace, **pace: float) -> tuple[LedgerWatch, list[LedgerView], Seen]:
    observer: Any = Seen(stack())
    watch = LedgerWatch(
        LedgerReader(place, SystemClock()), observer, SystemClock(), LedgerPace(**pace)
    )
    views: list[LedgerView] = []
    watch.subscribe(views.append)
    watch.start()
    eventually(lambda: watch.view.loaded)
    return watch, views, observer


def counted(watch: LedgerWatch, status: TaskStatus) -> bool:
    return status in watch.view.totals


def test_a_change_is_shown_before_the_next_poll(tmp_path: Path) -> None:
    place = project(tmp_path, task())
    watch, views, _ = watched(place, poll=10 * PATIENCE)
    try:
        for status in ("running", "completed"):
            raw = text(task(status=status))
            wanted = TaskStatus(status)
            rewrite(place, raw)
            eventually(partial(counted, watch, wanted), every=0.005)
        place.ledger.write_bytes(text(task(), task(TWO)))  # in its place
        eventually(lambda: len(watch.view.tasks) == 2, every=0.005)
        assert views[-1] == watch.view
    finally:
        watch.close()


def test_a_new_or_replaced_folder_is_watched(tmp_path: Path) -> None:
    watch, _, observer = watched(LedgerPlace(tmp_path), poll=0.2)
    try:
        place = project(tmp_path, task())
        eventually(lambda: watch.view.reading.present)
        place.ledger.parent.rename(tmp_path / "old")
        project(tmp_path, task(), task(TWO))
        eventually(lambda: len(watch.view.tasks) == 2)
        observer.snapshot = stack()
        observer.listeners.notify(Topic.SNAPSHOT)
    finally:
        watch.close()
    eventually(lambda: not [item for item in threading.enumerate() if item.name == "ledger"])


def test_the_target_of_a_linked_ledger_is_watched(tmp_path: Path) -> None:
    real = project(tmp_path / "real", task())
    linked = LedgerPlace(tmp_path / "linked")
    linked.ledger.parent.mkdir(parents=True)
    linked.ledger.symlink_to(real.ledger)
    watch, _, _ = watched(linked, poll=10 * PATIENCE)
    try:
        rewrite(real, text())
        eventually(lambda: not watch.view.tasks, every=0.005)
    finally:
        watch.close()
