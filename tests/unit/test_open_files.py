"""Who has files open: processes as the kernel lists them, and those of containers."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pixel_tui.backups import open_files as module
from pixel_tui.backups.open_files import OF_OTHERS, OUTSIDE, UNSEEN, OpenFiles, open_files
from pixel_tui.text import SafeText

STOPPED, OTHER = "a" * 64, "b" * 64
REFUSED = 77
"""A process that this user may not look into."""


class Machine:
    """A kernel's list of processes."""

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
        (place / "cmdline").write_bytes(b"sleep\0" + b"9\0")
        for number, file in enumerate(files):
            (place / "fd" / str(number)).symlink_to(file)
            (place / "fdinfo" / str(number)).write_text(f"ino:\t{file.stat().st_ino}\n")
        return place

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
    monkeypatch.setattr("pixel_tui.processes.pwd.getpwuid", lambda _: ROOT)
    opened = module._opened

    def refusing(process: Path, *words: object) -> set[Path]:
        if process.name == str(REFUSED):
            raise PermissionError
        return opened(process, *words)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "_opened", refusing)
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
def test_those_of_containers_that_are_stopped_do_not_count(machine: Machine, group: str) -> None:
    machine.process(40, machine.file, group=group.format(STOPPED))
    machine.process(50, machine.file, group=group.format(OTHER))
    found = machine.look(stopping=(STOPPED, ""))
    assert found == OpenFiles({machine.file: (machine.words(50),)})


def test_who_only_reads_at_this_moment_is_none(
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
def test_what_can_not_be_looked_at_is_unknown(
    machine: Machine, change: Callable[[Machine], None], words: str
) -> None:
    change(machine)
    assert machine.look() == OpenFiles(unknown=(words,))


def test_nothing_of_a_container_that_is_stopped_is_missed(machine: Machine) -> None:
    machine.process(REFUSED, machine.file, group=f"/docker/{STOPPED}")
    assert machine.look(stopping=(STOPPED,)) == OpenFiles()


def test_where_no_group_has_a_container_s_name_whose_it_is_is_unknown(machine: Machine) -> None:
    machine.process(40, machine.file)
    found = machine.look(stopping=(STOPPED,))
    assert found.holders == {}
    (words,) = found.unknown
    assert words.startswith(f"whether {machine.words(40)}, which has {machine.file} open")


def test_a_lock_of_one_that_can_not_be_seen(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_locked_by", lambda _: -1)
    assert machine.look().holders == {machine.file: (UNSEEN,)}
    machine.process(40, group=f"/docker/{STOPPED}")
    found = machine.look(stopping=(STOPPED,))
    assert (found.holders, len(found.unknown)) == ({}, 1)
