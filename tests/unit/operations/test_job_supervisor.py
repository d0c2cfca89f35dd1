"""Jobs of other processes: shown while they run, settled when they are dead."""

import os
import select
import signal
import socket
import subprocess
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import pytest

from pixel_tui.errors import FileError
from pixel_tui.operations.jobs.folder import JobFolder, JobRecords
from pixel_tui.operations.jobs.job import CancellableJob, JobState, JobStatus, Runner, StepTime
from pixel_tui.operations.jobs.lock import LockOwner, StackLock, acquire_lock
from pixel_tui.operations.jobs.reader import JobReader, RemoteJob, merge_jobs
from pixel_tui.operations.jobs.settlement import Liveness, last_exit_code, liveness_of
from pixel_tui.operations.jobs.supervisor import CancellableRemoteJob
from pixel_tui.stack.model.snapshot import Connection, Trouble
from pixel_tui.stack.programs.process import exit_path
from pixel_tui.stack.programs.process_mark import ProcessMark, mark_of
from pixel_tui.text import SafeText
from tests.builders.job import (
    ENGINE,
    NOW,
    Desk,
    agent,
    desk,
    observer,
    restarted_agent,
    restoring,
    runner,
)
from tests.engine.private_engine import eventually
from tests.patience import PATIENCE

__all__ = ["desk", "observer", "runner"]

HOST = socket.gethostname()
DEAD = ProcessMark(1, 1, "an earlier start of the machine")
GONE = Runner("ana", HOST, DEAD)


class Other:
    """Another pixel-tui process of this user, and the supervisor of this one."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.folder = JobFolder(desk.folder / "jobs")
        self.found: list[JobStatus] = []
        self.changes = 0
        self.operator = desk.operator()
        self.watch = self.operator.supervise(self._changed, self.found.append)

    def _changed(self) -> None:
        self.changes += 1

    @property
    def locks(self) -> Path:
        return self.operator._locks

    def job(self, *, written: str = "", **changes: Any) -> JobStatus:
        """A job whose pixel-tui was killed."""
        output = self.folder.new_output(NOW)
        began = (StepTime(NOW),)
        status = JobStatus(
            output.stem, self.desk.plan(), output, JobState.RUNNING,
            started_at=NOW, step_times=began, command=DEAD, runner=GONE,
        )  # fmt: skip
        status = replace(status, **changes)
        self.folder.save(status, durable=False)
        if written:
            exit_path(output).write_text(written)
        return status

    def only(self) -> JobStatus:
        self.watch.refresh()
        (job,) = self.watch.latest.jobs
        return job


@pytest.fixture
def other(desk: Desk) -> Other:
    return Other(desk)


class TestSettling:
    def test_a_command_that_succeeded_without_pixel_tui(self, other: Other) -> None:
        job = other.job(written="0\n")
        other.desk.observer.show(restarted_agent())
        status = other.only()
        assert status.state is JobState.ABANDONED
        assert status.message == (
            "Its pixel-tui was gone. Restart agent (step 1 of 1) exited with exit code 0."
            " Now agent is running and healthy again. Everything is as planned."
        )
        assert status.exit_code == 0
        assert other.folder.read(job.id) == status
        assert job.output.read_text() == f"# {status.message}\n"

    def test_the_end_is_audited_once(self, other: Other) -> None:
        job = other.job(written="0\n")
        for _ in range(3):
            other.watch.refresh()
        (record,) = other.desk.records()
        assert (record["event"], record["job"]) == ("end", job.id)
        assert (record["result"], record["exit_code"]) == ("abandoned", 0)
        assert [status.id for status in other.found] == [job.id]

    def test_the_build_of_its_command_is_recorded(self, desk: Desk) -> None:
        recorded: list[object] = []

        class Told:
            def before(self, argv: Sequence[str], *, up_builds: bool = False) -> None:
                raise AssertionError("nothing is started")

            def after(self, building: object, *, done: bool) -> None:
                raise AssertionError("nothing was started here")

            def left(self, argv: Sequence[str], *, began: float, ended: float, done: bool) -> None:
                recorded.append((tuple(argv), began, done))

        desk.build_observer = Told()
        other = Other(desk)
        job = other.job(written="0\n")
        other.only()
        assert recorded == [
            (job.plan.steps[0].command, job.step_times[-1].started_at.timestamp(), True)
        ]
        other.job()
        other.watch.refresh()
        assert len(recorded) == 1, "its result is unknown"

    def test_a_failed_build_is_reported(self, other: Other) -> None:
        other.job(written="17\n")
        message = other.only().message
        assert "Restart agent (step 1 of 1) exited with exit code 17." in message
        assert "Now agent is not restarted yet." in message
        assert message.endswith("Run it again if you still need it.")

    @pytest.mark.parametrize("written", ["", "\n", "x"])
    def test_an_unrecorded_exit_code_is_unknown(self, other: Other, written: str) -> None:
        other.job(written=written)
        status = other.only()
        assert status.exit_code is None
        assert "exit code unknown" in status.message

    def test_an_exit_code_counts_even_without_a_known_process(self, other: Other) -> None:
        """Its pixel-tui was killed between the start of the command and its record."""
        other.job(written="0\n", command=None)
        status = other.only()
        assert status.exit_code == 0
        assert "Restart agent (step 1 of 1) exited with exit code 0." in status.message

    def test_a_step_that_has_ended_keeps_the_code_that_was_recorded(self, other: Other) -> None:
        job = other.job()
        assert last_exit_code(job, 0) == 0
        over = (StepTime(NOW, NOW),)
        assert last_exit_code(replace(job, step_times=over, exit_code=5), 0) == 5

    def test_steps_that_never_started_are_listed(self, other: Other) -> None:
        orphan = agent(id="b" * 64, service=SafeText("old"), name=SafeText("pixel-old-1"))
        other.desk.observer.show(agent(), orphan)
        plan = other.desk.plan("restart", "agent", "old")
        other.job(plan=plan, written="0\n")
        assert "(step 1 of 2) exited with exit code 0. Never started: Restart pixel-old-1." in (
            other.only().message
        )

    def test_the_last_output_line_is_reported(self, other: Other) -> None:
        job = other.job(written="0\n")
        job.output.write_text("$ worker restore\nfile .env restored\nPut aside: .env.before-x.\n")
        message = other.only().message
        assert "exited with exit code 0. Last output: Put aside: .env.before-x." in message

    def test_a_dead_restore_reports_what_it_replaced(
        self, other: Other, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made = restoring(other.desk, tmp_path, monkeypatch)
        other = Other(other.desk)
        job = other.job(plan=made)
        (tmp_path / "a.db").touch()
        job.output.write_text(
            "$ worker restore\nto replace a.db, kept as a.db.before-x\n"
            "all 1 are whole; nothing is replaced yet\n"
        )
        message = other.only().message
        assert "exit code unknown. Nothing was replaced." in message
        assert "Last output" not in message

    def test_a_job_is_settled_if_compose_refuses_the_project(self, other: Other) -> None:
        other.job(written="0\n")
        watched = other.desk.observer
        refused = Trouble(SafeText("compose refuses it"), SafeText("fix it"), NOW)
        watched.show_stack(replace(watched.snapshot, project=None))
        assert other.only().state is JobState.RUNNING, "it is still loading"
        watched.show_stack(replace(watched.snapshot, project_trouble=refused))
        assert other.only().state is JobState.ABANDONED

    def test_a_job_that_died_before_its_first_step(self, other: Other) -> None:
        other.job(state=JobState.QUEUED, started_at=None, step_times=(), command=None)
        assert "Nothing was started." in other.only().message
        assert other.desk.records()[-1]["steps_begun"] == 0

    def test_a_job_that_died_during_the_verification(self, other: Other) -> None:
        other.job(state=JobState.VERIFYING, exit_code=0)
        other.desk.observer.show(restarted_agent())
        message = other.only().message
        assert "Every step succeeded, but was not verified." in message
        assert message.endswith("Everything is as planned.")

    def test_a_job_is_not_settled_while_the_engine_does_not_answer(self, other: Other) -> None:
        other.job(written="0\n")
        other.desk.observer.show(agent(), engine=replace(ENGINE, connection=Connection.LOST))
        assert other.only().state is JobState.RUNNING
        assert "Verifying the result" in other.only().message
        other.desk.observer.show(restarted_agent())
        assert other.only().state is JobState.ABANDONED

    def test_a_job_is_not_settled_while_the_lock_is_held(self, other: Other) -> None:
        other.job(written="0\n")
        with held(other, "another job"):
            assert other.only().state is JobState.RUNNING
        assert other.only().state is JobState.ABANDONED

    def test_a_job_of_another_stack_or_machine_is_not_settled(self, other: Other) -> None:
        plan = other.desk.plan()
        elsewhere = other.job(runner=Runner("ana", "another-machine", DEAD))
        other.job(plan=replace(plan, project=SafeText("another")))
        assert other.only().id == elsewhere.id
        assert other.only().state is JobState.RUNNING
        assert not (other.desk.folder / "audit.jsonl").exists()

    def test_a_failed_record_after_the_audit_makes_no_second_audit_record(
        self, other: Other, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        other.job(written="0\n")

        def full(*_: object, **__: object) -> None:
            raise FileError("no space left on device")

        with monkeypatch.context() as patched:
            patched.setattr(other.operator._records, "save", full)
            with pytest.raises(FileError):
                other.watch.refresh()
        assert other.only().state is JobState.ABANDONED
        assert len(other.desk.records()) == 1

    def test_two_processes_settle_a_job_once(self, other: Other) -> None:
        other.job(written="0\n")
        second = Other(other.desk)
        threads = [threading.Thread(target=one.watch.refresh) for one in (other, second)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert other.only() == second.only()
        assert len(other.desk.records()) == 1


def held(other: Other, job: str) -> Any:
    plan = other.desk.plan()
    owner = LockOwner("eve", HOST, 7, NOW.isoformat(), "Restart web", job)
    return acquire_lock(other.locks, engine=plan.engine, project=plan.project, owner=owner)


class TestOrphaned:
    """The command of a killed pixel-tui is still running."""

    @pytest.fixture
    def command(self) -> Any:
        process = subprocess.Popen(["sleep", "60"], start_new_session=True)
        yield process
        process.kill()
        process.wait()

    def test_it_is_shown_as_running_and_not_settled(
        self, other: Other, command: "subprocess.Popen[bytes]"
    ) -> None:
        other.job(command=mark_of(command.pid))
        status = other.only()
        assert status.state is JobState.RUNNING
        assert "runs to its end" in status.message
        assert other.watch.latest.orphaned == {status.id}
        assert [found.id for found in other.found] == [status.id]
        command.kill()
        command.wait()
        assert other.only().state is JobState.ABANDONED

    def test_it_is_not_settled_while_a_child_process_holds_the_lock(self, other: Other) -> None:
        job = other.job()
        with held(other, job.id):
            assert liveness_of(job, host=HOST, locks=other.locks) is Liveness.ORPHANED
        assert liveness_of(job, host=HOST, locks=other.locks) is Liveness.DEAD

    def test_it_can_be_cancelled(self, other: Other, command: "subprocess.Popen[bytes]") -> None:
        job = other.job(command=mark_of(command.pid))
        other.watch.refresh()
        CancellableRemoteJob(other.watch, job).cancel()
        assert command.wait(30) == -signal.SIGINT
        status = other.only()
        assert status.state is JobState.CANCELLED
        assert status.message.startswith("It was cancelled after its pixel-tui was gone.")

    def test_a_cancel_stops_the_processes_that_it_left_running(self, other: Other) -> None:
        leader = subprocess.Popen(
            ["sh", "-c", "sleep 1000 > /dev/null & echo $!; read _"],
            start_new_session=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        mark = mark_of(leader.pid)
        assert mark is not None
        left = os.pidfd_open(int(leader.communicate(timeout=PATIENCE)[0]))
        job = other.job(command=mark)
        with held(other, job.id):
            assert other.only().state is JobState.RUNNING, "it is not settled"
            CancellableRemoteJob(other.watch, job).cancel()
            assert select.select([left], [], [], PATIENCE)[0], "it has ended"
        os.close(left)

    def test_a_reused_pid_is_not_its_process(
        self, other: Other, command: "subprocess.Popen[bytes]"
    ) -> None:
        mark = mark_of(command.pid)
        assert mark is not None
        other.job(command=replace(mark, started=mark.started - 1))
        assert other.only().state is JobState.ABANDONED
        assert command.poll() is None


class TestReadOnly:
    """The reader of a read-only process, which is no supervisor."""

    @pytest.fixture
    def held(self, other: Other) -> StackLock:
        plan = other.desk.plan()
        owner = LockOwner("ana", HOST, os.getpid(), NOW.isoformat(), "Restart agent", "a-job", 1, 2)
        return acquire_lock(other.locks, engine=plan.engine, project=plan.project, owner=owner)

    @pytest.fixture
    def reader(self, other: Other) -> JobReader:
        records = JobRecords(other.folder.path)
        return JobReader(records, other.locks, other.desk.observer, changed=lambda: None)

    def test_the_lock_owner_is_read_without_taking_the_lock(
        self, held: StackLock, reader: JobReader, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*_: object) -> NoReturn:
            pytest.fail("a lock was taken")

        with monkeypatch.context() as patched:
            patched.setattr("fcntl.flock", refuse)
            reader.refresh()
        assert reader.latest.other_owner is not None
        assert (reader.latest.other_owner.title, reader.latest.other_owner.step) == (
            "Restart agent",
            1,
        )
        held.release()
        reader.refresh()
        assert reader.latest.other_owner is None

    def test_a_reader_settles_nothing(self, other: Other, reader: JobReader) -> None:
        job = other.job(written="0\n")
        reader.refresh()
        (seen,) = reader.latest.jobs
        assert seen.state is JobState.ABANDONED, "nothing of it runs"
        assert "that is not read-only will verify it" in seen.message
        assert other.folder.read(job.id) == job
        assert not (other.desk.folder / "audit.jsonl").exists()
        assert not isinstance(RemoteJob(reader, seen), CancellableJob)


class TestOthers:
    def test_a_job_of_another_process_is_shown_live(self, other: Other) -> None:
        ours = mark_of(os.getpid())
        job = other.job(runner=Runner("ana", HOST, ours))
        seen = CancellableRemoteJob(other.watch, job)
        heard: list[JobState] = []
        seen.subscribe(lambda status: heard.append(status.state))
        assert "another pixel-tui: ana on" in other.only().message
        other.folder.save(replace(job, state=JobState.VERIFYING), durable=False)
        other.watch.refresh()
        assert seen.status.state is JobState.VERIFYING
        assert heard == [JobState.RUNNING, JobState.VERIFYING]
        assert other.found == []

    def test_another_user_is_shown_by_name(self, other: Other) -> None:
        with held(other, "20260301-120000-abc"):
            other.watch.refresh()
            assert other.watch.latest.other_owner is not None
            assert other.watch.latest.other_owner.title == "Restart web"
        other.watch.refresh()
        assert other.watch.latest.other_owner is None

    def test_a_record_written_during_a_refresh_is_not_missed(self, other: Other) -> None:
        job = other.job(runner=Runner("ana", HOST, mark_of(os.getpid())))
        other.watch.refresh()
        moment = other.folder.path.stat().st_mtime_ns
        other.folder.save(replace(job, state=JobState.VERIFYING), durable=False)
        os.utime(other.folder.path, ns=(moment, moment))
        assert other.only().state is JobState.VERIFYING

    def test_no_change_is_reported_without_a_change(self, other: Other) -> None:
        other.job(runner=Runner("ana", HOST, mark_of(os.getpid())))
        other.watch.refresh()
        before = other.changes
        for _ in range(3):
            other.watch.refresh()
        assert other.changes == before == 1

    def test_the_own_status_of_a_job_is_newer(self, other: Other) -> None:
        job = other.job()
        newer = replace(job, state=JobState.SUCCEEDED)
        later = replace(job, id="20270101-000000-a")
        assert merge_jobs([newer], [job, later]) == [later, newer]

    def test_it_refreshes_on_its_own_until_it_is_closed(self, other: Other) -> None:
        other.job(written="0\n")
        other.watch.start()
        eventually(lambda: other.found)
        other.watch.close()
