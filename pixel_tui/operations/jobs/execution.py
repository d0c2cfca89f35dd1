"""Running the steps of a plan, and finding out what came of it."""

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from pixel_tui.clock import Clock
from pixel_tui.errors import ConsoleError, EngineError
from pixel_tui.files import PRIVATE_FILE, open_regular
from pixel_tui.humanize import span
from pixel_tui.operations.catalogue.backups.interrupted_restore import interrupted_restore
from pixel_tui.operations.jobs.downtime import DowntimeMeter
from pixel_tui.operations.jobs.job import NOTHING_CHANGED, Job, JobState, JobStatus, StepTime
from pixel_tui.operations.jobs.lock import StackLock
from pixel_tui.operations.jobs.outcomes import ExpectationResult, ExpectationState, sentence
from pixel_tui.operations.jobs.reach import Asker, ProxyProbe
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
"""So many lines of the log of what is in a restart loop are put into the job's output."""


class Execution:
    """Runs one job to its end, on the thread that calls it.

    Args:
        job: What is run.
        runner: What starts programs.
        observer: What sees the stack.
        command: Where programs run, and what they need to find there.
        clock: Where times come from.
        patience: How long to wait for the stack.
        lock: What the commands hold beside this process, so that it outlives the console.
        asker: What asks proxies for the services behind them.
        witness: What writes down what images were built with.
        left_undone: What a step that takes itself back has left, should it have died; empty
            where nothing.
    """

    def __init__(
        self,
        job: Job,
        *,
        runner: CommandRunner,
        observer: Observer,
        command: ComposeCommand,
        clock: Clock,
        patience: Timeouts,
        lock: StackLock | None = None,
        asker: Asker = http_probe,
        witness: BuildObserver | None = None,
        left_undone: Callable[[JobStatus], str] = lambda _: "",
    ) -> None:
        self._job = job
        self._left_undone = left_undone
        self._witness = witness
        self._runner = runner
        self._observer = observer
        self._command = command
        self._clock = clock
        self._patience = patience
        self._lock = lock
        self._began = clock.monotonic()
        self._reach = ProxyProbe(job.status.plan.checks_after, asker)
        self._absences = DowntimeMeter(job.status.plan.checks_after, observer, clock)

    def run(self) -> JobStatus:
        """Run the steps, and verify.

        Returns:
            The status that the job is to end with. It does not have it yet: the lock
            and the audit come first.
        """
        try:
            status = self._run()
        finally:
            away = self._absences.close()
        return replace(status, away=away)

    def _run(self) -> JobStatus:
        if self._reach:
            self._reach.note(self._observer.snapshot)
        failure = self._run_steps()
        if failure is None:
            return self._verify()
        status = self._job.status
        left = self._left_undone(status)
        if status.cancelling and status.changed_nothing:
            return self._result(JobState.CANCELLED, f"Cancelled. {NOTHING_CHANGED}")
        if status.cancelling:
            left = left or self._restored(status)
            # What it means to cancel is a promise of the command: a dead one keeps none.
            meaning = left or status.plan.steps[status.step].cancel_effect
            return self._result(JobState.CANCELLED, f"Cancelled. {meaning} {self._as_it_is()}")
        if left:
            failure = f"{status.plan.steps[status.step].title} was interrupted. {left}"
        return self._result(JobState.FAILED, f"{failure} {self._as_it_is()}")

    def _run_steps(self) -> str | None:
        """Run one step after the other; why it ended early, None where it did not."""
        for index, step in enumerate(self._job.status.plan.steps):
            if self._job.status.cancelling:
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
                self._ended()
            self._observer.refresh()
            if code != 0:
                ended = f"{step.title} exited with {exit_words(code)}"
                if far := self._restored(self._job.status):
                    return f"{ended}. {far}"
                said = last_line(self._job.status.output)
                if step.rolls_back and said:
                    return f"{said}."  # why it was rolled back: the code says less
                return f"{ended}: {said}." if said else f"{ended}."
        return None

    def _restored(self, status: JobStatus) -> str:
        return interrupted_restore(status, Path(self._command.directory), status.exit_code)

    def _begin(self, index: int) -> None:
        self._absences.step()
        self._job.update(
            lambda status: replace(
                status,
                state=JobState.RUNNING,
                step=index,
                started=status.started or self._clock.now(),
                times=(*status.times, StepTime(self._clock.now())),
                command=None,
            )
        )

    def _ended(self) -> None:
        """The step, or the verification, that was begun last is over."""

        def change(status: JobStatus) -> JobStatus:
            *before, last = status.times
            return replace(status, times=(*before, replace(last, ended=self._clock.now())))

        self._job.update(change)

    def _run_step(self, step: Step) -> int:
        append_line(self._job.status.output, f"$ {redact(shown(step.command))}")
        building = None
        if self._witness is not None:
            builds = _up_builds(self._observer.snapshot)
            building = self._witness.before(step.command, up_builds=builds)
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
        code = self._job.attend(command)
        # It would hold the lock of the stack, and may change what the next step counts on.
        for process in command.end_left_running():
            append_line(self._job.status.output, f"{LEFT_RUNNING}{process}")
        if self._witness is not None:
            self._witness.after(building, done=code == 0)
        self._job.update(lambda status: replace(status, exit_code=code))
        return code

    def _verify(self) -> JobStatus:
        begun = StepTime(self._clock.now())
        self._job.update(
            lambda status: replace(status, state=JobState.VERIFYING, times=(*status.times, begun))
        )
        findings = self._verification(self._patience).wait(
            self._job.wake,
            cancelled=lambda: self._job.status.cancelling,
            tell=lambda found: self._job.update(
                lambda status: replace(status, message=sentence(found))
            ),
        )
        cancelled = self._job.status.cancelling
        if cancelled and not _met(findings):
            # Every step has ended well, and the picture may be older than the last of them.
            findings = self._glance()
        self._ended()
        words = sentence(findings)
        if _met(findings):
            note = " (stopped after every step had finished)" if cancelled else ""
            after = span(self._clock.monotonic() - self._began)
            return self._result(JobState.SUCCEEDED, f"{words or 'Done'} after {after}{note}")
        if cancelled:
            return self._result(JobState.CANCELLED, f"Stopped waiting. {words}")
        late = _waited_in_vain(findings)
        waited = f" (waited {span(self._clock.monotonic() - self._began)})" if late else ""
        return self._result(JobState.FAILED, f"{words}{waited}{self._last_words(findings)}")

    def _last_words(self, findings: tuple[ExpectationResult, ...]) -> str:
        """How the log of what is in a restart loop ends, as a further sentence.

        Its last lines are put into the job's output.
        """
        for finding in findings:
            container = self._observer.snapshot.container(finding.looping)
            if finding.standing is not ExpectationState.BROKEN or container is None:
                continue
            target = LogTarget(container.service, container.id)
            history = self._observer.log_history([target])
            try:
                lines = history.last_of(container, LAST_LINES)
            except EngineError as error:
                return f". Its logs can't be read: {error.what}"
            finally:
                history.close()
            said = [words for line in lines if (words := redact(plain(line.text)).strip())]
            for words in said:
                append_line(self._job.status.output, f"# {container.name}: {words}")
            if said:
                return f". Last log lines: {said[-1]}"
        return ""

    def _as_it_is(self) -> SafeText:
        """How the touched services are after a plan that did not come to its end."""
        if self._job.status.changed_nothing:
            return NOTHING_CHANGED
        return sentence(self._glance())

    def _glance(self) -> tuple[ExpectationResult, ...]:
        """How the expectations stand, once the picture has caught up."""
        glance = self._patience.glance
        settle = min(self._patience.settle, glance)
        short = replace(self._patience, settle=settle, deadline=glance + settle, probing=glance)
        return self._verification(short).wait(
            self._job.wake, cancelled=lambda: False, tell=lambda _: None
        )

    def _verification(self, patience: Timeouts) -> Verification:
        checks = self._job.status.plan.checks_after
        return Verification(checks, self._observer, self._clock, patience, self._reach)

    def _result(self, state: JobState, message: str) -> JobStatus:
        words = plain(redact(message.rstrip(" .") + "."))
        append_line(self._job.status.output, f"# {words}")
        return replace(self._job.status, state=state, ended=self._clock.now(), message=words)


def _up_builds(snapshot: StackSnapshot) -> bool:
    """Whether `up` would build an image: one that is not there, or is built each time."""
    return any(
        item.spec is not None
        and item.spec.builds
        and (item.spec.always_builds or item.sync.action is SyncAction.BUILD)
        for item in snapshot.services
    )


def append_line(path: Path, line: str) -> None:
    """Add a line of the console's own to a job's output."""
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC

    def append() -> None:
        descriptor = os.open(path, flags, PRIVATE_FILE)
        try:
            os.write(descriptor, f"{line}\n".encode())
        finally:
            os.close(descriptor)

    # A disk that is full by now must not keep a change from its end.
    with suppress(OSError):
        with_reserve(path, append)


def last_line(path: Path) -> str:
    """What the last command said last, without secrets; empty where nothing was."""
    try:
        with open_regular(path) as file:
            file.seek(max(0, path.stat().st_size - TAIL_BYTES))
            lines = [line.strip() for line in plain_lines(file.read())]
    except OSError:
        return ""
    said = [line for line in lines if line and not line.startswith(("$ ", LEFT_RUNNING))]
    return redact(said[-1]).rstrip(".") if said else ""


def _met(findings: tuple[ExpectationResult, ...]) -> bool:
    return all(finding.standing is ExpectationState.MET for finding in findings)


def _waited_in_vain(findings: tuple[ExpectationResult, ...]) -> bool:
    return any(finding.standing is ExpectationState.WAITING for finding in findings)
