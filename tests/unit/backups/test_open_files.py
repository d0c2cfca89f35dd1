"""Finding processes that have files open, including those of containers."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pixel_tui.backups import open_files as module
from pixel_tui.backups.open_files import OF_OTHERS, OUTSIDE, UNSEEN, OpenFiles, open_files
from pixel_tui.text import SafeText

STOPPED, OTHER = "a" * 64, "b" * 64
REFUSED = 77
"""A process that this user may not inspect."""


MAPPED = """
import ctypes, mmap, sys
libc = ctypes.CDLL(None)
libc.mmap.restype = ctypes.c_void_p
size, offset = ctypes.c_size_t(mmap.PAGESIZE), ctypes.c_long(0)
with open(sys.argv[1], "r+b") as file:
    libc.mmap(None, size, mmap.PROT_READ, mmap.MAP_SHARED, file.fileno(), offset)
print("mapped", flush=True)
sys.stdin.read()
"""
"""Python's own `mmap` keeps a descriptor of its own."""


class Machine:
    """A simulated /proc."""

    def __init__(self, folder: Path) -> None:
        self.proc = folder / "proc"
        self.file = folder / "pixels.db"
        self.file.write_text("x")
        self.process(1)

    def process(self, pid: int, *files: Path, group: str = "/") -> Path:
        place = self.proc / str(pid)
        for name in ("fd", "fdinfo"):
            (place / name).mkdir(parents=True)
        (place / "cgroup").write_text(f"0::{group}\n")
        (place / "maps").touch()
        (place / "cmdline").write_bytes(b"sleep\0" + b"9\0")
        for number, file in enumerate(files):
            (place / "fd" / str(number)).symlink_to(file)
            (place / "fdinfo" / str(number)).write_text(f"ino:\t{file.stat().st_ino}\n")
        return place

    def map(self, process: Path, file: Path, device: int | None = None) -> None:
        status = file.stat()
        number = status.st_dev if device is None else device
        where = f"{os.major(number):02x}:{os.minor(number):02x} {status.st_ino}"
        lines = [
            "559cf0a00000-559cf0a21000 rw-p 00000000 00:00 0                  [heap]",
            "7f0000000000-7f0000001000 rw-p 00000000 00:00 0 ",
            f"7f1000000000-7f1000001000 rw-s 00000000 {where}    {file}",
        ]
        (process / "maps").write_text("\n".join(lines) + "\n")

    def look(self, *files: Path, stopping: tuple[str, ...] = ()) -> OpenFiles:
        return open_files(files or [self.file], stopping=stopping, proc=self.proc)

    def words(self, pid: int) -> SafeText:
        return SafeText(f"process {pid} of root (`sleep 9`)")


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine(tmp_path)
    namespace = made.proc / "self/ns/pid"
    namespace.parent.mkdir(parents=True)
    namespace.touch()
    monkeypatch.setattr(module, "_FIRST_NAMESPACE", namespace.stat().st_ino)
    monkeypatch.setattr("time.sleep", lambda _: None)
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setattr("pixel_tui.processes.pwd.getpwuid", lambda _: ROOT)
    opened = module._open_paths

    def refusing(process: Path, *words: object) -> set[Path]:
        if process.name == str(REFUSED):
            raise PermissionError
        return opened(process, *words)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "_open_paths", refusing)
    return made


class ROOT:
    pw_name = "root"


def test_each_file_has_its_holders_with_user_and_command(machine: Machine, tmp_path: Path) -> None:
    other, free = tmp_path / "ledger.json", tmp_path / "free"
    other.touch()
    free.touch()
    machine.process(40, machine.file, other)
    machine.process(50, other)
    machine.process(os.getpid(), free)
    found = machine.look(machine.file, other, free, tmp_path / "gone")
    assert found.holders == {
        machine.file: (machine.words(40),), other: (machine.words(40), machine.words(50)),
    }  # fmt: skip
    assert found.unknown == ()


@pytest.mark.parametrize(
    "group", ["/docker/{}", "/system.slice/docker-{}.scope", "/docker/{}/docker/" + "c" * 64]
)
def test_processes_of_stopping_containers_do_not_count(machine: Machine, group: str) -> None:
    machine.process(40, machine.file, group=group.format(STOPPED))
    machine.process(50, machine.file, group=group.format(OTHER))
    found = machine.look(stopping=(STOPPED, ""))
    assert found == OpenFiles({machine.file: (machine.words(50),)})


def test_a_process_that_closes_the_file_is_no_holder(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = machine.process(40, machine.file)

    def meanwhile(_seconds: float) -> None:
        (reading / "fd/0").unlink()
        machine.process(50, machine.file)

    monkeypatch.setattr("time.sleep", meanwhile)
    assert machine.look() == OpenFiles()


def refuse(machine: Machine) -> None:
    machine.process(REFUSED)


def hide(machine: Machine) -> None:
    (machine.proc / "1").rename(machine.proc / "hidden")


def enclose(machine: Machine) -> None:
    place = machine.proc / "self/ns/pid"
    place.rename(place.with_name("former"))
    place.touch()


@pytest.mark.parametrize(
    ("change", "words"), [(refuse, OF_OTHERS), (hide, OF_OTHERS), (enclose, OUTSIDE)]
)
def test_processes_that_can_not_be_inspected_are_unknown(
    machine: Machine, change: Callable[[Machine], None], words: str
) -> None:
    change(machine)
    assert machine.look() == OpenFiles(unknown=(words,))


def test_root_sees_which_processes_can_not_be_inspected(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    refuse(machine)
    why = "the kernel hides them even from root"
    words = f"the files that {machine.words(REFUSED)} has open: {why}"
    assert machine.look() == OpenFiles(unknown=(words,))

    def refusing(*_: object) -> set[Path]:
        raise PermissionError

    monkeypatch.setattr(module, "_mapped_paths", refusing)
    first = f"the files that {machine.words(1)} has mapped: {why}"
    assert machine.look().unknown == (first, words)
    for pid in (80, 81, 82):
        machine.process(pid)
    assert machine.look().unknown[-1] == "the files that 2 more processes have open: the same"


def test_a_holder_is_found_if_only_fdinfo_is_refused(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.process(40, machine.file)
    read = Path.read_text

    def refusing(path: Path, *words: Any, **how: Any) -> str:
        if "fdinfo" in path.parts:
            raise PermissionError
        return read(path, *words, **how)

    monkeypatch.setattr(Path, "read_text", refusing)
    assert machine.look() == OpenFiles({machine.file: (machine.words(40),)})


def test_a_file_that_is_only_mapped_has_a_holder(machine: Machine, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.touch()
    machine.map(machine.process(40), machine.file)
    machine.map(machine.process(41), other)
    # Like on btrfs: compared by name, as nothing else is known.
    machine.map(machine.process(42), machine.file, device=0)
    assert machine.look() == OpenFiles({machine.file: (machine.words(40), machine.words(42))})
    machine.file.rename(tmp_path / "away")
    machine.file.touch()
    assert machine.look() == OpenFiles(), "that is another file"


def test_a_process_that_has_mapped_and_closed_it_is_a_holder(tmp_path: Path) -> None:
    file = tmp_path / "mapped here"
    file.write_bytes(b"x" * 4096)
    with subprocess.Popen(
        [sys.executable, "-c", MAPPED, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holding:
        assert holding.stdin is not None
        assert holding.stdout is not None
        assert holding.stdout.readline() == b"mapped\n"
        (words,) = open_files([file]).holders[file]
        assert words.startswith(f"process {holding.pid} of ")
        holding.stdin.close()
    assert not open_files([file]).holders


def test_all_processes_of_a_stopping_container_are_recognized(machine: Machine) -> None:
    machine.process(REFUSED, machine.file, group=f"/docker/{STOPPED}")
    assert machine.look(stopping=(STOPPED,)) == OpenFiles()


def test_without_container_ids_in_control_groups_the_owner_is_unknown(machine: Machine) -> None:
    machine.process(40, machine.file)
    found = machine.look(stopping=(STOPPED,))
    assert found.holders == {}
    (words,) = found.unknown
    assert words.startswith(f"whether {machine.words(40)}, which has {machine.file} open")


def test_a_lock_of_an_invisible_process_is_a_holder(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_locked_by", lambda _: -1)
    assert machine.look().holders == {machine.file: (UNSEEN,)}
    machine.process(40, group=f"/docker/{STOPPED}")
    found = machine.look(stopping=(STOPPED,))
    assert (found.holders, len(found.unknown)) == ({}, 1)
