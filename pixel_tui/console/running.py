"""Runs the console until it exits, and handles signals and running jobs.

A job's command runs in a separate session, so no signal of the terminal reaches it. The first
signal restores the terminal; this process then waits until the job has finished, so that it is
verified and audited, and the lock is held until then. A second one stops waiting.
"""

import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from types import FrameType
from typing import TYPE_CHECKING, Final

from pixel_tui.console.app import PixelTui
from pixel_tui.console.parts import ConsoleParts
from pixel_tui.interruption import SIGNALS
from pixel_tui.standard_streams import print_error
from pixel_tui.terminal.hangup import watch_terminal
from pixel_tui.text import SafeText

if TYPE_CHECKING:
    from pixel_tui.operations.jobs.job import Job

MAX_WAIT_SECONDS: Final = 600.0
"""The longest wait for jobs: a hanging command must not keep this process forever."""
POLL_SECONDS: Final = 0.2


class ShutdownSignals:
    """Handles the signals that terminate a program, from the start of the console to its exit.

    They include SIGINT: while the console has the terminal, Ctrl+C is an ordinary key, but before
    and after it is a signal.

    Args:
        on_first: Called on the main thread on the first signal.
    """

    def __init__(self, on_first: Callable[[], None]) -> None:
        self._on_first = on_first
        self.received = False
        """Whether there was a signal."""
        self.repeated = threading.Event()
        """Set by a second signal."""

    def install(self) -> None:
        """Install the handlers; call it on the main thread."""
        for number in SIGNALS:
            signal.signal(number, self._handle)

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        if self.received:
            self.repeated.set()
            return
        self.received = True
        self._on_first()


def run_console(parts: ConsoleParts) -> int:
    """Run the console; returns the program's exit code."""
    app = PixelTui(parts)
    signals = ShutdownSignals(app.request_exit)
    signals.install()
    watch_terminal(sys.stdin.fileno(), lambda: _shut_down(parts, signals, wait=True))
    app.run()
    _shut_down(parts, signals, wait=signals.received or app.waits_for_jobs)
    return app.return_code or 0


def _shut_down(parts: ConsoleParts, signals: ShutdownSignals, *, wait: bool) -> None:
    """Handle running jobs after the terminal is restored, or gone.

    Args:
        parts: The parts of the console.
        signals: The handled signals.
        wait: Whether to wait for the jobs, so that they are verified.
    """
    jobs = parts.operations.jobs.unfinished if parts.operations is not None else ()
    if wait:
        for job in jobs:
            print_error(waiting_message(job))
        wait_for_jobs(jobs, signals.repeated)
    parts.close()
    for job in jobs:
        print_error(outcome_message(job))
    parts.observer.close()


def wait_for_jobs(jobs: "Sequence[Job]", repeated: threading.Event) -> None:
    """Wait until all jobs have finished, a second signal comes, or the time is over."""
    deadline = time.monotonic() + MAX_WAIT_SECONDS
    for job in jobs:
        while not job.status.state.finished:
            if repeated.is_set() or time.monotonic() >= deadline:
                return
            job.wait(POLL_SECONDS)


def waiting_message(job: "Job") -> SafeText:
    """Return the message while this process waits for a job."""
    return SafeText(
        f"“{job.status.plan.title}” is still running: waiting for it to finish. Ctrl+C stops "
        "waiting."
    )


def outcome_message(job: "Job") -> SafeText:
    """Return the message about a job's outcome."""
    status = job.status
    if status.state.finished:
        return SafeText(f"“{status.plan.title}” {status.state.value}. {status.message}".rstrip())
    return SafeText(
        f"“{status.plan.title}” continues without pixel-tui, and is not verified. Its output: "
        f"{status.output}"
    )
