"""Entries of the audit trail, and reading only its end."""

import os
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from pixel_tui.clock import FixedClock
from pixel_tui.operations.audit.chain import AuditRecord, CheckedTrail
from pixel_tui.operations.audit.entries import AuditEntry, audit_entries, trail_verdict
from pixel_tui.operations.audit.job_states import JobStates
from pixel_tui.operations.audit.reading import read_audit, trail_stamp
from pixel_tui.operations.audit.trail import AuditTrail
from pixel_tui.operations.jobs.folder import JobFolder
from pixel_tui.operations.jobs.job import JobState, JobStatus, Runner
from pixel_tui.operations.jobs.lock import LockOwner
from pixel_tui.stack.programs.process_mark import ProcessMark, mark_of
from tests.builders.audit import NOW, ORIGIN, status

HOST = socket.gethostname()
HERE = Runner("ana", HOST, mark_of(os.getpid()))
GONE = Runner("ana", HOST, ProcessMark(1, 1, "an earlier start of the machine"))


def written(path: Path, count: int) -> AuditTrail:
    audit = AuditTrail(path, FixedClock(NOW), ORIGIN)
    for _ in range(count):
        audit.begin(status())
        audit.end(status())
    return audit


def test_the_records_of_a_job_are_one_entry(tmp_path: Path) -> None:
    (entry,) = audit_entries(written(tmp_path / "audit.jsonl", 1).read())
    assert entry.title == "Restart agent"
    assert entry.author == "ana@vps"
    assert entry.result == "queued"
    assert entry.matches("AGENT ana")
    assert not entry.matches("agent eve")


def test_records_without_any_field_are_still_entries() -> None:
    trail = CheckedTrail(
        (AuditRecord(1, {}), AuditRecord(2, {"job": "x", "plan": 3, "seconds": "long"})), ()
    )
    newest, oldest = audit_entries(trail)
    assert (newest.title, newest.duration, newest.started_at) == ("job x", "", None)
    assert oldest.author == "@"


def test_the_result_of_a_change_without_a_recorded_end_is_unknown_at_first() -> None:
    begin, left = AuditRecord(1, {"event": "begin"}), AuditRecord(2, {"event": "left"})
    assert AuditEntry("x", (begin,)).result == "unknown"
    assert AuditEntry("x", (begin, left)).result == "unknown"
    end = AuditRecord(3, {"event": "end", "result": "succeeded"})
    assert AuditEntry("x", (begin, left, end)).result == "succeeded"


class TestStatesOfUnfinishedJobs:
    """The states of unfinished jobs, from their record, process and lock."""

    @pytest.fixture
    def jobs(self, tmp_path: Path) -> JobFolder:
        return JobFolder(tmp_path / "jobs")

    @staticmethod
    def result(jobs: JobFolder, job: JobStatus, owner: LockOwner | None = None) -> str:
        audit = AuditTrail(jobs.path.parent / "audit.jsonl", FixedClock(NOW), ORIGIN)
        audit.begin(job)
        states = JobStates(jobs, jobs.path.parent, holder=lambda _lock: owner)
        (entry,) = states.completed(audit_entries(audit.read()))
        return entry.result

    @staticmethod
    def saved(jobs: JobFolder, runner: Runner, state: JobState = JobState.RUNNING) -> JobStatus:
        output = jobs.new_output(NOW)
        job = replace(
            status(), id=output.stem, output=output, runner=runner, state=state, started_at=NOW
        )
        jobs.save(job, durable=False)
        return job

    def test_the_job_of_a_living_process_is_running(self, jobs: JobFolder) -> None:
        assert self.result(jobs, self.saved(jobs, HERE)) == "running"

    def test_a_job_whose_command_outlives_pixel_tui_is_running(self, jobs: JobFolder) -> None:
        job = self.saved(jobs, GONE)
        owner = LockOwner("ana", HOST, 41, NOW.isoformat(), "Restart agent", job.id)
        assert self.result(jobs, job, owner) == "running"

    @pytest.mark.parametrize("state", [JobState.RUNNING, JobState.VERIFYING])
    def test_a_job_has_the_state_of_the_list_of_jobs(
        self, jobs: JobFolder, state: JobState
    ) -> None:
        assert self.result(jobs, self.saved(jobs, HERE, state)) == state

    def test_a_job_that_no_process_runs_is_abandoned(self, jobs: JobFolder) -> None:
        assert self.result(jobs, self.saved(jobs, GONE)) == JobState.ABANDONED

    def test_a_job_of_another_machine_is_unknown(self, jobs: JobFolder) -> None:
        assert self.result(jobs, self.saved(jobs, Runner("ana", f"not-{HOST}"))) == "unknown"

    def test_a_job_without_a_record_is_unknown(self, jobs: JobFolder) -> None:
        assert self.result(jobs, status()) == "unknown"

    def test_a_finished_job_has_its_state(self, jobs: JobFolder) -> None:
        assert self.result(jobs, self.saved(jobs, GONE, JobState.FAILED)) == "failed"


def test_the_end_of_a_long_trail_is_checked_from_its_first_complete_line(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    written(path, 20)
    lines = path.read_bytes().splitlines(keepends=True)
    for keep in (1, 7, 39):
        most = sum(map(len, lines[-keep:])) + len(lines[0]) // 2
        trail = read_audit(path, max_bytes=most)
        assert [record.line for record in trail.records] == list(range(41 - keep, 41))
        assert (trail.problems, trail.skipped) == ((), 40 - keep)
        assert trail_verdict(trail)[0]
        assert "Older ones: pixel-tui audit" in trail_verdict(trail)[1]


def test_an_edit_in_the_part_that_is_read_is_named_by_its_own_line(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    written(path, 20)
    lines = path.read_bytes().splitlines(keepends=True)
    lines[35] = lines[35].replace(b'"ana"', b'"eve"')
    path.write_bytes(b"".join(lines))
    trail = read_audit(path, max_bytes=sum(map(len, lines[-10:])) + 10)
    assert trail.problems == ("Line 36 was changed, or lines between it and line 37 were removed.",)
    assert trail_verdict(trail) == (False, f"Not intact: {trail.problems[0]}")


def test_a_short_trail_is_read_completely(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    audit = written(path, 2)
    assert read_audit(path, max_bytes=10**6) == audit.read()
    assert trail_verdict(audit.read()) == (True, "4 records, intact.")
    assert trail_verdict(CheckedTrail((), ())) == (True, "No changes yet.")


def test_every_change_of_the_trail_changes_its_stamp(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    assert trail_stamp(path) == ()
    written(path, 1)
    before = trail_stamp(path)
    written(path, 1)
    assert trail_stamp(path) != before
