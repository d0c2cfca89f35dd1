"""Whatever a save is interrupted by, the file is the old one or the new one, whole.

The saving process is killed at each system call by which it changes anything, in turn, as a
power loss would end it, and each call that writes fails in turn, as a full disk would have it.
"""

import multiprocessing
import os
import re
import shutil
import signal
import stat
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from pixel_tui.clock import FixedClock, SystemClock
from pixel_tui.environment.storage.store import EnvironmentStore
from pixel_tui.errors import FileError
from tests.patience import PATIENCE

OLD, NEW, NEXT = b"A=old\n" * 500, b"A=new\n" * 900, b"A=next\n"
MODE = 0o640
OWNER = (1234, 4321)
TOLD = 3
PLACES = {"history": r"/versions\b", "file": r"/project[/>]", "above": r"/state\b"}
WRITING = {"mkdir", "openat", "write", "fsync", "fchmod", "fchown", "rename"}
_CALL = re.compile(r"(?P<name>\w+)\((?P<rest>.*)", re.ASCII)

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0, reason="it takes root to trace, and to give files away"
)


@dataclass(frozen=True)
class Place:
    """One file with all that is kept of it."""

    root: Path

    @property
    def file(self) -> Path:
        return self.root / "project" / ".env"

    def store(self, *, later: timedelta = timedelta()) -> EnvironmentStore:
        clock = FixedClock(datetime.now(UTC) + later)
        return EnvironmentStore(self.root / "state", clock, locks=self.root / "locks")

    def kept(self) -> list[bytes]:
        history = self.store().history(self.file)
        return [history.read(version) for version in history.versions()]


def place(root: Path) -> Place:
    made = Place(root)
    made.file.parent.mkdir(parents=True)
    made.file.write_bytes(OLD)
    os.chown(made.file, *OWNER)
    made.file.chmod(MODE)
    return made


def _save(root: str, pipe: Connection) -> None:
    where = Place(Path(root))
    store = EnvironmentStore(where.root / "state", SystemClock(), locks=where.root / "locks")
    read = store.read(where.file)
    pipe.send("ready")
    pipe.recv()
    try:
        saved = store.save(where.file, NEW, read)
    except FileError:
        os._exit(TOLD)
    os._exit(TOLD if saved.note else 0)


@contextmanager
def traced(where: Place, *options: str) -> Iterator[BaseProcess]:
    """A process that saves, traced from just before it does; it has ended afterwards."""
    context = multiprocessing.get_context("forkserver")
    ours, theirs = context.Pipe()
    saving = context.Process(target=_save, args=(str(where.root), theirs))
    saving.start()
    theirs.close()
    assert ours.recv() == "ready"
    trace = where.root / "trace"
    command = ["strace", "-o", str(trace), *options, "-p", str(saving.pid)]
    tracer = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert tracer.stderr is not None
    try:
        said = tracer.stderr.readline()
        assert "attached" in said, said
        ours.send("go")
        saving.join(PATIENCE)
        yield saving
    finally:
        saving.kill()
        saving.join()
        saving.close()
        tracer.wait()
        tracer.stderr.close()
        ours.close()


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str]]:
    """The system calls of a whole save, in order, with what strace says of them."""
    if shutil.which("strace") is None:
        missing = pytest.fail if os.environ.get("CI") else pytest.skip
        missing("no strace: scripts/setup-engine installs it")
    multiprocessing.get_context("forkserver").set_forkserver_preload([__name__])
    where = place(tmp_path_factory.mktemp("whole"))
    with traced(where, "-y") as saving:
        assert saving.exitcode == 0
    lines = (where.root / "trace").read_text().splitlines()
    found = [match for match in map(_CALL.match, lines) if match]
    return [(match["name"], match["rest"]) for match in found if match["name"] != "exit_group"]


def points(calls: list[tuple[str, str]]) -> list[tuple[str, int]]:
    """The calls that change something, each as the n-th of its name."""
    seen: Counter[str] = Counter()
    found = []
    for name, rest in calls:
        seen[name] += 1
        if name in WRITING and (name != "openat" or "O_CREAT" in rest):
            found.append((name, seen[name]))
    return found


def at(name: str, nth: int, what: str) -> list[str]:
    """What strace has to be told so that this happens at the n-th call of this name."""
    return ["-e", f"trace={name}", "-e", f"inject={name}:{what}:when={nth}"]


def is_whole(where: Place) -> bytes:
    """The content; it is one of the two, with owner and mode, and the old one is not lost."""
    content, about = where.file.read_bytes(), where.file.stat()
    assert content in {OLD, NEW}
    assert (about.st_uid, about.st_gid) == OWNER
    assert stat.S_IMODE(about.st_mode) == MODE
    if content == NEW:
        assert OLD in where.kept()
    return content


def starts_again(where: Place) -> None:
    """The next console works, and clears up what the killed one has left."""
    later = where.store(later=timedelta(hours=2))
    later.sweep(where.file)
    before = where.file.read_bytes()
    later.save(where.file, NEXT, later.read(where.file))
    assert where.file.read_bytes() == NEXT
    assert before in where.kept()
    assert [path.name for path in where.file.parent.iterdir()] == [".env"]
    assert not list((where.root / "state").rglob(".*pixel-tui*"))


def test_killed_at_any_call_the_file_is_the_old_or_the_new_one(
    calls: list[tuple[str, str]], tmp_path: Path
) -> None:
    outcomes: Counter[bytes] = Counter()
    left = 0
    for number, (name, nth) in enumerate(points(calls)):
        where = place(tmp_path / str(number))
        with traced(where, *at(name, nth, "signal=KILL")) as saving:
            assert saving.exitcode == -signal.SIGKILL, (name, nth)
        outcomes[is_whole(where)] += 1
        left += len(list(where.file.parent.glob(".env.pixel-tui-*")))
        starts_again(where)
        shutil.rmtree(where.root)
    # It was killed before the new file was in place, with and without one half made, and after.
    assert outcomes[OLD] > 10
    assert outcomes[NEW] > 5
    assert left > 2


def test_a_call_that_fails_is_told_and_leaves_a_whole_file(
    calls: list[tuple[str, str]], tmp_path: Path
) -> None:
    told = 0
    for number, (name, nth) in enumerate(points(calls)):
        where = place(tmp_path / str(number))
        with traced(where, *at(name, nth, "error=ENOSPC")) as saving:
            assert saving.exitcode in {0, TOLD}, (name, nth)
            told += saving.exitcode == TOLD
            if is_whole(where) == OLD:
                assert saving.exitcode == TOLD, (name, nth)
        starts_again(where)
        shutil.rmtree(where.root)
    assert told > 10


def test_everything_is_on_the_disk_before_what_hangs_on_it(
    calls: list[tuple[str, str]],
) -> None:
    """The old version and its name, then the new file, are synced before it is put in place."""
    steps = []
    for name, rest in calls:
        where = next((place for place, inside in PLACES.items() if re.search(inside, rest)), "")
        if name in {"fsync", "rename"} and where:
            of = "folder" if re.search(r"/(?:versions|project)>\)", rest) else "content"
            steps.append(f"{where}: {name} {of}")
    assert steps == [
        *["above: fsync content"] * 3,
        "history: fsync content",
        "history: rename content",
        "history: fsync folder",
        "file: fsync content",
        "file: rename content",
        "file: fsync folder",
        "history: fsync content",
        "history: rename content",
        "history: fsync folder",
    ]
