"""Records of jobs on disk."""

import json
import os
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixel_tui.operations.jobs.folder import MAX_AGE_DAYS, JobFolder
from pixel_tui.operations.jobs.job import Downtime, JobState, JobStatus, Runner, StepTime
from pixel_tui.operations.jobs.record import as_record, from_record
from pixel_tui.operations.planning.plan import Plan, Step
from pixel_tui.stack.programs.process_mark import ProcessMark
from pixel_tui.text import SafeText
from tests.builders.job import NOW, Desk, desk, observer, runner
from tests.patience import PATIENCE

__all__ = ["desk", "observer", "runner"]

MARK = ProcessMark(41, 12345, "boot")


def full_status(plan: Plan, output: Path) -> JobStatus:
    return JobStatus(
        id=output.stem,
        plan=replace(
            plan,
            host=SafeText("vps"),
            confirm=SafeText("pixel"),
            steps=tuple(replace(step, rolls_back=True) for step in plan.steps),
            checks_after=tuple(
                replace(item, proxy=SafeText("nginx"), addresses=(SafeText("172.18.0.3"),))
                for item in plan.checks_after
            ),
        ),
        output=output,
        state=JobState.RUNNING,
        started_at=NOW,
        finished_at=NOW + timedelta(seconds=5),
        exit_code=3,
        cancel_requested=True,
        message=SafeText("agent is running."),
        step_times=(StepTime(NOW, NOW + timedelta(seconds=2)), StepTime(NOW)),
        command=MARK,
        runner=Runner("ana", "vps", MARK),
        downtimes=(Downtime(SafeText("agent"), 4.5),),
    )


@pytest.fixture
def folder(tmp_path: Path) -> JobFolder:
    return JobFolder(tmp_path / "jobs")


def saved(folder: JobFolder, desk: Desk, at: datetime = NOW, **changes: Any) -> JobStatus:
    output = folder.new_output(at)
    status = replace(full_status(desk.plan(), output), **changes)
    folder.save(status, durable=False)
    return status


class TestRecord:
    def test_a_record_round_trips(self, desk: Desk) -> None:
        status = full_status(desk.plan(), Path("/x/20260301-120000-abcdef.log"))
        assert from_record(as_record(status), status.output) == status

    def test_a_record_has_no_secret(self, desk: Desk) -> None:
        plan = desk.plan()
        secret = replace(
            plan,
            steps=(
                Step(SafeText("s"), ("docker", "run", "-e", "PASSWORD=hunter2"), SafeText("")),
                Step(SafeText("s"), ("x", "--token", "hunter2", "it's"), SafeText("")),
            ),
            reason=SafeText("API_KEY=hunter2"),
        )
        status = replace(
            full_status(secret, Path("/x/a.log")), message=SafeText("failed: PASSWORD=hunter2")
        )
        content = as_record(status)
        assert b"hunter2" not in content
        assert len(from_record(content, status.output).plan.steps) == 2

    def test_text_of_a_record_is_cleaned(self, desk: Desk) -> None:
        raw = json.loads(as_record(full_status(desk.plan(), Path("/x/a.log"))))
        raw["message"] = "m\x1b]52;c;x\x07"
        raw["plan"]["title"] = "t\x1b[2J\u202e"
        raw["by"]["user"] = "u\n"
        raw["id"] = "../../etc/passwd"
        read = from_record(json.dumps(raw).encode(), Path("/x/a.log"))
        assert read.runner is not None
        for text in (read.message, read.plan.title, read.runner.user):
            assert text.isprintable()
        assert (read.id, read.output) == ("a", Path("/x/a.log"))

    def test_an_older_record_without_newer_members_is_read(self, desk: Desk) -> None:
        raw = json.loads(as_record(full_status(desk.plan(), Path("/x/a.log"))))
        for name in ("times", "command", "by", "away", "cancelling", "exit_code"):
            del raw[name]
        read = from_record(json.dumps(raw).encode(), Path("/x/a.log"))
        assert (read.step_times, read.command, read.runner, read.downtimes) == ((), None, None, ())

    def test_a_record_of_a_later_version_is_ignored(self, desk: Desk) -> None:
        raw = json.loads(as_record(full_status(desk.plan(), Path("/x/a.log"))))
        raw["version"] = 99
        with pytest.raises(ValueError, match="later version"):
            from_record(json.dumps(raw).encode(), Path("/x/a.log"))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
NAMES = ("state", "step", "started", "ended", "exit_code", "times", "command", "by", "away", "plan")


@given(name=st.sampled_from(NAMES), value=JSON)
def test_any_content_is_parsed_or_refused(name: str, value: object) -> None:
    raw = {
        "version": 1,
        "state": "running",
        "plan": {"title": "t", "risk": "safe", "made_at": NOW.isoformat()},
        name: value,
    }
    with suppress(ValueError):
        from_record(json.dumps(raw).encode(), Path("/x/a.log"))


class TestFolder:
    def test_records_and_their_folder_are_private(self, folder: JobFolder, desk: Desk) -> None:
        status = saved(folder, desk)
        assert folder.path.stat().st_mode & 0o777 == 0o700
        assert all(path.stat().st_mode & 0o777 == 0o600 for path in folder.path.iterdir())
        assert folder.read(status.id) == status

    @pytest.mark.parametrize(
        "content", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"plan": 7}', b"[" * 100_000]
    )
    def test_an_unreadable_record_is_left_out_and_kept(
        self, folder: JobFolder, desk: Desk, content: bytes
    ) -> None:
        good = saved(folder, desk)
        broken = folder.path / "20260301-120001-bad.json"
        broken.write_bytes(content)
        assert list(folder.jobs()) == [good]
        folder.remove_old(NOW)
        assert broken.read_bytes() == content

    def test_a_record_that_is_no_regular_file_is_left_out(
        self, folder: JobFolder, desk: Desk
    ) -> None:
        saved(folder, desk)
        os.mkfifo(folder.path / "20260301-120001-a.json")
        (folder.path / "20260301-120001-b.json").symlink_to("/dev/zero")
        (folder.path / "20260301-120001-c.json").mkdir()
        (folder.path / "20260301-120001-d.json").write_bytes(b" " * 2_000_000)
        assert len(list(folder.jobs())) == 1

    def test_without_a_folder_there_are_no_jobs(self, folder: JobFolder) -> None:
        assert list(folder.jobs()) == []
        folder.remove_old(NOW)

    def test_old_jobs_are_removed_except_running_ones(self, folder: JobFolder, desk: Desk) -> None:
        late = NOW + timedelta(days=MAX_AGE_DAYS, seconds=1)
        runs = saved(folder, desk)
        over = saved(folder, desk, state=JobState.FAILED)
        new = saved(folder, desk, late, state=JobState.FAILED)
        folder.remove_old(late)
        assert {job.id for job in folder.jobs()} == {runs.id, new.id}
        assert not over.output.exists()
        assert runs.output.exists()

    def test_jobs_over_the_maximum_are_removed(
        self, folder: JobFolder, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("pixel_tui.operations.jobs.folder.MAX_JOBS", 2)
        jobs = [
            saved(folder, desk, NOW + timedelta(seconds=at), state=JobState.FAILED)
            for at in range(4)
        ]
        folder.remove_old(NOW)
        assert [job.id for job in folder.jobs()] == [jobs[3].id, jobs[2].id]


class TestRecording:
    """The records that an operator writes of its job."""

    def test_each_step_is_recorded_while_it_runs(self, desk: Desk) -> None:
        folder = JobFolder(desk.folder / "jobs")
        found: list[JobStatus] = []

        def start() -> None:
            found.extend(folder.jobs())
            desk.observer.show(*desk.observer.snapshot.services[0].containers)

        desk.runner.on_start = start
        status = desk.run_to_end()
        (during,) = found
        assert during.state is JobState.RUNNING
        assert during.runner is not None
        assert (during.runner.user, during.runner.host) == ("ana", "vps")
        assert during.runner.process is not None
        assert during.runner.process.pid == os.getpid()
        assert len(during.step_times) == 1
        (after,) = folder.jobs()
        assert after == status
        assert [time.finished_at is not None for time in after.step_times] == [True, True]

    def test_another_process_can_request_a_cancel(self, desk: Desk) -> None:
        desk.runner.codes, desk.runner.on_start = [None], lambda: None
        job = desk.operator().run(desk.plan())
        assert desk.runner.hanging.wait(PATIENCE)
        JobFolder(desk.folder / "jobs").request_cancel(job.status.id)
        assert job.wait(PATIENCE).state is JobState.CANCELLED
        assert desk.records()[-1]["result"] == "cancelled"

    def test_a_job_that_never_started_leaves_no_file(self, desk: Desk) -> None:
        (desk.folder / "audit.jsonl").mkdir()
        with pytest.raises(Exception, match="audit"):
            desk.operator().run(desk.plan())
        assert not list((desk.folder / "jobs").iterdir())
