"""Drafts: unfinished edits survive their console."""

import multiprocessing
import os
import signal
import stat
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from pixel_tui.clock import FixedClock, SystemClock
from pixel_tui.environment.storage.drafts import StoredDrafts
from pixel_tui.environment.storage.store import EnvironmentStore, FileState, read_file
from pixel_tui.stack.programs.process_mark import ProcessMark, mark_of

BASE, EDIT = b"A=base\n", b"A=edit\n"


@pytest.fixture
def base(tmp_path: Path) -> FileState:
    path = tmp_path / ".env"
    path.write_bytes(BASE)
    return read_file(path)


def dead(number: int = 1) -> ProcessMark:
    """A console of another start of the machine."""
    return ProcessMark(number, 5, "another-start-of-the-machine")


def drafts(tmp_path: Path, me: ProcessMark | None = None) -> StoredDrafts:
    return StoredDrafts(tmp_path / "drafts", SystemClock(), me=me)


def test_the_edit_of_a_dead_console_is_found_with_its_base(tmp_path: Path, base: FileState) -> None:
    drafts(tmp_path, dead()).write(base, b"A=first\n")
    drafts(tmp_path, dead()).write(base, EDIT)
    (draft,) = drafts(tmp_path).abandoned()
    assert (draft.base_exists, draft.base, draft.data) == (True, BASE, EDIT)


def test_it_is_private_and_its_repr_has_no_content(tmp_path: Path, base: FileState) -> None:
    drafts(tmp_path, dead()).write(base, EDIT)
    (path,) = (tmp_path / "drafts").iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert "A=" not in repr(drafts(tmp_path).abandoned())


def test_the_draft_of_a_running_console_is_not_offered(tmp_path: Path, base: FileState) -> None:
    living = mark_of(os.getppid())
    assert living is not None
    drafts(tmp_path, living).write(base, EDIT)
    assert drafts(tmp_path).abandoned() == ()


def test_two_consoles_do_not_overwrite_each_others(tmp_path: Path, base: FileState) -> None:
    drafts(tmp_path, dead(1)).write(base, b"A=one\n")
    drafts(tmp_path, dead(2)).write(base, b"A=two\n")
    assert {draft.data for draft in drafts(tmp_path).abandoned()} == {b"A=one\n", b"A=two\n"}


def test_drafts_are_listed_newest_first(tmp_path: Path, base: FileState) -> None:
    clock = FixedClock(SystemClock().now())
    for number in (1, 2, 3):
        clock.advance(1)
        StoredDrafts(tmp_path / "drafts", clock, me=dead(number)).write(base, b"%d" % number)
    assert [draft.data for draft in drafts(tmp_path).abandoned()] == [b"3", b"2", b"1"]


def test_it_is_removed_after_a_save(tmp_path: Path, base: FileState) -> None:
    mine = drafts(tmp_path)
    mine.write(base, EDIT)
    mine.remove()
    mine.remove()
    assert not (tmp_path / "drafts").exists()


def test_a_discarded_draft_is_removed(tmp_path: Path, base: FileState) -> None:
    drafts(tmp_path, dead()).write(base, EDIT)
    mine = drafts(tmp_path)
    mine.discard(mine.abandoned()[0])
    assert mine.abandoned() == ()
    assert not (tmp_path / "drafts").exists()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b"\xff", b"[" * 100_000])
def test_a_damaged_draft_does_not_hide_others(
    tmp_path: Path, base: FileState, content: bytes
) -> None:
    drafts(tmp_path, dead()).write(base, EDIT)
    (tmp_path / "drafts" / "9-9-x.json").write_bytes(content)
    (tmp_path / "drafts" / "8-8-x.json").symlink_to("/dev/zero")
    assert [draft.data for draft in drafts(tmp_path).abandoned()] == [EDIT]


def test_a_damaged_draft_expires_but_an_intact_one_does_not(
    tmp_path: Path, base: FileState
) -> None:
    drafts(tmp_path, dead()).write(base, EDIT)
    damaged = tmp_path / "drafts" / "9-9-x.json"
    damaged.write_bytes(b"{")
    clock = FixedClock(SystemClock().now())
    later = StoredDrafts(tmp_path / "drafts", clock)
    clock.advance(29 * 86400)
    later.sweep()
    assert damaged.exists()
    clock.advance(2 * 86400)
    later.sweep()
    assert not damaged.exists()
    assert [draft.data for draft in later.abandoned()] == [EDIT]


def test_an_edit_of_a_missing_file_is_a_draft_too(tmp_path: Path) -> None:
    drafts(tmp_path, dead()).write(read_file(tmp_path / "none"), EDIT)
    (draft,) = drafts(tmp_path).abandoned()
    assert (draft.base_exists, draft.base) == (False, b"")


def _edit(state: str, path: str, pipe: Connection) -> None:
    store = EnvironmentStore(Path(state), SystemClock())
    store.drafts(Path(path)).write(store.read(Path(path)), EDIT)
    pipe.send("written")
    pipe.recv()


def test_it_survives_a_killed_console_and_is_not_offered_before(
    tmp_path: Path, base: FileState
) -> None:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    state = tmp_path / "state"
    other = context.Process(target=_edit, args=(str(state), str(base.path), theirs))
    other.start()
    assert ours.recv() == "written"
    mine = EnvironmentStore(state, SystemClock()).drafts(base.path)
    assert mine.abandoned() == ()
    assert other.pid is not None
    os.kill(other.pid, signal.SIGKILL)
    other.join()
    (draft,) = mine.abandoned()
    assert (draft.base, draft.data) == (BASE, EDIT)
    other.close()
