"""The door: the one place through which a stack is changed.

It exists in a process that may change things, and in no other.
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
from pixel_tui.environment.apply.confirmation import Confirmation, Waiting
from pixel_tui.errors import FileError, LockHeld, OperationError, PlanOutdated
from pixel_tui.locks import shared_folder
from pixel_tui.operations.audit.origin import Origin, current_origin
from pixel_tui.operations.audit.trail import Audit, audit_path
from pixel_tui.operations.catalogue.backups.interrupted_restore import interrupted_restore
from pixel_tui.operations.jobs.diary import JobRecorder
from pixel_tui.operations.jobs.execution import Execution, append_line, last_line
from pixel_tui.operations.jobs.folder import JobFolder, jobs_path
from pixel_tui.operations.jobs.job import GRACE_SECONDS, Job, JobState, JobStatus, Runner
from pixel_tui.operations.jobs.lock import Owner, StackLock, take_lock
from pixel_tui.operations.jobs.reach import Asker, ProxyProbe
from pixel_tui.operations.jobs.settlement import TAKE_BACK, last_code, settled
from pixel_tui.operations.jobs.verification import PATIENCE, Timeouts, Verification
from pixel_tui.operations.jobs.watch import JobSupervisor
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
HEED_SECONDS: Final = 0.5
"""Between two looks at what another console wishes of a job."""


class Operator:
    """Runs plans: one at a time a stack, locked, audited and verified.

    Args:
        runner: What starts programs.
        observer: What sees the stack.
        command: How compose and docker are called for it.
        state_folder: Where job outputs and the audit trail are kept.
        clock: Where times come from.
        origin: Whose changes they are; who sits here if None.
        patience: How long the verification waits.
        grace: Seconds between asking a cancelled command to stop and insisting.
        locks: Where the lock is; the folder of this machine's users if None.
        asker: What asks proxies for the services behind them.
        witness: What writes down what images were built with; None where nothing is built.
        confirm_keys: What keeps an apply that waits to be confirmed.
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
        patience: Timeouts = PATIENCE,
        grace: float = GRACE_SECONDS,
        locks: Path | None = None,
        asker: Asker = http_probe,
        witness: BuildObserver | None = None,
        confirm_keys: ConfirmKeys = DEFAULT_KEYS,
    ) -> None:
        self._confirm_keys = confirm_keys
        self._runner = runner
        self._observer = observer
        self._command = command
        self._locks = locks or shared_folder(os.environ)
        self._clock = clock
        self._origin = origin or current_origin()
        self._patience = patience
        self._state_folder = state_folder
        self._grace = grace
        self._asker = asker
        self._witness = witness
        self._audit = Audit(audit_path(state_folder), clock, self._origin)
        self._records = JobFolder(jobs_path(state_folder))
        self._jobs: deque[Job] = deque(maxlen=KEPT_JOBS)
        self._closed = False
        self._audited: set[str] = set()
        """Jobs of other consoles whose end is in the audit."""

    @property
    def jobs(self) -> Sequence[Job]:
        """The last jobs of this process, newest first."""
        return tuple(self._jobs)

    @property
    def running(self) -> Job | None:
        """The job that has not ended."""
        return next((job for job in self._jobs if not job.status.state.ended), None)

    def run(self, plan: Plan) -> Job:
        """Begin with a plan and return at once.

        Raises:
            PlanOutdated: The stack has changed since the plan was made.
            LockHeld: Another change to this stack is under way.
            OperationError: The operator is closed, or the engine can't be asked.
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
                self._records.forget(status.id)  # it never was
                raise
            self._jobs.appendleft(job)
            for work, name in ((self._work, "job"), (self._heed, "job-wishes")):
                threading.Thread(
                    target=work, args=(job, lock), name=f"{name}-{status.id}", daemon=True
                ).start()
        except BaseException:
            lock.release()
            raise
        return job

    def _take_lock(self, plan: Plan) -> StackLock:
        owner = self._owner(plan)
        try:
            return take_lock(self._locks, engine=plan.engine, project=plan.project, owner=owner)
        except LockHeld as error:
            waiting = self._waiting
            if waiting is None:
                raise
            raise LockHeld(
                error.what, on=error.on, hint=waiting.text(self._confirm_keys)
            ) from error

    @property
    def _waiting(self) -> Waiting | None:
        """This user's apply that waits to be confirmed, and holds the lock meanwhile."""
        try:
            return self._confirmation.waiting()
        except FileError:  # the job's output says what is wrong with it
            return None

    @property
    def _confirmation(self) -> Confirmation:
        marks = (each.env_mark for each in self._command.each_edited)
        return Confirmation(self._state_folder, *marks)

    def watch(
        self, changed: Callable[[], None], found: Callable[[JobStatus], None]
    ) -> JobSupervisor:
        """What sees the jobs of other consoles, and settles what was left; it does not look yet.

        Args:
            changed: Called, on its thread, when something has changed.
            found: Called with each job that was settled, or found running alone.
        """
        return JobSupervisor(
            self._records,
            self._locks,
            self._observer,
            settle=self.settle,
            changed=changed,
            found=found,
            grace=self._grace,
            upkeep=self._keep_reserve,
        )

    def _keep_reserve(self) -> None:
        # The records of a job that runs are what it is for: it is refilled behind them.
        if self.running is None:
            keep_reserve(self._state_folder)

    def settle(self, status: JobStatus) -> JobStatus | None:
        """Find out what became of a job whose console died, and write it down. Blocks.

        Args:
            status: As it was written down last; nothing of it runs any more.

        Returns:
            How it ended; None where that can't be found out yet: the engine is silent, or
            somebody changes the stack.
        """
        snapshot = self._observer.snapshot
        # A restore is wanted most where compose refuses the project: that is an answer, too.
        resolved = snapshot.project is not None or snapshot.project_trouble is not None
        known = snapshot.taken_at is not None and resolved and not snapshot.stale
        if not known or self._is_own(status.id):
            return None
        owner = replace(self._owner(status.plan), title=f"Verifying {status.plan.title}")
        plan = status.plan
        try:
            lock = take_lock(self._locks, engine=plan.engine, project=plan.project, owner=owner)
        except LockHeld:
            return None
        with lock:
            now = self._records.read(status.id) or status
            if now.state.ended:  # another console was faster
                return now
            ended = self._settled(now)
            if status.id not in self._audited:  # the record may fail behind it, and come again
                self._audit.end(ended)
                self._audited.add(status.id)
            self._records.save(ended, durable=True)
        append_line(ended.output, f"# {ended.message}")
        return ended

    def _settled(self, status: JobStatus) -> JobStatus:
        glance = self._patience.glance
        short = replace(self._patience, settle=0.0, deadline=glance, probing=glance)
        self._note_build(status)
        checks = status.plan.checks_after
        reach = ProxyProbe(checks, self._asker)
        findings = Verification(checks, self._observer, self._clock, short, reach).wait(
            threading.Event(), cancelled=lambda: self._closed, tell=lambda _: None
        )
        at = exit_time_of(status.output)
        code = last_code(status, exit_code_of(status.output))
        left = self._left_undone(status, exit_code_of(status.output))
        note = left or interrupted_restore(status, Path(self._command.directory), code)
        return settled(
            status,
            findings,
            code=code,
            cancelled=status.cancelling or self._records.cancel_asked(status.id),
            ended=datetime.fromtimestamp(at, UTC) if at is not None else self._clock.now(),
            said="" if note else last_line(status.output),
            note=note,
        )

    def _note_build(self, status: JobStatus) -> None:
        """Write down what the last command of a job built, as its console would have done."""
        code, ended = exit_code_of(status.output), exit_time_of(status.output)
        known = code is not None and ended is not None
        if self._witness is None or not known or not status.times or status.times[-1].ended:
            return
        began, step = status.times[-1].began, status.plan.steps[status.step]
        if status.state is JobState.RUNNING and ended is not None:
            self._witness.left(step.command, began=began.timestamp(), ended=ended, done=code == 0)

    def _left_undone(self, status: JobStatus, code: int | None) -> str:
        """What a step that takes itself back has left, or how it ended; empty where well."""
        if not any(step.rolls_back for step in status.plan.steps):
            return ""
        if left := self._half_done(status):
            return left
        said = last_line(status.output)
        return f"{said}." if said and code != 0 else ""

    def _half_done(self, status: JobStatus) -> str:
        """What a step that takes itself back has left behind; empty where nothing."""
        if not any(step.rolls_back for step in status.plan.steps):
            return ""
        try:
            left = self._confirmation.interrupted()
        except FileError as error:
            return str(error)
        return f"{left.description} {TAKE_BACK}" if left is not None else ""

    def _is_own(self, job_id: str) -> bool:
        return any(job.status.id == job_id for job in self._jobs)

    def close(self) -> None:
        """Begin nothing more.

        A command that runs goes on to its end without the console, and holds the lock until
        then; the audit says so.
        """
        if self._closed:
            return
        self._closed = True
        for job in self._jobs:
            if not job.status.state.ended:
                self._audit.left(job.status)

    def _owner(self, plan: Plan) -> Owner:
        return Owner(
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
        if moved := changed_file(plan):
            raise PlanOutdated(
                "A file has changed since the plan was made.",
                on=moved,
                hint="Check the new plan.",
            )

    def _new_status(self, plan: Plan) -> JobStatus:
        output = self._records.new_output(self._clock.now())
        by = Runner(self._origin.user, self._origin.host, mark_of(os.getpid()))
        return JobStatus(id=output.stem, plan=plan, output=output, by=by)

    def _heed(self, job: Job, _lock: StackLock) -> None:
        """Cancel a job when another console of the same user asks for that."""
        while not job.wait(HEED_SECONDS).state.ended:
            if self._records.cancel_asked(job.status.id):
                job.cancel()

    def _work(self, job: Job, lock: StackLock) -> None:
        """The job's thread: whatever happens, the audit is ended and the lock released."""
        job.subscribe(JobRecorder(self._records, lock, self._owner(job.status.plan)).write)
        try:
            status = self._execution(job, lock).run()
        except Exception:
            log.exception("job %s failed", job.status.id)
            status = replace(
                job.status,
                state=JobState.FAILED,
                ended=self._clock.now(),
                message=SafeText("pixel-tui failed; its log says why. Check the stack."),
            )
        try:
            self._audit.end(status)
        except FileError as error:
            log.exception("the end of job %s is not in the audit", status.id)
            status = replace(status, message=plain(f"{status.message} {error.what} ({error.on})"))
        try:
            self._records.save(status, durable=True)
        except FileError:
            log.exception("the end of job %s is not in its record", status.id)
        self._records.forget_old(self._clock.now())
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
            patience=self._patience,
            lock=lock,
            asker=self._asker,
            witness=self._witness,
            left_undone=self._half_done,
        )
