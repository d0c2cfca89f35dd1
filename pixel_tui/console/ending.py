"""Running the console to its end: what the signals mean, and what becomes of a job that runs.

The console's command is in a session of its own, so no signal of the terminal reaches it.
The first signal restores the terminal; this process then stays until the job has ended, so
that the end is verified and audited and the lock held until then. A second one leaves the
job to itself.
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

LONGEST_SECONDS: Final = 600.0
"""How long a job is waited for at most: a hanging command must not keep a process for good."""
LOOK_SECONDS: Final = 0.2


class EndSignals:
    """Hears what tells a program to end, from the start of the console to its very end.

    SIGINT is among them: Ctrl+C is a key like any other while the console has the terminal,
    and a signal before and after.

    Args:
        leave: Called, on the main thread, when the first one comes.
    """

    def __init__(self, leave: Callable[[], None]) -> None:
        self._leave = leave
        self.heard = False
        """Whether the console was told to end."""
        self.insisted = threading.Event()
        """Set when it was told once more."""

    def listen(self) -> None:
        """Hear them from now on; to be called on the main thread."""
        for number in SIGNALS:
            signal.signal(number, self._hear)

    def _hear(self, _number: int, _frame: FrameType | None) -> None:
        if self.heard:
            self.insisted.set()
            return
        self.heard = True
        self._leave()


def run_console(parts: ConsoleParts) -> int:
    """Open the console; returns the program's exit code when it is left."""
    app = PixelTui(parts)
    signals = EndSignals(app.end)
    signals.listen()
    watch_terminal(sys.stdin.fileno(), lambda: _leave(parts, signals, stay=True))
    app.run()
    _leave(parts, signals, stay=signals.heard or app.sees_to_jobs)
    return app.return_code or 0


def _leave(parts: ConsoleParts, signals: EndSignals, *, stay: bool) -> None:
    """See to the jobs that still run: the terminal is restored, or gone.

    Args:
        parts: What the console is made of.
        signals: What may tell this process to end once more.
        stay: Wait for them, so that they are verified; else leave them to themselves.
    """
    jobs = parts.operations.jobs.unfinished if parts.operations is not None else ()
    if stay:
        for job in jobs:
            print_error(waiting_for(job))
        wait_for_jobs(jobs, signals.insisted)
    parts.close()
    for job in jobs:
        print_error(outcome_of(job))
    parts.observer.close()


def wait_for_jobs(jobs: "Sequence[Job]", insisted: threading.Event) -> None:
    """Wait until all have ended, or somebody insists, or it takes too long."""
    deadline = time.monotonic() + LONGEST_SECONDS
    for job in jobs:
        while not job.status.state.finished:
            if insisted.is_set() or time.monotonic() >= deadline:
                return
            job.wait(LOOK_SECONDS)


def waiting_for(job: "Job") -> SafeText:
    """What is said while a job keeps this process."""
    return SafeText(
        f"“{job.status.plan.title}” is still running: waiting for it to finish. Ctrl+C stops "
        "waiting."
    )


def outcome_of(job: "Job") -> SafeText:
    """What became of a job."""
    status = job.status
    if status.state.finished:
        return SafeText(f"“{status.plan.title}” {status.state.value}. {status.message}".rstrip())
    return SafeText(
        f"“{status.plan.title}” continues without pixel-tui, and is not verified. Its output: "
        f"{status.output}"
    )
