"""Candidates that wait to be saved: their base, and when they are removed."""

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from pixel_tui import files
from pixel_tui.clock import SystemClock
from pixel_tui.environment.apply.impact_reading import ImpactReader
from pixel_tui.environment.live.workspace import LiveWorkspace
from pixel_tui.environment.storage import staging as staging_module
from pixel_tui.environment.storage.drafts import StoredDrafts
from pixel_tui.environment.storage.file_state import FileState
from pixel_tui.environment.storage.staging import (
    MAX_AGE_SECONDS,
    UNKNOWN_BASE,
    CandidateGone,
    Staging,
    digest,
)
from pixel_tui.errors import FileError
from pixel_tui.facts.environment import EnvironmentFactReader
from pixel_tui.operations.jobs.abandoned import remove_abandoned_files
from pixel_tui.operations.jobs.folder import JobFolder, jobs_path
from pixel_tui.operations.jobs.job import JobState
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.model.snapshot import EngineStatus, StackSnapshot
from pixel_tui.text import plain
from tests.builders.audit import status as a_status

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
    drafts = StoredDrafts(tmp_path / "drafts", clock)
    command = ComposeCommand(directory=str(tmp_path / "project"))
    impact = ImpactReader(command, {}, tmp_path / "state")
    return LiveWorkspace(drafts, lambda: None, impact, staging, {}, clock)


def test_a_candidate_has_its_base(staging: Staging) -> None:
    assert staging.base(staging.stage(NEW, base=digest(OLD))) == digest(OLD)
    assert staging.base(staging.stage(NEW, base=digest(OTHER))) == digest(OTHER)
    assert staging.base(staging.stage(NEW, base=digest(None))) == ""


@pytest.mark.parametrize("note", [None, b"", b"[" * 3000, b"7", b'{"base": "", "maker": 3}'])
def test_without_a_readable_note_its_base_is_unknown(staging: Staging, note: bytes | None) -> None:
    candidate = staging.stage(NEW, base=digest(OLD))
    path = staging.path(candidate).with_suffix(".json")
    path.unlink() if note is None else path.write_bytes(note)
    assert staging.base(candidate) == UNKNOWN_BASE
    assert staging.base("../x") == UNKNOWN_BASE


def test_discarding_an_edit_removes_its_candidates(tmp_path: Path, staging: Staging) -> None:
    editor = workspace(tmp_path, staging)
    editor.save_draft(OLD, NEW)
    editor.stage(NEW, OLD)
    editor.stage(OTHER, OLD)
    editor.discard_draft()
    assert staging.ids() == ()
    assert not [path for path in (tmp_path / "state").rglob("*") if path.is_file()]


def test_candidates_of_exited_consoles_are_removed_but_not_of_running_ones(
    staging: Staging,
) -> None:
    ended, alive = staging.stage(NEW, base=digest(OLD)), staging.stage(OTHER, base=digest(OLD))
    made_by(staging, ended, {"pid": 1, "started": 5, "boot": "another start"})
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    words = Path("/proc/1/stat").read_text().rpartition(")")[2].split()
    made_by(staging, alive, {"pid": 1, "started": int(words[19]), "boot": boot})
    staging.remove_discarded()
    assert staging.ids() == (alive,)


DEAD = {"pid": 1, "started": 5, "boot": "another start"}


class TestAbandoned:
    """What is removed wherever something starts that may write to the state folder."""

    def sweep(self, tmp_path: Path, *spared: str) -> None:
        remove_abandoned_files(tmp_path / "state", {"XDG_RUNTIME_DIR": str(tmp_path)}, spared)

    def files(self, tmp_path: Path) -> list[str]:
        return sorted(path.name for path in (tmp_path / "state").rglob("*") if path.is_file())

    def test_a_candidate_of_an_exited_process_is_removed_in_any_project(
        self, tmp_path: Path, staging: Staging
    ) -> None:
        other = Staging(tmp_path / "state", tmp_path / "another")
        for one in (staging, other):
            made_by(one, one.stage(NEW, base=digest(OLD)), DEAD)
        self.sweep(tmp_path)
        assert self.files(tmp_path) == []

    def test_a_candidate_of_a_running_process_is_kept(
        self, tmp_path: Path, staging: Staging
    ) -> None:
        waits = staging.stage(NEW, base=digest(OLD))
        self.sweep(tmp_path)
        assert staging.read(waits) == NEW

    def test_a_needed_candidate_is_kept(self, tmp_path: Path, staging: Staging) -> None:
        named = staging.stage(NEW, base=digest(OLD))
        made_by(staging, named, DEAD)
        self.sweep(tmp_path, named)
        assert staging.read(named) == NEW

    @pytest.mark.parametrize("state", [JobState.RUNNING, JobState.SUCCEEDED])
    def test_a_candidate_of_a_job_is_kept_until_it_finishes(
        self, tmp_path: Path, staging: Staging, state: JobState
    ) -> None:
        saved = staging.stage(NEW, base=digest(OLD))
        made_by(staging, saved, DEAD)
        status = a_status()
        plan = replace(status.plan, targets=(plain(saved),))
        folder = JobFolder(jobs_path(tmp_path / "state"))
        output = folder.new_output(status.plan.created_at)
        job = replace(status, id=output.stem, plan=plan, output=output, state=state)
        folder.save(job, durable=False)
        self.sweep(tmp_path)
        assert (staging.ids() == (saved,)) is (state is JobState.RUNNING)

    def test_a_note_without_a_candidate_is_removed(self, tmp_path: Path, staging: Staging) -> None:
        alive, dead = staging.stage(NEW, base=digest(OLD)), staging.stage(OTHER, base=digest(OLD))
        made_by(staging, dead, DEAD)
        for one in (alive, dead):
            staging.path(one).unlink()
        self.sweep(tmp_path)
        assert self.files(tmp_path) == [f"{alive}.json"]

    def test_a_candidate_of_an_unknown_process_is_kept_for_a_day(
        self, tmp_path: Path, staging: Staging
    ) -> None:
        unknown = staging.stage(NEW, base=digest(OLD))
        made_by(staging, unknown, None)
        self.sweep(tmp_path)
        assert staging.ids() == (unknown,)
        long_ago = staging.path(unknown).stat().st_mtime - MAX_AGE_SECONDS - 60
        os.utime(staging.path(unknown), (long_ago, long_ago))
        self.sweep(tmp_path)
        assert self.files(tmp_path) == []

    def test_a_draft_and_a_recorded_apply_are_kept(self, tmp_path: Path) -> None:
        folder = tmp_path / "state/environment"
        drafts = StoredDrafts(folder / "pixel-1/drafts", SystemClock())
        drafts.write(FileState(tmp_path / ".env", tmp_path / ".env", exists=False), NEW)
        for name in ("apply-a.json", "apply-a.env", "apply-b.env", "apply-b.room"):
            (folder / name).write_bytes(OLD)
            os.utime(folder / name, (0, 0))
        kept = {*self.files(tmp_path)} - {"apply-b.env", "apply-b.room"}
        self.sweep(tmp_path)
        assert {*self.files(tmp_path)} == kept, "but what an apply kept that never began"

    def test_an_editor_copy_of_a_killed_console_is_removed_after_a_day(
        self, tmp_path: Path
    ) -> None:
        (tmp_path / "state").mkdir()
        place = tmp_path / "pixel-tui-edited-999999999-abcdefgh"
        place.mkdir()
        (place / "edited.env").write_bytes(NEW)
        self.sweep(tmp_path)
        assert place.exists(), "an editor outlives its console"
        for path in (place / "edited.env", place):
            os.utime(path, (0, 0))
        self.sweep(tmp_path)
        assert not place.exists()


def test_a_candidate_that_disappears_does_not_hide_others(
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
