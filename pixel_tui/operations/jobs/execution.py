"""Runs the steps of a plan, and verifies the result."""

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from pixel_tui.clock import Clock
from pixel_tui.errors import NOTHING_CHANGED, ConsoleError, EngineError
from pixel_tui.files import PRIVATE_FILE, open_regular
from pixel_tui.humanize import span
from pixel_tui.operations.catalogue.backups.interrupted_restore import interrupted_restore
from pixel_tui.operations.jobs.downtime import DowntimeMeter
from pixel_tui.operations.jobs.expectations import (
    ExpectationResult,
    ExpectationState,
    describe_results,
)
from pixel_tui.operations.jobs.job import Job, JobState, JobStatus, StepTime
from pixel_tui.operations.jobs.lock import StackLock
from pixel_tui.operations.jobs.proxy_probe import Prober, ProxyProbe
from pixel_tui.operations.jobs.verification import Timeouts, Verification
from pixel_tui.operations.planning.plan import Step
from pixel_tui.redaction.redactor import redact
from pixel_tui.reserve import with_reserve
from pixel_tui.stack.compose.command import ComposeCommand, shown
from pixel_tui.stack.engine import http_probe
from pixel_tui.stack.feed.feed import LogTarget
from pixel_tui.stack.model.snapshot import StackSnapshot, SyncAction
from pixel_tui.stack.model.words import exit_words
from pixel_tui.stack.programs.process import CommandRunner, forget_exit_code
from pixel_tui.stack.programs.process_mark import mark_of
from pixel_tui.stack.watch.build_recorder import BuildObserver
from pixel_tui.stack.watch.observer import Observer
from pixel_tui.text import SafeText, plain, plain_lines

TAIL_BYTES: Final = 4096
LEFT_RUNNING: Final = "# Ended what it left running: "
LAST_LINES: Final = 5
"""The number of log lines of a restarting container that go to the job's output."""


class Execution:
    """Runs one job until it finishes, on the calling thread.

    Args:
        job: The job.
        runner: Starts programs.
        observer: The observer of the stack.
        command: The compose command of the project.
        clock: The clock.
        timeouts: The timeouts of the verification.
        lock: The lock of the stack; commands inherit it, so that it outlives pixel-tui.
        prober: Sends HTTP requests to proxies.
        build_observer: Records the build arguments of images.
        describe_unfinished: Describes what a killed step has not rolled back; empty if nothing.
    """

    def __init__(
        self,
        job: Job,
        *,
        runner: CommandRunner,
        observer: Observer,
        command: ComposeCommand,
        clock: Clock,
        timeouts: Timeouts,
        lock: StackLock | None = None,
        prober: Prober = http_probe,
        build_observer: BuildObserver | None = None,
        describe_unfinished: Callable[[JobStatus], str] = lambda _: "",
    ) -> None:
        self._job = job
        self._describe_unfinished = describe_unfinished
        self._build_observer = build_observer
        self._runner = runner
        self._observer = observer
        self._command = command
        self._clock = clock
        self._timeouts = timeouts
        self._lock = lock
        self._began = clock.monotonic()
        self._proxy_probe = ProxyProbe(job.status.plan.checks_after, prober)
        self._downtime = DowntimeMeter(job.status.plan.checks_after, observer, clock)

    def run(self) -> JobStatus:
        """Run the steps, and verify the result.

        Returns:
            The final status, which the caller sets after it has written the audit record.
        """
        try:
            status = self._run()
        finally:
            downtimes = self._downtime.close()
        return replace(status, downtimes=downtimes)

    def _run(self) -> JobStatus:
        if self._proxy_probe:
            self._proxy_probe.record_baseline(self._observer.snapshot)
        failure = self._run_steps()
        if failure is None:
            return self._verify()
        status = self._job.status
        left = self._describe_unfinished(status)
        if status.cancel_requested and status.changed_nothing:
            return self._result(JobState.CANCELLED, NOTHING_CHANGED)
        if status.cancel_requested:
            left = left or self._restore_progress(status)
            # `cancel_effect` holds only if the command could finish its cancellation.
            effect = left or status.plan.steps[status.step].cancel_effect
            return self._result(JobState.CANCELLED, f"{effect} {self._current_state()}")
        if left:
            failure = f"{status.plan.steps[status.step].title} was interrupted. {left}"
        return self._result(JobState.FAILED, f"{failure} {self._current_state()}")

    def _run_steps(self) -> str | None:
        """Run the steps in order; returns why they stopped early, None if they did not."""
        for index, step in enumerate(self._job.status.plan.steps):
            if self._job.status.cancel_requested:
                return "It was cancelled."
            try:
                forget_exit_code(self._job.status.output)
            except ConsoleError as error:
                return str(error)
            self._begin(index)
            try:
                code = self._run_step(step)
            except ConsoleError as error:
                return str(error)
            finally:
                self._end_step()
            self._observer.refresh()
            if code != 0:
                ended = f"{step.title} exited with {exit_words(code)}"
                if progress := self._restore_progress(self._job.status):
                    return f"{ended}. {progress}"
                last = last_output_line(self._job.status.output)
                if step.rolls_back and last:
                    return f"{last}."  # it says why it was rolled back
                return f"{ended}: {last}." if last else f"{ended}."
        return None

    def _restore_progress(self, status: JobStatus) -> str:
        return interrupted_restore(status, Path(self._command.directory), status.exit_code)

    def _begin(self, index: int) -> None:
        self._downtime.begin_step()
        self._job.update(
            lambda status: replace(
                status,
                state=JobState.RUNNING,
                step=index,
                started_at=status.started_at or self._clock.now(),
                step_times=(*status.step_times, StepTime(self._clock.now())),
                command=None,
            )
        )

    def _end_step(self) -> None:
        """Record the end of the current step or verification."""

        def change(status: JobStatus) -> JobStatus:
            *before, last = status.step_times
            return replace(
                status, step_times=(*before, replace(last, finished_at=self._clock.now()))
            )

        self._job.update(change)

    def _run_step(self, step: Step) -> int:
        append_line(self._job.status.output, f"$ {redact(shown(step.command))}")
        build = None
        if self._build_observer is not None:
            builds = _up_builds(self._observer.snapshot)
            build = self._build_observer.before(step.command, up_builds=builds)
        held = self._lock.descriptor if self._lock is not None else None
        command = self._runner.start(
            step.command,
            directory=self._command.directory,
            environment=self._command.environment,
            output=self._job.status.output,
            holding=() if held is None else (held,),
        )
        mark = mark_of(command.pid) if command.pid is not None else None
        self._job.update(lambda status: replace(status, command=mark))
        code = self._job.wait_for(command)
        # A left-over child process would hold the lock, and might interfere with the next step.
        for process in command.end_left_running():
            append_line(self._job.status.output, f"{LEFT_RUNNING}{process}")
        if self._build_observer is not None:
            self._build_observer.after(build, done=code == 0)
        self._job.update(lambda status: replace(status, exit_code=code))
        return code

    def _verify(self) -> JobStatus:
        started = StepTime(self._clock.now())
        self._job.update(
            lambda status: replace(
                status, state=JobState.VERIFYING, step_times=(*status.step_times, started)
            )
        )
        results = self._verification(self._timeouts).wait(
            self._job.wake,
            cancelled=lambda: self._job.status.cancel_requested,
            report=lambda found: self._job.update(
                lambda status: replace(status, message=describe_results(found))
            ),
        )
        cancelled = self._job.status.cancel_requested
        if cancelled and not _all_met(results):
            # Every step succeeded, but the snapshot may be older than the last step.
            results = self._recheck()
        self._end_step()
        words = describe_results(results)
        if _all_met(results):
            note = " (stopped after every step had finished)" if cancelled else ""
            after = span(self._clock.monotonic() - self._began)
            return self._result(JobState.SUCCEEDED, f"{words or 'Done'} after {after}{note}")
        if cancelled:
            return self._result(JobState.CANCELLED, f"Stopped waiting. {words}")
        late = _timed_out(results)
        waited = f" (waited {span(self._clock.monotonic() - self._began)})" if late else ""
        return self._result(JobState.FAILED, f"{words}{waited}{self._last_log_lines(results)}")

    def _last_log_lines(self, results: tuple[ExpectationResult, ...]) -> str:
        """Return the last log line of a container in a restart loop, as another sentence.

        More of its last lines are appended to the job's output.
        """
        for result in results:
            container = self._observer.snapshot.container(result.looping_id)
            if result.state is not ExpectationState.BROKEN or container is None:
                continue
            target = LogTarget(container.service, container.id)
            history = self._observer.log_history([target])
            try:
                lines = history.last_of(container, LAST_LINES)
            except EngineError as error:
                return f". Its logs can't be read: {error.what}"
            finally:
                history.close()
            texts = [text for line in lines if (text := redact(plain(line.text)).strip())]
            for text in texts:
                append_line(self._job.status.output, f"# {container.name}: {text}")
            if texts:
                return f". Last log lines: {texts[-1]}"
        return ""

    def _current_state(self) -> SafeText:
        """Describe the services of a plan that did not complete."""
        if self._job.status.changed_nothing:
            return NOTHING_CHANGED
        return describe_results(self._recheck())

    def _recheck(self) -> tuple[ExpectationResult, ...]:
        """Check the expectations on a snapshot that is newer than the last command."""
        refresh = self._timeouts.refresh
        settle = min(self._timeouts.settle, refresh)
        short = replace(self._timeouts, settle=settle, deadline=refresh + settle, health=refresh)
        return self._verification(short).wait(
            self._job.wake, cancelled=lambda: False, report=lambda _: None
        )

    def _verification(self, timeouts: Timeouts) -> Verification:
        checks = self._job.status.plan.checks_after
        return Verification(checks, self._observer, self._clock, timeouts, self._proxy_probe)

    def _result(self, state: JobState, message: str) -> JobStatus:
        words = plain(redact(message.rstrip(" .") + "."))
        cancelled = "Cancelled. " if state is JobState.CANCELLED else ""
        append_line(self._job.status.output, f"# {cancelled}{words}")
        return replace(self._job.status, state=state, finished_at=self._clock.now(), message=words)


def _up_builds(snapshot: StackSnapshot) -> bool:
    """Whether `up` would build an image."""
    return any(
        item.spec is not None
        and item.spec.builds
        and (item.spec.always_builds or item.sync.action is SyncAction.BUILD)
        for item in snapshot.services
    )


def append_line(path: Path, line: str) -> None:
    """Append a line of pixel-tui to a job's output."""
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC

    def append() -> None:
        descriptor = os.open(path, flags, PRIVATE_FILE)
        try:
            os.write(descriptor, f"{line}\n".encode())
        finally:
            os.close(descriptor)

    # A full disk must not stop the job.
    with suppress(OSError):
        with_reserve(path, append)


def last_output_line(path: Path) -> str:
    """Return the last output line of the last command, without secrets; empty if none."""
    try:
        with open_regular(path) as file:
            file.seek(max(0, path.stat().st_size - TAIL_BYTES))
            lines = [line.strip() for line in plain_lines(file.read())]
    except OSError:
        return ""
    output = [line for line in lines if line and not line.startswith(("$ ", LEFT_RUNNING))]
    return redact(output[-1]).rstrip(".") if output else ""


def _all_met(results: tuple[ExpectationResult, ...]) -> bool:
    return all(result.state is ExpectationState.MET for result in results)


def _timed_out(results: tuple[ExpectationResult, ...]) -> bool:
    return any(result.state is ExpectationState.WAITING for result in results)
