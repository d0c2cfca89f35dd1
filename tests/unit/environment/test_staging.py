"""Candidates that wait to be saved: what they were made from, and when they are forgotten."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from pixel_tui import files
from pixel_tui.clock import SystemClock
from pixel_tui.environment.apply.impact_reading import ImpactReader
from pixel_tui.environment.live.workspace import LiveWorkspace
from pixel_tui.environment.storage import staging as staging_module
from pixel_tui.environment.storage.drafts import Drafts
from pixel_tui.environment.storage.staging import UNKNOWN_BASE, CandidateGone, Staging, digest
from pixel_tui.errors import FileError
from pixel_tui.facts.environment import EnvironmentFactReader
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.model.snapshot import EngineStatus, StackSnapshot
from pixel_tui.text import plain

OLD, NEW, OTHER = b"A=1\n", b"A=2\n", b"A=3\n"


@pytest.fixture
def staging(tmp_path: Path) -> Staging:
    (tmp_path / "project").mkdir()
    return Staging(tmp_path / "state", tmp_path / "project")


def made_by(staging: Staging, candidate: str, maker: Mapping[str, object] | None) -> None:
    note = staging.path(candidate).with_suffix(".json")
    note.write_text(json.dumps({"base": digest(OLD), "maker": maker}))


def workspace(tmp_path: Path, staging: Staging) -> LiveWorkspace:
    clock = SystemClock()
    drafts = Drafts(tmp_path / "drafts", clock)
    command = ComposeCommand(directory=str(tmp_path / "project"))
    impact = ImpactReader(command, {})
    return LiveWorkspace(drafts, lambda: None, impact, staging, {}, clock)


def test_a_candidate_knows_what_it_was_made_from(staging: Staging) -> None:
    assert staging.base(staging.stage(NEW, base=digest(OLD))) == digest(OLD)
    assert staging.base(staging.stage(NEW, base=digest(OTHER))) == digest(OTHER)
    assert staging.base(staging.stage(NEW, base=digest(None))) == ""


@pytest.mark.parametrize("note", [None, b"", b"[" * 3000, b"7", b'{"base": "", "maker": 3}'])
def test_without_a_readable_note_it_was_made_from_no_file_that_there_is(
    staging: Staging, note: bytes | None
) -> None:
    candidate = staging.stage(NEW, base=digest(OLD))
    path = staging.path(candidate).with_suffix(".json")
    path.unlink() if note is None else path.write_bytes(note)
    assert staging.base(candidate) == UNKNOWN_BASE
    assert staging.base("../x") == UNKNOWN_BASE


def test_discarding_an_edit_forgets_its_candidates(tmp_path: Path, staging: Staging) -> None:
    editor = workspace(tmp_path, staging)
    editor.save_draft(OLD, NEW)
    editor.stage(NEW, OLD)
    editor.stage(OTHER, OLD)
    editor.discard_draft()
    assert staging.ids() == ()
    assert not [path for path in (tmp_path / "state").rglob("*") if path.is_file()]


def test_those_of_ended_consoles_go_and_those_of_living_ones_stay(staging: Staging) -> None:
    ended, alive = staging.stage(NEW, base=digest(OLD)), staging.stage(OTHER, base=digest(OLD))
    made_by(staging, ended, {"pid": 1, "started": 5, "boot": "another start"})
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    words = Path("/proc/1/stat").read_text().rpartition(")")[2].split()
    made_by(staging, alive, {"pid": 1, "started": int(words[19]), "boot": boot})
    staging.forget_discarded()
    assert staging.ids() == (alive,)


def test_one_that_goes_while_they_are_read_hides_no_other(
    tmp_path: Path, staging: Staging, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "project" / ".env").write_bytes(OLD)
    gone, left = staging.stage(NEW, base=digest(OLD)), staging.stage(OTHER, base=digest(OLD))
    original = Staging.read

    def read(self: Staging, candidate: str) -> bytes:
        if candidate == gone:
            raise CandidateGone(candidate)
        return original(self, candidate)

    monkeypatch.setattr(Staging, "read", read)
    command = ComposeCommand(directory=str(tmp_path / "project"))
    reader = EnvironmentFactReader(command, {"PATH": ""}, tmp_path / "state", 1.0)
    found = reader.read(StackSnapshot(EngineStatus(plain("x"), plain("x"))))
    assert [item.id for item in found.candidates] == [left]
    assert [item.base for item in found.candidates] == [found.sha256]


def test_a_full_disk_leaves_nothing_of_a_candidate(
    staging: Staging, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = files.replace_file

    def full(path: Path, content: bytes, *, durable: bool) -> None:
        if path.suffix == ".env":
            raise FileError("The file can't be written: No space left on device.")
        original(path, content, durable=durable)

    monkeypatch.setattr(staging_module, "replace_file", full)
    with pytest.raises(FileError, match="No space"):
        staging.stage(NEW, base=digest(OLD))
    assert not list(staging.path("0" * 16).parent.iterdir())
