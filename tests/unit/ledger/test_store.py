"""Writing the ledger concurrently with programs that use no lock."""

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from pixel_tui import exchange as exchange_module
from pixel_tui.clock import SystemClock
from pixel_tui.errors import FileError, OperationError
from pixel_tui.exchange import NoExchange
from pixel_tui.ledger.file.document import LedgerDocument
from pixel_tui.ledger.file.json_edit import with_members
from pixel_tui.ledger.reading.places import LedgerPlace
from pixel_tui.ledger.reading.task import Task
from pixel_tui.ledger.writing import store as store_module
from pixel_tui.ledger.writing.store import Change, LedgerStore
from pixel_tui.ledger.writing.versions import MAX_VERSIONS, OldVersions
from tests.builders.ledger_files import ONE, THREE, TWO, adding, project, store_of, task, text
from tests.patience import PATIENCE


def setting(task_id: str, **members: Any) -> Change:
    def make(document: LedgerDocument[Task]) -> bytes:
        for index, found in enumerate(document.items):
            if found.id == task_id:
                raw = with_members(document.entries[index].raw, changed=members)
                return document.replaced(index, raw)
        raise OperationError("No such task.", on=task_id)

    return make


def held(place: LedgerPlace) -> dict[str, Any]:
    return {item["id"]: item for item in json.loads(place.ledger.read_bytes())["tasks"]}


def rewrite(place: LedgerPlace, raw: bytes) -> None:
    temporary = place.ledger.with_name("task-ledger.json.tmp")
    temporary.write_bytes(raw)
    temporary.rename(place.ledger)


def test_a_change_keeps_owner_mode_and_the_replaced_version(tmp_path: Path) -> None:
    place = project(tmp_path, task(), task(TWO))
    place.ledger.chmod(0o664)
    if os.getuid() == 0:
        os.chown(place.ledger, 1234, 1235)
    before = place.ledger.stat()
    store = store_of(place)
    store.change(setting(ONE, status="aborted"))
    after = place.ledger.stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (
        before.st_mode, before.st_uid, before.st_gid
    )  # fmt: skip
    assert place.ledger.read_bytes() == text(task(status="pending") | {"status": "aborted"},
                                             task(TWO))  # fmt: skip
    (kept,) = (tmp_path / "old").iterdir()
    assert kept.read_bytes() == text(task(), task(TWO))
    assert kept.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in place.ledger.parent.iterdir()] == ["task-ledger.json"]
    for at in range(MAX_VERSIONS + 3):
        store.change(setting(ONE, at=at))
    assert len(list((tmp_path / "old").iterdir())) == MAX_VERSIONS


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    real = project(tmp_path / "real", task())
    place = LedgerPlace(tmp_path / "linked")
    place.ledger.parent.mkdir(parents=True)
    place.ledger.symlink_to(real.ledger)
    store_of(place).change(adding(TWO))
    assert place.ledger.is_symlink()
    assert set(held(real)) == {ONE, TWO}


def test_a_missing_ledger_is_created(tmp_path: Path) -> None:
    place = LedgerPlace(tmp_path)
    store_of(place).change(adding(ONE))
    assert place.ledger.read_bytes() == text(task())
    assert place.ledger.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("raw", [b"", b"{", text(task())[:-5], b'{"version": 2, "tasks": []}'])
def test_an_invalid_ledger_is_never_overwritten(tmp_path: Path, raw: bytes) -> None:
    place = project(tmp_path)
    place.ledger.write_bytes(raw)
    with pytest.raises(FileError):
        store_of(place).change(adding(ONE))
    assert place.ledger.read_bytes() == raw
    assert [path.name for path in place.ledger.parent.iterdir()] == ["task-ledger.json"]


def test_a_change_applies_to_the_file_at_the_time_of_writing(tmp_path: Path) -> None:
    place = project(tmp_path, task())
    change = setting(ONE, mine=1)
    seen: list[LedgerDocument[Task]] = []

    def make(document: LedgerDocument[Task]) -> bytes:
        if not seen:
            rewrite(place, text(task(theirs=1), task(TWO)))
        seen.append(document)
        return change(document)

    outcome = store_of(place).change(make)
    assert (outcome.raced, len(seen)) == (1, 2)
    assert held(place)[ONE]["theirs"] == held(place)[ONE]["mine"] == 1
    assert TWO in held(place)


def at_exchange(monkeypatch: pytest.MonkeyPatch, *acts: Callable[[], None]) -> None:
    """Call each function right before the first exchange, the second, and so on."""
    real, left = exchange_module.exchange, list(acts)

    def exchange(one: Path, other: Path) -> None:
        if left:
            left.pop(0)()
        real(one, other)

    monkeypatch.setattr(store_module, "exchange", exchange)


def nothing() -> None:
    """Do nothing before an exchange."""


def test_a_version_written_at_the_last_moment_is_restored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = project(tmp_path, task())
    at_exchange(monkeypatch, lambda: rewrite(place, text(task(), task(TWO))))
    outcome = store_of(place).change(adding(THREE))
    assert outcome.raced == 1
    assert set(held(place)) == {ONE, TWO, THREE}


def test_two_versions_written_at_the_last_moment_both_survive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = project(tmp_path, task())
    raw: list[bytes] = []

    def read_ours() -> None:
        # It read the file while ours was in place, and so never saw TWO.
        content = json.loads(place.ledger.read_bytes())
        content["tasks"].append(task("4" * 36))
        raw.append(json.dumps(content, indent=2).encode())
        rewrite(place, raw[0])

    at_exchange(monkeypatch, lambda: rewrite(place, text(task(), task(TWO))), read_ours)
    outcome = store_of(place, pauses=(0.0,)).change(adding(THREE))
    assert set(held(place)) == {ONE, TWO, THREE, "4" * 36}
    assert outcome.reapplied == 1


def test_an_overwritten_change_is_applied_again(tmp_path: Path) -> None:
    place = project(tmp_path, task(), task(TWO))
    late = [text(task(TWO, at=1), task()), text(task(), task(TWO), task(THREE))]

    def sleep(_seconds: float) -> None:
        if late:
            rewrite(place, late.pop(0))

    old = OldVersions(tmp_path / "old", SystemClock())
    store = LedgerStore(place.ledger, old, pauses=(0.1, 0.1), sleep=sleep)
    outcome = store.change(setting(ONE, status="aborted"))
    assert outcome.overwritten == 2
    assert held(place)[ONE]["status"] == "aborted"
    assert THREE in held(place)


def test_a_later_state_of_a_task_is_left_alone(tmp_path: Path) -> None:
    place = project(tmp_path, task(status="failed"))
    moved = [text(task(status="running"))]
    store = LedgerStore(
        place.ledger,
        OldVersions(tmp_path / "old", SystemClock()),
        pauses=(0.1,),
        sleep=lambda _: rewrite(place, moved[0]),
    )
    store.change(setting(ONE, status="pending"))
    assert held(place)[ONE]["status"] == "running"


def test_a_file_system_without_exchange_is_written_by_rename(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unable(_one: Path, _other: Path) -> None:
        raise NoExchange

    monkeypatch.setattr(store_module, "exchange", unable)
    place = project(tmp_path, task())
    store_of(place).change(adding(TWO))
    assert set(held(place)) == {ONE, TWO}


SECONDS = float(os.environ.get("LEDGER_WRITER_SECONDS", "2"))
WRITER = """
import json, os, sys, time
path, report, seconds, pause = sys.argv[1], sys.argv[2], float(sys.argv[3]), float(sys.argv[4])
wrote, count, lost, longest = {}, 0, 0, 0.0
end = time.monotonic() + seconds
while (read := time.monotonic()) < end:
    with open(path) as file:
        ledger = json.load(file)
    held = {task["id"]: task for task in ledger["tasks"]}
    lost += sum(held[name].get("mark") != mark for name, mark in wrote.items())
    count += 1
    name = "t%02d" % (count % 20)
    held[name]["mark"] = wrote[name] = count
    if count % 10 == 0:
        new = "new-%05d" % count
        ledger["tasks"].append({"id": new, "status": "pending", "mark": count})
        wrote[new] = count
    for gone in [task["id"] for task in ledger["tasks"] if task.get("mark", 0) < count - 2000
                 and task["id"].startswith("new-")]:
        wrote.pop(gone)
        ledger["tasks"] = [task for task in ledger["tasks"] if task["id"] != gone]
    with open(path + ".tmp", "w") as file:
        json.dump(ledger, file, indent=2)
    os.rename(path + ".tmp", path)
    longest = max(longest, time.monotonic() - read)
    time.sleep(pause)
json.dump({"wrote": wrote, "count": count, "lost": lost, "longest": longest}, open(report, "w"))
"""


@pytest.mark.parametrize("pause", [0.0, 0.005])
def test_a_constant_writer_and_this_one_lose_no_changes(tmp_path: Path, pause: float) -> None:
    place = project(tmp_path, *(task(f"t{at:02}") for at in range(20)))
    report = tmp_path / "report.json"
    pauses = (0.01, 0.05, 0.2)
    store = store_of(place, pauses=pauses)
    times = [str(SECONDS + 0.5), str(pause)]
    argv = [sys.executable, "-c", WRITER, str(place.ledger), str(report), *times]
    with subprocess.Popen(argv) as writer:
        began, outcomes = time.monotonic(), []
        ours: list[str] = []
        while time.monotonic() - began < SECONDS:
            name = f"ours-{len(ours)}"
            ours.append(name)
            outcomes.append(store.change(adding(name)))
            outcomes.append(store.change(setting("t05", ours=name)))
        assert writer.wait(PATIENCE) == 0
    told = json.loads(report.read_text())
    if told["longest"] > sum(pauses) / 2:
        pytest.skip("the machine held their writer up for longer than ours looks after a change")
    found = held(place)
    lost = [name for name, mark in told["wrote"].items() if found.get(name, {}).get("mark") != mark]
    print(  # noqa: T201  what the test is about
        f"\ntheirs: {told['count']} writes, {told['lost']} not seen by their writer for a moment,"
        f" {len(lost)} lost; ours: {len(outcomes)} changes, forestalled"
        f" {sum(item.raced for item in outcomes)} times, written over and put in again"
        f" {sum(item.overwritten for item in outcomes)} times, theirs put in again"
        f" {sum(item.reapplied for item in outcomes)} times"
    )
    assert lost == []
    assert [name for name in ours if name not in found] == []
    assert found["t05"]["ours"] == ours[-1]


def test_a_signal_between_two_exchanges_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = project(tmp_path, task())

    def interrupted(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(store_module, "ATTEMPTS", 1)
    at_exchange(
        monkeypatch,
        lambda: rewrite(place, text(task(), task(TWO))),
        lambda: signal.raise_signal(signal.SIGTERM),
    )
    before = signal.signal(signal.SIGTERM, interrupted)
    try:
        with pytest.raises(KeyboardInterrupt):
            store_of(place).change(adding(THREE))
    finally:
        signal.signal(signal.SIGTERM, before)
    assert set(held(place)) == {ONE, TWO}
    assert [path.name for path in place.ledger.parent.iterdir()] == ["task-ledger.json"]


def full_disk(limit: int) -> None:
    """Limit the size of files, like a full disk."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))


WRITES = """
import sys
from pathlib import Path
from tests.builders.ledger_files import THREE, adding, store_of
from pixel_tui.errors import FileError
from pixel_tui.ledger.reading.places import LedgerPlace
try:
    store_of(LedgerPlace(Path(sys.argv[1]))).change(adding(THREE))
except FileError:
    sys.exit(7)
"""


def test_a_full_disk_leaves_no_temporary_file_and_the_ledger_as_it_was(tmp_path: Path) -> None:
    place = project(tmp_path, task(ONE))
    before = place.ledger.read_bytes()
    done = subprocess.run(
        [sys.executable, "-c", WRITES, str(tmp_path)],
        preexec_fn=lambda: full_disk(len(before)),
        check=False,
        cwd=Path(__file__).parents[3],
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert done.returncode == 7
    assert place.ledger.read_bytes() == before
    assert not [path for path in place.ledger.parent.iterdir() if "pixel-tui" in path.name]
