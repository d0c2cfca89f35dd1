"""A change from the shell: `pixel-tui run`.

The same plan, lock, audit and verification as on the screen.
"""

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

READ_SECONDS: Final = 30.0
"""How long a stack may take to be read."""
LOOK_SECONDS: Final = 0.1
"""Between two looks at what a job has said."""


class RunExit(IntEnum):
    """What the exit code of `run` says."""

    DONE = 0
    """It was done and verified, or there was nothing to do."""
    FAILED = 1
    """It was begun, and did not come to the end that was planned."""


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What is to be done."""

    action: str
    targets: tuple[str, ...]
    """Empty for all services."""
    agreed: bool = False
    """Do it, and not only show it."""
    confirmed: tuple[str, ...] = ()
    """The words that the plan wants typed."""


def _require_read(observer: Observer) -> None:
    """Wait until the stack is known, or until it is known why not."""
    moved = threading.Event()

    def listen(topic: Topic) -> None:
        if topic is Topic.SNAPSHOT:
            moved.set()

    def known(snapshot: StackSnapshot) -> bool:
        # A backup may be restored where compose refuses the project, so that the engine's
        # answer is waited for there as well. Without the hashes a plan does not know what `up`
        # recreates.
        project = snapshot.project
        told = project is not None and not project.awaits_hashes
        resolved = told or snapshot.project_trouble is not None
        return snapshot.engine.trouble is not None or (snapshot.taken_at is not None and resolved)

    unsubscribe = observer.subscribe(listen)
    try:
        left = int(READ_SECONDS / LOOK_SECONDS)
        while not known(observer.snapshot) and left > 0:
            moved.wait(LOOK_SECONDS)
            moved.clear()
            left -= 1
    finally:
        unsubscribe()


def carry_out(
    request: RunRequest,
    observer: Observer,
    command: ComposeCommand,
    operator: Operator,
    clock: Clock,
    read_facts: FactReader,
) -> RunExit:
    """Show the plan, and run it where that is agreed.

    Raises:
        OperationError: It was not agreed, or can't be begun.
        FileError: The lock, the output or the audit can't be written.
    """
    _require_read(observer)
    found: list[JobStatus] = []
    operator.supervise(lambda: None, found.append).refresh()
    for left in found:
        _say(f"{left.plan.title} {left.state.value}. {left.message}\n")
    require_engine(observer.snapshot)  # each of the facts would say so as well
    facts = read_facts(observer.snapshot, stored=find_action(request.action).reads_stored)
    snapshot = observer.snapshot  # facts may take a while, and the stack moves meanwhile
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
        status = _attend(job)
    finally:
        operator.close()
    _say(f"\n{status.state.value}: {status.message}")
    _say(f"Its output is in {status.output}.")
    return RunExit.DONE if status.state is JobState.SUCCEEDED else RunExit.FAILED


def _require_confirmation(plan: Plan, request: RunRequest) -> None:
    words = required_words(plan)
    options = "".join(f" --confirm {shlex.quote(word)}" for word in words)
    if not request.agreed:
        raise OperationError("Nothing was done.", hint=f"Add --yes{options} to run it.")
    if words and sorted(request.confirmed) != sorted(words):
        more = "".join(f", and again since {word_reason(plan, word)}" for word in words[1:])
        raise OperationError(
            f"This plan is {plan.risk.value} and must be confirmed by name{more}.",
            on=" ".join(request.confirmed),
            hint=f"Add{options} if you mean it.",
        )


def _attend(job: Job) -> JobStatus:
    """Print what a job says, until it has ended; Ctrl+C and SIGTERM cancel it."""
    asked: list[int] = []  # a handler must take no lock that this thread may hold
    before = {
        # A connection that breaks takes the terminal away; the change is still seen to its end.
        signal.SIGHUP: signal.signal(signal.SIGHUP, signal.SIG_IGN),
        signal.SIGINT: signal.signal(signal.SIGINT, lambda number, _: asked.append(number)),
        signal.SIGTERM: signal.signal(signal.SIGTERM, lambda number, _: asked.append(number)),
    }
    try:
        printer = _OutputPrinter(job.status.output)
        while not job.wait(LOOK_SECONDS).state.finished:
            printer.print_more()
            if asked:
                job.cancel()
        printer.print_more()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return job.status


class _OutputPrinter:
    """Prints a file as it grows, made harmless. The file holds raw output: it is redacted here."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = 0
        self._rest = b""

    def print_more(self) -> None:
        """Print the whole lines that have come."""
        with self._path.open("rb") as file:
            file.seek(self._read)
            content = file.read()
        self._read += len(content)
        *lines, self._rest = (self._rest + content).split(b"\n")
        for line in lines:
            for words in plain_lines(line.replace(b"\r", b"\n")):
                _say(redact(words))


def _say(text: str) -> None:
    """Print a line; nobody may be there any more to read it."""
    try:
        print(text, flush=True)  # noqa: T201
    except OSError:
        # The terminal is gone. What is being done goes on, and is in the job's output.
        discard_output()
