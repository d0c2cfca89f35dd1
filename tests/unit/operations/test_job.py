"""Running plans: refusal, lock, audit, listeners, cancellation, verification."""

import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pixel_tui.clock import FixedClock
from pixel_tui.environment.apply.state import ApplyFiles, ApplyState, Phase, this_process
from pixel_tui.errors import FileError, LockHeld, OperationError, PlanOutdated
from pixel_tui.operations.jobs import folder as job_folder
from pixel_tui.operations.jobs.expectations import ExpectationState, check_expectation
from pixel_tui.operations.jobs.job import Job, JobState, JobStatus
from pixel_tui.operations.jobs.proxy_probe import ProxyProbe
from pixel_tui.operations.jobs.verification import Timeouts, Verification
from pixel_tui.operations.operator import KEPT_JOBS
from pixel_tui.operations.planning.plan import Expectation, ExpectedState, Plan
from pixel_tui.stack.model.container import ContainerState, Health, HealthStatus, Probe
from pixel_tui.stack.model.project import ServiceSpec
from pixel_tui.stack.model.snapshot import (
    Connection,
    Service,
    StackSnapshot,
    Sync,
    SyncAction,
    Trouble,
)
from pixel_tui.stack.programs.process import exit_path
from pixel_tui.stack.watch.build_recorder import Building
from pixel_tui.text import SafeText, plain
from tests.builders.job import (
    COMMAND,
    ENGINE,
    NOW,
    QUICK,
    Desk,
    agent,
    desk,
    observer,
    restarted_agent,
    restoring,
    runner,
)
from tests.patience import PATIENCE

__all__ = ["desk", "observer", "runner"]

PATIENT_TIMEOUTS = Timeouts(settle=0.01, deadline=PATIENCE, health=PATIENCE, refresh=0.01)


def unhealthy(output: str) -> Health:
    probe = Probe(NOW, NOW, 1, (plain(output),))
    return Health(HealthStatus.UNHEALTHY, 3, (probe,))


def cancelled_at_start(desk: Desk, plan: Plan) -> JobStatus:
    """Run a plan, and cancel it while its first command is being started."""
    jobs: list[Job] = []
    ready = threading.Event()

    def cancel() -> None:
        ready.wait(PATIENCE)
        jobs[0].cancel()

    desk.runner.on_start = cancel
    jobs.append(desk.operator().run(plan))
    ready.set()
    return jobs[0].wait(PATIENCE)


def without_image(snapshot: StackSnapshot) -> StackSnapshot:
    """The same with a service whose image is missing and would be built."""
    spec = ServiceSpec(SafeText("built"), SafeText("built"), builds=True)
    service = Service(spec.name, spec, sync=Sync(SyncAction.BUILD))
    return replace(snapshot, services=(*snapshot.services, service))


def built_each_time(snapshot: StackSnapshot) -> StackSnapshot:
    """The same with a service that each `up` builds."""
    spec = ServiceSpec(SafeText("built"), SafeText("built"), builds=True, always_builds=True)
    return replace(snapshot, services=(*snapshot.services, Service(spec.name, spec)))


class TestSuccess:
    def test_the_message_has_the_result(self, desk: Desk) -> None:
        status = desk.run_to_end()
        assert status.state is JobState.SUCCEEDED
        assert status.message.startswith("agent is running and healthy again after ")
        assert status.exit_code == 0
        assert status.started_at is not None
        assert status.seconds is not None

    def test_it_runs_exactly_what_the_plan_shows(self, desk: Desk) -> None:
        plan = desk.plan()
        desk.run_to_end(plan)
        assert desk.runner.started == [step.command for step in plan.steps]
        assert desk.runner.places == [("/srv/pixel", {"DOCKER_HOST": "unix:///x"})]

    def test_the_output_is_a_private_file_with_command_and_result(self, desk: Desk) -> None:
        desk.runner.text = "Container pixel-agent-1  Started\n"
        status = desk.run_to_end()
        first, output, result = status.output.read_text().splitlines()
        assert first == "$ docker compose --project-directory /srv/pixel restart agent"
        assert output == "Container pixel-agent-1  Started"
        assert result == f"# {status.message}"
        assert status.output.stat().st_mode & 0o777 == 0o600
        assert status.output.parent.parent == desk.folder

    def test_the_previous_exit_code_is_removed_before_a_step_is_recorded(self, desk: Desk) -> None:
        """After a crash, the exit code file is taken for that of the recorded step."""
        orphan = agent(id="b" * 64, service=SafeText("old"), name=SafeText("pixel-old-1"))
        desk.observer.show(agent(), orphan)
        desk.runner.codes = [None]
        job = desk.operator().run(desk.plan("restart", "agent", "old"))
        assert desk.runner.hanging.wait(PATIENCE)
        beside = exit_path(job.status.output)
        beside.write_text("0\n")
        seen: list[tuple[int, bool]] = []

        def look(status: JobStatus) -> None:
            if status.state is JobState.RUNNING:
                seen.append((status.step, beside.exists()))

        job.subscribe(look)
        desk.runner.commands[0].end(0)
        job.wait(PATIENCE)
        assert (0, True) in seen
        assert (1, False) in seen
        assert (1, True) not in seen

    def test_the_stack_is_read_again_after_each_step(self, desk: Desk) -> None:
        desk.run_to_end()
        assert desk.observer.refreshed == 1

    def test_the_build_observer_is_called_before_the_stack_is_refreshed(self, desk: Desk) -> None:
        recorded: list[object] = []

        class Told:
            def before(self, argv: Sequence[str], *, up_builds: bool = False) -> Building | None:
                recorded.append((tuple(argv), up_builds, len(desk.runner.started)))
                return None

            def after(self, building: Building | None, *, done: bool) -> None:
                recorded.append((done, desk.observer.refreshed))

            def left(self, argv: Sequence[str], *, began: float, ended: float, done: bool) -> None:
                raise AssertionError("its console is here")

        desk.build_observer = Told()
        plan = desk.plan()
        desk.run_to_end(plan)
        (step,) = plan.steps
        assert recorded == [(step.command, False, 0), (True, 0)]
        recorded.clear()
        desk.runner.codes = [1]
        desk.observer.show_stack(without_image(desk.observer.snapshot))
        desk.run_to_end()
        assert recorded == [(step.command, True, 1), (False, 1)]
        recorded.clear()
        desk.observer.show(agent())
        desk.observer.show_stack(built_each_time(desk.observer.snapshot))
        desk.run_to_end(desk.plan())
        assert recorded[0] == (step.command, True, 2)

    def test_it_is_audited_before_and_after(self, desk: Desk) -> None:
        before: list[str] = []

        def start() -> None:
            before.extend(item["event"] for item in desk.records())
            desk.observer.show(restarted_agent())

        desk.runner.on_start = start
        status = desk.run_to_end()
        assert before == ["begin"]
        begin, end = desk.records()
        assert begin["job"] == end["job"] == status.id
        assert begin["plan"]["title"] == "Restart agent"
        assert end["result"] == "succeeded"
        assert end["verification"] == status.message

    def test_a_stop_is_verified_too(self, desk: Desk) -> None:
        stopped = agent(state=ContainerState.EXITED, exit_code=137)
        desk.runner.on_start = lambda: desk.observer.show(stopped)
        status = desk.run_to_end(desk.plan("stop"))
        assert status.state is JobState.SUCCEEDED
        assert "agent is stopped (killed: it did not stop in its grace period)" in status.message

    def test_a_completed_task_is_a_success(self, desk: Desk) -> None:
        policy = SafeText("no")
        ended = agent(state=ContainerState.EXITED, exit_code=0, health=None, restart_policy=policy)
        desk.observer.show(ended)
        later = NOW + timedelta(seconds=9)
        desk.runner.on_start = lambda: desk.observer.show(replace(ended, started_at=later))
        status = desk.run_to_end(desk.plan("start"))
        assert status.state is JobState.SUCCEEDED
        assert "agent is done (exit code 0)" in status.message


class TestVerification:
    def test_the_run_before_the_restart_does_not_count(self, desk: Desk) -> None:
        desk.runner.on_start = lambda: None
        status = desk.run_to_end()
        assert status.state is JobState.FAILED
        assert "agent is not restarted yet" in status.message

    def test_it_waits_for_the_health_check(self, desk: Desk) -> None:
        starting = restarted_agent(health=Health(HealthStatus.STARTING))
        desk.runner.on_start = lambda: desk.observer.show(starting)
        waiting = threading.Event()

        def listen(status: JobStatus) -> None:
            if "not healthy yet" in status.message:
                waiting.set()

        job = desk.operator(PATIENT_TIMEOUTS).run(desk.plan())
        job.subscribe(listen)
        listen(job.status)
        assert waiting.wait(PATIENCE)
        assert job.status.state is JobState.VERIFYING
        desk.observer.show(restarted_agent())
        assert job.wait(PATIENCE).state is JobState.SUCCEEDED

    def test_an_unhealthy_service_is_reported_with_its_last_probe(self, desk: Desk) -> None:
        sick = restarted_agent(health=unhealthy("connection refused"))
        desk.runner.on_start = lambda: desk.observer.show(sick)
        status = desk.operator(PATIENT_TIMEOUTS).run(desk.plan()).wait(PATIENCE)
        assert status.state is JobState.FAILED
        assert status.message == (
            "agent is unhealthy: last check exit code 1: connection refused; check its logs."
        )

    @pytest.mark.parametrize("incidental", [True, False])
    def test_an_incidental_unhealthy_service_does_not_fail_the_job(
        self, desk: Desk, incidental: bool
    ) -> None:
        expectation = Expectation(SafeText("agent"), ExpectedState.RUNNING, incidental=incidental)
        desk.observer.show(restarted_agent(health=unhealthy("no disk")))
        found = check_expectation(expectation, desk.observer.snapshot)
        assert found.state is (ExpectationState.MET if incidental else ExpectationState.BROKEN)
        assert ("as before" in found.description) is incidental

    def test_a_health_check_without_a_result_times_out(self, desk: Desk) -> None:
        starting = restarted_agent(health=Health(HealthStatus.STARTING))
        desk.runner.on_start = lambda: desk.observer.show(starting)
        status = desk.run_to_end()
        assert status.state is JobState.FAILED
        assert "running, not healthy yet (" in status.message
        assert status.seconds is not None
        assert status.seconds >= QUICK.health

    def test_a_container_that_exits_at_once_is_reported_with_its_exit_code(
        self, desk: Desk
    ) -> None:
        dead = restarted_agent(state=ContainerState.EXITED, exit_code=137, oom_killed=True)
        desk.runner.on_start = lambda: desk.observer.show(dead)
        status = desk.operator(PATIENT_TIMEOUTS).run(desk.plan()).wait(PATIENCE)
        assert status.state is JobState.FAILED
        assert "agent is not running: exit code 137 (out of memory)" in status.message

    def test_a_container_that_could_not_be_started_is_reported(self, desk: Desk) -> None:
        error = SafeText("failed to create shim task: no such file")
        never = restarted_agent(state=ContainerState.CREATED, started_at=None, error=error)
        desk.runner.on_start = lambda: desk.observer.show(never)
        assert f"agent is not started: {error} (" in desk.run_to_end().message

    def test_a_crash_loop_is_reported(self, desk: Desk) -> None:
        looping = restarted_agent(state=ContainerState.RESTARTING, exit_code=1, restarts=4)
        desk.runner.on_start = lambda: desk.observer.show(looping)
        status = desk.run_to_end()
        assert status.state is JobState.FAILED
        assert "in a restart loop (exit code 1); check its logs" in status.message

    def test_a_second_attempt_that_succeeded_is_reported(self, desk: Desk) -> None:
        desk.runner.on_start = lambda: desk.observer.show(restarted_agent(restarts=2))
        message = desk.run_to_end().message
        assert "running and healthy again (restarted 2 times by Docker)" in message

    def test_results_are_described_worst_first(self, desk: Desk) -> None:
        web = agent(id="c" * 64, service=SafeText("web"), health=None)
        desk.observer.show(agent(), web)
        dead = restarted_agent(state=ContainerState.EXITED, exit_code=1)
        later = replace(web, started_at=NOW + timedelta(seconds=5))
        desk.runner.on_start = lambda: desk.observer.show(dead, later)
        status = desk.run_to_end(desk.plan("restart", "web", "agent"))
        assert status.message == (
            "agent is not running: exit code 1; check its logs. web is running again."
        )

    def test_without_a_health_check_it_must_keep_running(self, desk: Desk) -> None:
        plan = desk.plan()
        bare = restarted_agent(health=None)
        desk.runner.on_start = lambda: desk.observer.show(bare)
        never = replace(PATIENT_TIMEOUTS, settle=PATIENCE, deadline=0.05)
        assert desk.operator(never).run(plan).wait(PATIENCE).state is JobState.FAILED
        desk.observer.show(agent())
        assert desk.operator(PATIENT_TIMEOUTS).run(plan).wait(PATIENCE).state is JobState.SUCCEEDED

    def test_each_restart_resets_the_settle_time(self, desk: Desk) -> None:
        clock = FixedClock(NOW)
        expected = desk.plan().checks_after
        looking = Verification(expected, desk.observer, clock, Timeouts(settle=5.0), ProxyProbe(()))

        def state_of_agent(**changes: object) -> ExpectationState:
            desk.observer.show(restarted_agent(health=None, **changes))
            (finding,) = looking.check()
            return finding.state

        assert state_of_agent() is ExpectationState.WAITING
        clock.advance(4.9)
        assert state_of_agent() is ExpectationState.WAITING
        clock.advance(0.2)
        assert state_of_agent() is ExpectationState.MET
        assert state_of_agent(started_at=NOW + timedelta(seconds=9)) is ExpectationState.WAITING

    def test_a_lost_engine_is_reported_with_its_hint(self, desk: Desk) -> None:
        trouble = Trouble(plain("Nobody answers."), plain("Start the engine."), NOW)
        lost = replace(ENGINE, connection=Connection.LOST, trouble=trouble)
        desk.runner.on_start = lambda: desk.observer.show(restarted_agent(), engine=lost)
        status = desk.run_to_end()
        assert status.state is JobState.FAILED
        assert "Nobody answers" in status.message
        assert "Start the engine" in status.message

    def test_the_output_of_a_probe_is_redacted_and_cleaned(self, desk: Desk) -> None:
        sick = restarted_agent(health=unhealthy("PASSWORD=hunter2hunter2 \x1b[2J"))
        desk.runner.on_start = lambda: desk.observer.show(sick)
        message = desk.run_to_end().message
        assert "hunter2" not in message
        assert message.isprintable()


def unfinished_apply(desk: Desk) -> Plan:
    """A plan that rolls back, and what its killed program leaves."""
    made = desk.plan()
    state = ApplyState(Phase.WAITING, "/srv/pixel/.env", "pixel", "old", "new")
    ApplyFiles(desk.folder, Path(COMMAND.directory)).write(state)
    return replace(made, steps=tuple(replace(s, rolls_back=True) for s in made.steps))


class TestFailure:
    def test_a_failed_command_is_reported_with_its_last_line(self, desk: Desk) -> None:
        desk.runner.codes, desk.runner.text = [1], "one\nno space left on device\n\n"
        desk.runner.on_start = lambda: None
        status = desk.run_to_end()
        assert status.state is JobState.FAILED
        assert status.exit_code == 1
        assert "Restart agent exited with exit code 1: no space left on device." in status.message
        assert "agent is not restarted yet" in status.message
        assert desk.records()[-1]["exit_code"] == 1

    def test_a_step_that_rolled_back_reports_its_own_reason(self, desk: Desk) -> None:
        desk.runner.codes, desk.runner.on_start = [4], lambda: None
        desk.runner.text = "Saved .env\nNot confirmed within 120 s. Rolled back: it is as before.\n"
        made = desk.plan()
        made = replace(made, steps=tuple(replace(s, rolls_back=True) for s in made.steps))
        message = desk.run_to_end(made).message
        assert message.startswith("Not confirmed within 120 s. Rolled back: it is as before. ")
        assert desk.records()[-1]["exit_code"] == 4

    def test_a_killed_apply_reports_what_is_unfinished(self, desk: Desk) -> None:
        desk.runner.codes = [137]
        desk.runner.text = "Confirm it within 2m, else it is rolled back"
        desk.runner.on_start = lambda: None
        status = desk.run_to_end(unfinished_apply(desk))
        assert status.state is JobState.FAILED
        assert "rolled back in" not in status.message
        assert "works, but is not confirmed" in status.message
        assert "env confirm` keeps the current one" in status.message
        assert "environment-roll-back` restores the previous state" in status.message

    @pytest.mark.parametrize("code", [-9, 137])
    def test_a_killed_restore_reports_what_it_replaced(
        self, desk: Desk, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        desk.runner.codes, desk.runner.on_start = [code], lambda: None
        desk.runner.text = (
            "to replace a.db, kept as a.db.before-x\nall 1 are whole; nothing is replaced yet\n"
            "aside      a.db -> a.db.before-x\n"
        )
        made = restoring(desk, tmp_path, monkeypatch)
        (tmp_path / "a.db").write_text("old")
        message = desk.run_to_end(made).message
        assert (
            f"Restart agent exited with exit code {code} (SIGKILL). Nothing was replaced."
            in message
        )
        (tmp_path / "a.db").rename(tmp_path / "a.db.before-x")
        (tmp_path / "a.db").write_text("new")
        desk.runner.codes = [code]
        assert "Replaced: a.db (kept as a.db.before-x)." in desk.run_to_end(made).message
        desk.runner.codes, desk.runner.text = [1], "It has no room.\n"
        message = desk.run_to_end(made).message
        assert "Restart agent exited with exit code 1: It has no room." in message

    def test_later_steps_are_not_started(self, desk: Desk) -> None:
        orphan = agent(id="b" * 64, service=SafeText("old"), name=SafeText("pixel-old-1"))
        desk.observer.show(agent(), orphan)
        desk.runner.codes, desk.runner.on_start = [1], lambda: None
        status = desk.run_to_end(desk.plan("restart", "agent", "old"))
        assert len(status.plan.steps) == 2
        assert len(desk.runner.started) == 1
        assert status.step == 0

    def test_a_program_that_cannot_be_started(self, desk: Desk) -> None:
        desk.runner.fails = True
        status = desk.run_to_end()
        assert status.state is JobState.FAILED
        assert "not installed" in status.message

    def test_an_internal_error_still_finishes_the_job(self, desk: Desk) -> None:
        def fault() -> None:
            raise ZeroDivisionError

        desk.runner.on_start = fault
        operator = desk.operator()
        status = operator.run(desk.plan()).wait(PATIENCE)
        assert status.state is JobState.FAILED
        assert "log" in status.message
        assert desk.records()[-1]["event"] == "end"
        desk.runner.on_start = lambda: desk.observer.show(restarted_agent())
        assert operator.run(desk.plan()).wait(PATIENCE).state is JobState.SUCCEEDED

    def test_a_failing_listener_does_not_affect_others(self, desk: Desk) -> None:
        desk.runner.codes = [None]

        def broken(status: JobStatus) -> None:
            raise RuntimeError(status.id)

        job = desk.operator().run(desk.plan())
        job.subscribe(broken)
        assert desk.runner.hanging.wait(PATIENCE)
        desk.runner.commands[0].end(0)
        assert job.wait(PATIENCE).state is JobState.SUCCEEDED


class TestCancel:
    @pytest.mark.parametrize(
        ("obeys", "asked"),
        [
            ("interrupt", ["interrupt"]),
            ("terminate", ["interrupt", "terminate"]),
            ("kill", ["interrupt", "terminate", "kill"]),
        ],
    )
    def test_cancel_sends_sigint_sigterm_and_sigkill(
        self, desk: Desk, obeys: str, asked: list[str]
    ) -> None:
        desk.runner.codes, desk.runner.stops_on = [None], obeys
        desk.runner.on_start = lambda: None
        job = desk.operator().run(desk.plan())
        assert desk.runner.hanging.wait(PATIENCE)
        job.cancel()
        assert job.status.cancel_requested
        status = job.wait(PATIENCE)
        assert status.state is JobState.CANCELLED
        assert desk.runner.commands[0].signals == asked

    def test_a_step_that_rolls_back_gets_more_time(self, desk: Desk) -> None:
        desk.runner.codes, desk.runner.stops_on = [None], "never"
        desk.runner.on_start = lambda: None
        made = desk.plan()
        undoing = replace(made, steps=tuple(replace(s, rolls_back=True) for s in made.steps))
        job = desk.operator().run(undoing)
        assert desk.runner.hanging.wait(PATIENCE)
        job.cancel()
        command = desk.runner.commands[0]
        assert command.wait(0.2) is None  # twenty times the usual grace
        assert command.signals == ["interrupt"]
        command.end(5)
        assert job.wait(PATIENCE).state is JobState.CANCELLED

    def test_a_cancelled_job_reports_the_effect_and_the_state(self, desk: Desk) -> None:
        desk.runner.codes, desk.runner.on_start = [None], lambda: None
        job = desk.operator().run(desk.plan())
        assert desk.runner.hanging.wait(PATIENCE)
        job.cancel()
        message = job.wait(PATIENCE).message
        assert message.startswith("Docker finishes the container it is working on")
        assert "agent is not restarted yet" in message
        assert desk.records()[-1]["result"] == "cancelled"

    def test_an_apply_killed_during_its_cancel_reports_what_is_unfinished(self, desk: Desk) -> None:
        desk.runner.codes = [None]
        job = desk.operator().run(unfinished_apply(desk))
        assert desk.runner.hanging.wait(PATIENCE)
        job.cancel()
        status = job.wait(PATIENCE)
        assert status.state is JobState.CANCELLED
        assert "environment-roll-back` restores the previous state" in status.message

    def test_no_further_step_is_started(self, desk: Desk) -> None:
        orphan = agent(id="b" * 64, service=SafeText("old"), name=SafeText("pixel-old-1"))
        desk.observer.show(agent(), orphan)
        desk.runner.stops_on = "nothing"  # the first command finishes anyway
        status = cancelled_at_start(desk, desk.plan("restart", "agent", "old"))
        assert status.state is JobState.CANCELLED
        assert len(desk.runner.started) == 1

    def test_a_cancel_while_the_command_starts_reaches_it(self, desk: Desk) -> None:
        desk.runner.codes = [None]
        assert cancelled_at_start(desk, desk.plan()).state is JobState.CANCELLED
        assert desk.runner.commands[0].signals == ["interrupt"]

    def test_a_cancel_during_the_verification_stops_waiting(self, desk: Desk) -> None:
        starting = restarted_agent(health=Health(HealthStatus.STARTING))
        desk.runner.on_start = lambda: desk.observer.show(starting)
        job = desk.operator(PATIENT_TIMEOUTS).run(desk.plan())
        verifying = threading.Event()

        def listen(status: JobStatus) -> None:
            if status.state is JobState.VERIFYING:
                verifying.set()

        job.subscribe(listen)
        listen(job.status)
        assert verifying.wait(PATIENCE)
        job.cancel()
        status = job.wait(PATIENCE)
        assert status.state is JobState.CANCELLED
        assert status.message.startswith("Stopped waiting. agent is running, not healthy")

    def test_a_cancel_after_the_last_step_reports_the_state(self, desk: Desk) -> None:
        # The snapshot is from before the last step, as on a busy machine.
        desk.runner.on_start = lambda: None
        job = desk.operator(replace(PATIENT_TIMEOUTS, refresh=PATIENCE)).run(desk.plan())

        def listen(status: JobStatus) -> None:
            looked = status.state is JobState.VERIFYING and bool(status.message)
            if looked and not status.cancel_requested:
                job.cancel()
                desk.observer.show(restarted_agent())

        job.subscribe(listen)
        listen(job.status)
        status = job.wait(PATIENCE)
        assert status.state is JobState.SUCCEEDED
        assert "stopped after every step had finished" in status.message

    def test_a_cancel_after_the_job_has_finished_does_nothing(self, desk: Desk) -> None:
        job = desk.operator().run(desk.plan())
        before = job.wait(PATIENCE)
        job.cancel()
        assert job.status == before


class TestOperator:
    def test_an_outdated_plan_is_refused_without_a_change(self, desk: Desk) -> None:
        plan = desk.plan()
        desk.observer.show(restarted_agent())
        with pytest.raises(PlanOutdated):
            desk.operator().run(plan)
        assert desk.runner.started == []
        assert not (desk.folder / "audit.jsonl").exists()

    def test_a_lost_engine_is_refused(self, desk: Desk) -> None:
        plan = desk.plan()
        desk.observer.show(agent(), engine=replace(ENGINE, connection=Connection.LOST))
        with pytest.raises(OperationError, match="Docker daemon"):
            desk.operator().run(plan)
        assert desk.runner.started == []

    def test_without_an_audit_record_nothing_is_changed(self, desk: Desk) -> None:
        (desk.folder / "audit.jsonl").mkdir()
        operator = desk.operator()
        for _ in range(2):  # the second time would find a leftover lock
            with pytest.raises(FileError, match="audit"):
                operator.run(desk.plan())
        assert desk.runner.started == []
        assert operator.jobs == ()
        assert list((desk.folder / "jobs").iterdir()) == []

    def test_a_job_that_can_not_be_recorded_leaves_no_file(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(path: Path, *_: object, **__: object) -> None:
            raise FileError("The file can't be written: No space left on device.", on=str(path))

        monkeypatch.setattr(job_folder, "replace_file", full)
        with pytest.raises(FileError, match="No space left"):
            desk.operator().run(desk.plan())
        assert desk.runner.started == []
        assert list((desk.folder / "jobs").iterdir()) == []

    def test_a_failed_final_audit_record_is_reported(self, desk: Desk) -> None:
        def spoil() -> None:
            (desk.folder / "audit.jsonl").unlink()
            (desk.folder / "audit.jsonl").mkdir()
            desk.observer.show(restarted_agent())

        desk.runner.on_start = spoil
        status = desk.run_to_end()
        assert status.state is JobState.SUCCEEDED
        assert "The audit record can't be written" in status.message

    def test_two_processes_never_change_one_stack_at_once(self, desk: Desk) -> None:
        desk.runner.codes = [None]
        plan = desk.plan()
        desk.runner.on_start = lambda: None
        job = desk.operator().run(plan)
        assert desk.runner.hanging.wait(PATIENCE)
        for other in (desk.operator(), desk.operator()):
            with pytest.raises(LockHeld, match="Restart agent"):
                other.run(plan)
        desk.observer.show(restarted_agent())
        desk.runner.commands[0].end(0)
        assert job.wait(PATIENCE).state is JobState.SUCCEEDED

    def test_a_lock_held_by_an_own_apply_has_a_hint_how_to_confirm_it(self, desk: Desk) -> None:
        desk.runner.codes = [None]
        plan = desk.plan()
        desk.runner.on_start = lambda: None
        job = desk.operator().run(plan)
        assert desk.runner.hanging.wait(PATIENCE)
        state = ApplyState(
            Phase.WAITING, "/srv/pixel/.env", "pixel", "old", "new",
            deadline=time.time() + 90, process=this_process(),
        )  # fmt: skip
        ApplyFiles(desk.folder, Path(COMMAND.directory)).write(state)
        with pytest.raises(LockHeld, match="Restart agent") as raised:
            desk.operator().run(plan)
        for words in (
            "rolled back in",
            "`c` in pixel-tui",
            "`pixel-tui -C /srv/pixel env confirm`",
        ):
            assert words in raised.value.hint
        desk.runner.commands[0].end(1)
        job.wait(PATIENCE)

    def test_the_lock_is_free_when_the_job_has_finished(self, desk: Desk) -> None:
        operator = desk.operator()
        later = iter(range(1, 100))
        desk.runner.on_start = lambda: desk.observer.show(
            agent(started_at=NOW + timedelta(seconds=next(later)))
        )
        for _ in range(20):
            assert operator.run(desk.plan()).wait(PATIENCE).state is JobState.SUCCEEDED

    def test_the_jobs_are_kept_newest_first_and_bounded(self, desk: Desk) -> None:
        operator = desk.operator()
        later = iter(range(1, 1000))
        desk.runner.on_start = lambda: desk.observer.show(
            agent(started_at=NOW + timedelta(seconds=next(later)))
        )
        ids = [operator.run(desk.plan()).wait(PATIENCE).id for _ in range(KEPT_JOBS + 2)]
        assert [job.status.id for job in operator.jobs] == ids[:1:-1]
        assert len(set(ids)) == len(ids)
        assert operator.running is None

    def test_the_running_job_is_known(self, desk: Desk) -> None:
        desk.runner.codes = [None]
        operator = desk.operator()
        job = operator.run(desk.plan())
        assert desk.runner.hanging.wait(PATIENCE)
        assert operator.running is job
        desk.runner.commands[0].end(0)
        job.wait(PATIENCE)
        assert operator.running is None

    def test_close_does_not_stop_a_running_command_and_records_it(self, desk: Desk) -> None:
        desk.runner.codes = [None]
        operator = desk.operator()
        job = operator.run(desk.plan())
        assert desk.runner.hanging.wait(PATIENCE)
        operator.close()
        assert desk.records()[-1]["event"] == "left"
        assert desk.runner.commands[0].signals == []
        with pytest.raises(OperationError, match="closing"):
            operator.run(desk.plan())
        desk.runner.commands[0].end(0)
        job.wait(PATIENCE)


class TestListening:
    def test_a_listener_gets_every_state_in_order(self, desk: Desk) -> None:
        desk.runner.codes = [None]
        job = desk.operator().run(desk.plan())
        assert desk.runner.hanging.wait(PATIENCE)
        heard: list[JobState] = [job.status.state]
        job.subscribe(lambda status: heard.append(status.state))
        desk.runner.commands[0].end(0)
        job.wait(PATIENCE)
        assert list(dict.fromkeys(heard)) == [
            JobState.RUNNING,
            JobState.VERIFYING,
            JobState.SUCCEEDED,
        ]

    def test_an_unsubscribed_listener_is_not_called(self, desk: Desk) -> None:
        desk.runner.codes = [None]
        job = desk.operator().run(desk.plan())
        assert desk.runner.hanging.wait(PATIENCE)
        heard: list[JobStatus] = []
        unsubscribe = job.subscribe(heard.append)
        unsubscribe()
        unsubscribe()
        desk.runner.commands[0].end(0)
        job.wait(PATIENCE)
        assert heard == []

    def test_waiting_ends_with_its_timeout(self, desk: Desk) -> None:
        desk.runner.codes = [None]
        job = desk.operator().run(desk.plan())
        assert job.wait(0.01).state is not JobState.SUCCEEDED
        assert desk.runner.hanging.wait(PATIENCE)
        desk.runner.commands[0].end(0)
        job.wait(PATIENCE)
