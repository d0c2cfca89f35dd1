"""Runs a plan for `pixel-tui run`, with the same lock, audit and verification as the console."""

import shlex
import signal
import threading
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Final

from pixel_tui.clock import Clock
from pixel_tui.commands.plan_output import as_text
from pixel_tui.errors import NothingToDo, OperationError
from pixel_tui.operations.actions import find_action, plan_action, require_engine
from pixel_tui.operations.jobs.job import Job, JobState, JobStatus
from pixel_tui.operations.operator import Operator
from pixel_tui.operations.planning.confirmation import required_words, word_reason
from pixel_tui.operations.planning.facts import FactReader
from pixel_tui.operations.planning.plan import Plan
from pixel_tui.redaction.redactor import redact
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.model.snapshot import StackSnapshot
from pixel_tui.stack.watch.observer import Observer, Topic
from pixel_tui.standard_streams import discard_output
from pixel_tui.text import plain_lines

READ_TIMEOUT_SECONDS: Final = 30.0
"""How long reading the stack may take."""
POLL_SECONDS: Final = 0.1
"""Between two reads of a job's output."""


class RunExit(IntEnum):
    """The exit codes of `run`."""

    DONE = 0
    """Done and verified, or nothing to do."""
    FAILED = 1
    """Started, but not successful."""


@dataclass(frozen=True, slots=True)
class RunRequest:
    """A requested action."""

    action: str
    targets: tuple[str, ...]
    """Empty for all services."""
    agreed: bool = False
    """Whether to run the plan, not only show it."""
    confirmed: tuple[str, ...] = ()
    """The words that confirm the plan."""


def _wait_for_snapshot(observer: Observer) -> None:
    """Wait until the stack is known, or why it is unknown."""
    changed = threading.Event()

    def on_change(topic: Topic) -> None:
        if topic is Topic.SNAPSHOT:
            changed.set()

    def is_known(snapshot: StackSnapshot) -> bool:
        # The engine's answer is needed even if compose refuses the project, as a backup can be
        # restored then. Without the hashes, a plan does not know what `up` recreates.
        project = snapshot.project
        has_hashes = project is not None and not project.awaits_hashes
        resolved = has_hashes or snapshot.project_trouble is not None
        return snapshot.engine.trouble is not None or (snapshot.taken_at is not None and resolved)

    unsubscribe = observer.subscribe(on_change)
    try:
        remaining = int(READ_TIMEOUT_SECONDS / POLL_SECONDS)
        while not is_known(observer.snapshot) and remaining > 0:
            changed.wait(POLL_SECONDS)
            changed.clear()
            remaining -= 1
    finally:
        unsubscribe()


def execute(
    request: RunRequest,
    observer: Observer,
    command: ComposeCommand,
    operator: Operator,
    clock: Clock,
    read_facts: FactReader,
) -> RunExit:
    """Show the plan, and run it if requested.

    Raises:
        OperationError: It was not confirmed, or can't be started.
        FileError: The lock, the output or the audit can't be written.
    """
    _wait_for_snapshot(observer)
    settled: list[JobStatus] = []
    operator.supervise(lambda: None, settled.append).refresh()
    for status in settled:
        _say(f"{status.plan.title} {status.state.value}. {status.message}\n")
    require_engine(observer.snapshot)  # otherwise every fact would report the same error
    facts = read_facts(observer.snapshot, stored=find_action(request.action).reads_stored)
    snapshot = observer.snapshot  # it may have changed while the facts were read
    try:
        plan = plan_action(
            request.action, request.targets, snapshot, command, now=clock.now(), facts=facts
        )
    except NothingToDo as error:
        _say(str(error))
        return RunExit.DONE
    _say(as_text(plan))
    _require_confirmation(plan, request)
    job = operator.run(plan)
    _say("")
    try:
        status = _follow_job(job)
    finally:
        operator.close()
    _say(f"\n{status.state.value}: {status.message}")
    _say(f"Its output is in {status.output}.")
    return RunExit.DONE if status.state is JobState.SUCCEEDED else RunExit.FAILED


def _require_confirmation(plan: Plan, request: RunRequest) -> None:
    text = required_words(plan)
    options = "".join(f" --confirm {shlex.quote(word)}" for word in text)
    if not request.agreed:
        raise OperationError("The plan is not confirmed.", hint=f"Add --yes{options} to run it.")
    if text and sorted(request.confirmed) != sorted(text):
        reasons = "".join(f", and with {word} since {word_reason(plan, word)}" for word in text[1:])
        given = f", not with {' '.join(request.confirmed)}" if request.confirmed else ""
        raise OperationError(
            f"This plan is {plan.risk.value} and must be confirmed with {text[0]}{reasons}{given}.",
            hint=f"Add{options} if you mean it.",
        )


def _follow_job(job: Job) -> JobStatus:
    """Print a job's output until it has finished; Ctrl+C and SIGTERM cancel it."""
    cancel_signals: list[
        int
    ] = []  # a signal handler must not take a lock that this thread may hold
    previous_handlers = {
        # A lost connection closes the terminal, but must not stop the job.
        signal.SIGHUP: signal.signal(signal.SIGHUP, signal.SIG_IGN),
        signal.SIGINT: signal.signal(
            signal.SIGINT, lambda number, _: cancel_signals.append(number)
        ),
        signal.SIGTERM: signal.signal(
            signal.SIGTERM, lambda number, _: cancel_signals.append(number)
        ),
    }
    try:
        printer = _OutputPrinter(job.status.output)
        while not job.wait(POLL_SECONDS).state.finished:
            printer.print_more()
            if cancel_signals:
                job.cancel()
        printer.print_more()
    finally:
        for number, handler in previous_handlers.items():
            signal.signal(number, handler)
    return job.status


class _OutputPrinter:
    """Prints a growing file of raw output as plain text, with secrets masked."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = 0
        self._rest = b""

    def print_more(self) -> None:
        """Print new complete lines."""
        with self._path.open("rb") as file:
            file.seek(self._read)
            content = file.read()
        self._read += len(content)
        *lines, self._rest = (self._rest + content).split(b"\n")
        for line in lines:
            for text in plain_lines(line.replace(b"\r", b"\n")):
                _say(redact(text))


def _say(text: str) -> None:
    """Print a line; the terminal may be gone."""
    try:
        print(text, flush=True)  # noqa: T201
    except OSError:
        # The job continues, and its output is in a file.
        discard_output()
