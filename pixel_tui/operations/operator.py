"""The door: the one place through which a stack is changed.

It exists in a process that may change things, and in no other.
"""

import logging
import os
import secrets
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from pixel_tui.clock import Clock
from pixel_tui.errors import FileError, OperationError, PlanOutdated
from pixel_tui.files import PRIVATE_FILE, PRIVATE_FOLDER
from pixel_tui.operations.audit import Audit, audit_path
from pixel_tui.operations.execution import Execution
from pixel_tui.operations.job import GRACE_SECONDS, Job, JobState, JobStatus
from pixel_tui.operations.lock import Owner, StackLock, shared_folder, take_lock
from pixel_tui.operations.origin import Origin, current_origin
from pixel_tui.operations.plan import Plan, plan_outdated
from pixel_tui.operations.verification import PATIENCE, Patience
from pixel_tui.stack.compose_command import ComposeCommand
from pixel_tui.stack.observer import Observer
from pixel_tui.stack.process import CommandRunner
from pixel_tui.text import SafeText, plain

log = logging.getLogger(__name__)

KEPT_JOBS: Final = 50


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
        patience: Patience = PATIENCE,
        grace: float = GRACE_SECONDS,
        locks: Path | None = None,
    ) -> None:
        self._runner = runner
        self._observer = observer
        self._command = command
        self._folder = state_folder
        self._locks = locks or shared_folder(os.environ)
        self._clock = clock
        self._origin = origin or current_origin()
        self._patience = patience
        self._grace = grace
        self._audit = Audit(audit_path(state_folder), clock, self._origin)
        self._jobs: deque[Job] = deque(maxlen=KEPT_JOBS)
        self._closed = False

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
            PlanOutdated: The stack has moved since the plan was made.
            LockHeld: Another change to this stack is under way.
            OperationError: The operator is closed, or the engine can't be asked.
            FileError: The lock, the output or the audit record can't be written.
                Nothing has been changed.
        """
        if self._closed:
            raise OperationError("The console is closing.", remedy="Start it again.")
        lock = take_lock(
            self._locks,
            engine=plan.engine,
            project=plan.project,
            owner=self._owner(plan),
        )
        try:
            self._require_current(plan)
            status = self._new_status(plan)
            job = Job(status, grace=self._grace)
            self._audit.begin(status)
            self._jobs.appendleft(job)
            threading.Thread(
                target=self._work, args=(job, lock), name=f"job-{status.id}", daemon=True
            ).start()
        except BaseException:
            lock.release()
            raise
        return job

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
                "The engine can't be asked at the moment.",
                on=snapshot.engine.address,
                remedy=snapshot.engine.trouble.remedy if snapshot.engine.trouble else "",
            )
        if plan_outdated(plan, snapshot):
            raise PlanOutdated(
                "The stack has moved since the plan was made.",
                on=plan.title,
                remedy="Look at the plan again: it is made anew.",
            )

    def _new_status(self, plan: Plan) -> JobStatus:
        job_id = f"{self._clock.now():%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
        output = self._folder / "jobs" / f"{job_id}.log"
        try:
            output.parent.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
            output.touch(mode=PRIVATE_FILE, exist_ok=False)
        except OSError as error:
            raise FileError(
                f"The job's output can't be written: {error.strerror or error}.",
                on=str(output),
                remedy="Check the folder's owner, its mode and the free space.",
            ) from error
        return JobStatus(id=job_id, plan=plan, output=output)

    def _work(self, job: Job, lock: StackLock) -> None:
        """The job's thread: whatever happens, the audit is ended and the lock released."""
        try:
            status = self._execution(job, lock).run()
        except Exception:
            log.exception("job %s failed", job.status.id)
            status = replace(
                job.status,
                state=JobState.FAILED,
                ended=self._clock.now(),
                message=SafeText(
                    "The console failed half way, its log says where. Look at the stack."
                ),
            )
        try:
            self._audit.end(status)
        except FileError as error:
            log.exception("the end of job %s is not in the audit", status.id)
            status = replace(status, message=plain(f"{status.message} {error.what} ({error.on})"))
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
        )
