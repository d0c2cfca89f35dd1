"""The operator: every change of a stack goes through it.

A read-only process never creates one.
"""

import logging
import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pixel_tui.clock import Clock
from pixel_tui.confirm_keys import DEFAULT_KEYS, ConfirmKeys
from pixel_tui.environment.apply.confirmation import Confirmation, Waiting, interrupted_hint
from pixel_tui.errors import FileError, LockHeld, OperationError, PlanOutdated
from pixel_tui.locks import shared_folder
from pixel_tui.operations.audit.origin import Origin, current_origin
from pixel_tui.operations.audit.trail import AuditTrail, audit_path
from pixel_tui.operations.catalogue.backups.interrupted_restore import interrupted_restore
from pixel_tui.operations.jobs.execution import Execution, append_line, last_output_line
from pixel_tui.operations.jobs.folder import JobFolder, jobs_path
from pixel_tui.operations.jobs.job import GRACE_SECONDS, Job, JobState, JobStatus, Runner
from pixel_tui.operations.jobs.lock import LockOwner, StackLock, acquire_lock
from pixel_tui.operations.jobs.proxy_probe import Prober, ProxyProbe
from pixel_tui.operations.jobs.recorder import JobRecorder
from pixel_tui.operations.jobs.settlement import last_exit_code, settled_status
from pixel_tui.operations.jobs.supervisor import JobSupervisor
from pixel_tui.operations.jobs.verification import DEFAULT_TIMEOUTS, Timeouts, Verification
from pixel_tui.operations.planning.plan import Plan, plan_outdated
from pixel_tui.operations.planning.plan_files import changed_file
from pixel_tui.reserve import keep_reserve
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.engine import http_probe
from pixel_tui.stack.programs.process import CommandRunner, exit_code_of, exit_time_of
from pixel_tui.stack.programs.process_mark import mark_of
from pixel_tui.stack.watch.build_recorder import BuildObserver
from pixel_tui.stack.watch.observer import Observer
from pixel_tui.text import SafeText, plain

log = logging.getLogger(__name__)

KEPT_JOBS: Final = 50
CANCEL_POLL_SECONDS: Final = 0.5
"""How often to check whether another process requested a cancellation."""


class Operator:
    """Runs plans, one at a time for each stack: locked, audited and verified.

    Args:
        runner: Starts programs.
        observer: The observer of the stack.
        command: The compose command of the project.
        state_folder: The folder of job outputs and the audit trail.
        clock: The clock.
        origin: The author of the changes; the user of this process if None.
        timeouts: The timeouts of the verification.
        grace: Seconds between SIGINT, SIGTERM and SIGKILL when a command is cancelled.
        locks: The folder of the locks; the shared one of this machine if None.
        prober: Sends HTTP requests to proxies.
        build_observer: Records the build arguments of images; None if nothing is built.
        confirm_keys: The keys that confirm an apply, for messages.
    """

    def __init__(
        self,
        runner: CommandRunner,
        observer: Observer,
        command: ComposeCommand,
        state_folder: Path,
        clock: Clock,
        *,
        origin: Origin | None = None,
        timeouts: Timeouts = DEFAULT_TIMEOUTS,
        grace: float = GRACE_SECONDS,
        locks: Path | None = None,
        prober: Prober = http_probe,
        build_observer: BuildObserver | None = None,
        confirm_keys: ConfirmKeys = DEFAULT_KEYS,
    ) -> None:
        self._confirm_keys = confirm_keys
        self._runner = runner
        self._observer = observer
        self._command = command
        self._locks = locks or shared_folder(os.environ)
        self._clock = clock
        self._origin = origin or current_origin()
        self._timeouts = timeouts
        self._state_folder = state_folder
        self._grace = grace
        self._prober = prober
        self._build_observer = build_observer
        self._audit = AuditTrail(audit_path(state_folder), clock, self._origin)
        self._records = JobFolder(jobs_path(state_folder))
        self._jobs: deque[Job] = deque(maxlen=KEPT_JOBS)
        self._closed = False
        self._audited: set[str] = set()
        """Settled jobs of other processes whose end is in the audit trail."""

    @property
    def jobs(self) -> Sequence[Job]:
        """The last jobs of this process, newest first."""
        return tuple(self._jobs)

    @property
    def running(self) -> Job | None:
        """The unfinished job; None if there is none."""
        return next((job for job in self._jobs if not job.status.state.finished), None)

    def run(self, plan: Plan) -> Job:
        """Start a plan and return at once.

        Raises:
            PlanOutdated: The stack has changed since the plan was made.
            LockHeld: Another change to this stack is running.
            OperationError: The operator is closed, or the engine does not answer.
            FileError: The lock, the output or the audit record can't be written.
                Nothing has been changed.
        """
        if self._closed:
            raise OperationError("pixel-tui is closing.", hint="Start it again.")
        keep_reserve(self._state_folder)
        lock = self._take_lock(plan)
        try:
            self._require_current(plan)
            status = self._new_status(plan)
            job = Job(status, grace=self._grace)
            try:
                self._records.save(status, durable=True)
                self._audit.begin(status)
            except BaseException:
                self._records.remove(status.id)  # it never ran
                raise
            self._jobs.appendleft(job)
            _start_thread(f"job-{job.status.id}", lambda: self._work(job, lock))
            _start_thread(f"job-cancel-poll-{job.status.id}", lambda: self._poll_cancel(job))
        except BaseException:
            lock.release()
            raise
        return job

    def _take_lock(self, plan: Plan) -> StackLock:
        owner = self._owner(plan)
        try:
            return acquire_lock(self._locks, engine=plan.engine, project=plan.project, owner=owner)
        except LockHeld as error:
            waiting = self._waiting
            if waiting is None:
                raise
            raise LockHeld(
                error.what, on=error.on, hint=waiting.text(self._confirm_keys, self._command.typed)
            ) from error

    @property
    def _waiting(self) -> Waiting | None:
        """This user's apply that waits to be confirmed, and holds the lock."""
        try:
            return self._confirmation.waiting()
        except FileError:  # the job's output has the reason
            return None

    @property
    def _confirmation(self) -> Confirmation:
        marks = (each.env_mark for each in self._command.each_edited)
        return Confirmation(self._state_folder, *marks)

    def supervise(
        self, changed: Callable[[], None], notify: Callable[[JobStatus], None]
    ) -> JobSupervisor:
        """Return a supervisor for the jobs of other processes, not started yet.

        Args:
            changed: Called, on its thread, after each change.
            notify: Called with each job that was settled, or is orphaned.
        """
        return JobSupervisor(
            self._records,
            self._locks,
            self._observer,
            settle=self.settle,
            changed=changed,
            notify=notify,
            grace=self._grace,
            maintenance=self._keep_reserve,
        )

    def _keep_reserve(self) -> None:
        # A running job may need the reserve for its records: refill it afterwards.
        if self.running is None:
            keep_reserve(self._state_folder)

    def settle(self, status: JobStatus) -> JobStatus | None:
        """Find out and record the result of a job whose pixel-tui died. Blocks.

        Args:
            status: The last recorded status; nothing of the job runs any more.

        Returns:
            The final status; None if it can't be found out yet: the engine does not answer, or
            another change of the stack is running.
        """
        snapshot = self._observer.snapshot
        # A project that compose refuses is known too: a restore is needed most then.
        resolved = snapshot.project is not None or snapshot.project_trouble is not None
        known = snapshot.taken_at is not None and resolved and not snapshot.stale
        if not known or self._is_own(status.id):
            return None
        owner = replace(self._owner(status.plan), title=f"Verifying {status.plan.title}")
        plan = status.plan
        try:
            lock = acquire_lock(self._locks, engine=plan.engine, project=plan.project, owner=owner)
        except LockHeld:
            return None
        with lock:
            now = self._records.read(status.id) or status
            if now.state.finished:  # another process was faster
                return now
            ended = self._settled(now)
            if (
                status.id not in self._audited
            ):  # saving the record may fail, and this is called again
                self._audit.end(ended)
                self._audited.add(status.id)
            self._records.save(ended, durable=True)
        append_line(ended.output, f"# {ended.message}")
        return ended

    def _settled(self, status: JobStatus) -> JobStatus:
        refresh = self._timeouts.refresh
        short = replace(self._timeouts, settle=0.0, deadline=refresh, health=refresh)
        self._record_build(status)
        checks = status.plan.checks_after
        reach = ProxyProbe(checks, self._prober)
        findings = Verification(checks, self._observer, self._clock, short, reach).wait(
            threading.Event(), cancelled=lambda: self._closed, report=lambda _: None
        )
        at = exit_time_of(status.output)
        code = last_exit_code(status, exit_code_of(status.output))
        left = self._left_undone(status, exit_code_of(status.output))
        note = left or interrupted_restore(status, Path(self._command.directory), code)
        return settled_status(
            status,
            findings,
            code=code,
            cancelled=status.cancel_requested or self._records.cancel_requested(status.id),
            ended=datetime.fromtimestamp(at, UTC) if at is not None else self._clock.now(),
            last_line="" if note else last_output_line(status.output),
            note=note,
        )

    def _record_build(self, status: JobStatus) -> None:
        """Record the build of a job's last command, as its own process would have."""
        code, ended = exit_code_of(status.output), exit_time_of(status.output)
        known = code is not None and ended is not None
        if (
            self._build_observer is None
            or not known
            or not status.step_times
            or status.step_times[-1].finished_at
        ):
            return
        began, step = status.step_times[-1].started_at, status.plan.steps[status.step]
        if status.state is JobState.RUNNING and ended is not None:
            self._build_observer.left(
                step.command, began=began.timestamp(), ended=ended, done=code == 0
            )

    def _left_undone(self, status: JobStatus, code: int | None) -> str:
        """Describe what a step has not rolled back, or its last output; empty if it succeeded."""
        if not any(step.rolls_back for step in status.plan.steps):
            return ""
        if left := self._unfinished_roll_back(status):
            return left
        last = last_output_line(status.output)
        return f"{last}." if last and code != 0 else ""

    def _unfinished_roll_back(self, status: JobStatus) -> str:
        """Describe what a step has not rolled back; empty if nothing."""
        if not any(step.rolls_back for step in status.plan.steps):
            return ""
        try:
            left = self._confirmation.interrupted()
        except FileError as error:
            return str(error)
        if left is None:
            return ""
        return f"{left.description} {interrupted_hint(self._command.typed)}"

    def _is_own(self, job_id: str) -> bool:
        return any(job.status.id == job_id for job in self._jobs)

    def close(self) -> None:
        """Start no further job.

        A running command continues without pixel-tui and holds the lock until it exits; the audit
        trail records that.
        """
        if self._closed:
            return
        self._closed = True
        for job in self._jobs:
            if not job.status.state.finished:
                self._audit.left_running(job.status)

    def _owner(self, plan: Plan) -> LockOwner:
        return LockOwner(
            user=self._origin.user,
            host=self._origin.host,
            pid=self._origin.pid,
            since=self._clock.now().isoformat(),
            title=plan.title,
        )

    def _require_current(self, plan: Plan) -> None:
        snapshot = self._observer.snapshot
        if snapshot.stale:
            raise OperationError(
                "The Docker daemon does not answer.",
                on=snapshot.engine.address,
                hint=snapshot.engine.trouble.hint if snapshot.engine.trouble else "",
            )
        if plan_outdated(plan, snapshot):
            raise PlanOutdated(
                "The stack has changed since the plan was made.",
                hint="Check the new plan.",
            )
        if changed := changed_file(plan):
            raise PlanOutdated(
                "A file has changed since the plan was made.",
                on=changed,
                hint="Check the new plan.",
            )

    def _new_status(self, plan: Plan) -> JobStatus:
        output = self._records.new_output(self._clock.now())
        by = Runner(self._origin.user, self._origin.host, mark_of(os.getpid()))
        return JobStatus(id=output.stem, plan=plan, output=output, runner=by)

    def _poll_cancel(self, job: Job) -> None:
        """Cancel a job when another process of the same user requests it."""
        while not job.wait(CANCEL_POLL_SECONDS).state.finished:
            if self._records.cancel_requested(job.status.id):
                job.cancel()

    def _work(self, job: Job, lock: StackLock) -> None:
        """Run a job on its thread; always ends the audit entry and releases the lock."""
        job.subscribe(JobRecorder(self._records, lock, self._owner(job.status.plan)).write)
        try:
            status = self._execution(job, lock).run()
        except Exception:
            log.exception("job %s failed", job.status.id)
            status = replace(
                job.status,
                state=JobState.FAILED,
                finished_at=self._clock.now(),
                message=SafeText("pixel-tui failed; its log says why. Check the stack."),
            )
        try:
            self._audit.end(status)
        except FileError as error:
            log.exception("the end of job %s can't be written to the audit trail", status.id)
            status = replace(status, message=plain(f"{status.message} {error.what} ({error.on})"))
        try:
            self._records.save(status, durable=True)
        except FileError:
            log.exception("the end of job %s can't be written to its record", status.id)
        self._records.remove_old(self._clock.now())
        keep_reserve(self._state_folder)
        lock.release()
        job.finish(lambda _: status)

    def _execution(self, job: Job, lock: StackLock) -> Execution:
        return Execution(
            job,
            runner=self._runner,
            observer=self._observer,
            command=self._command,
            clock=self._clock,
            timeouts=self._timeouts,
            lock=lock,
            prober=self._prober,
            build_observer=self._build_observer,
            describe_unfinished=self._unfinished_roll_back,
        )


def _start_thread(name: str, run: Callable[[], None]) -> None:
    threading.Thread(target=run, name=name, daemon=True).start()
