"""A program that has the terminal for a while, such as the user's own editor.

It is in this process's group, as a shell wants it. So what the terminal sends reaches both,
and this process has to leave it to the program: Ctrl+Z has to stop both, or the shell is not
told of it and nobody is left who reads the terminal; Ctrl+C means the program alone.
"""

import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final

ENDING: Final = (signal.SIGTERM, signal.SIGHUP)


def run_in_foreground(words: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run a program in the terminal, and wait for its end; to be called on the main thread.

    Whoever tells this process to end tells the program: it is passed on, and then meant for
    this process as before.

    Args:
        words: Its command line.
        environment: Its variables.

    Returns:
        Its exit code; below zero where a signal ended it.

    Raises:
        OSError: It can't be started.
    """
    running: list[subprocess.Popen[bytes]] = []
    told: list[int] = []

    def pass_on(number: int, _frame: FrameType | None) -> None:
        told.append(number)
        for process in running:
            process.send_signal(number)

    with _handled(pass_on):
        process = subprocess.Popen(words, env=dict(environment))
        running.append(process)
        for number in told:  # while it was being started
            process.send_signal(number)
        return process.wait()


@contextmanager
def _handled(pass_on: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    before: dict[signal.Signals, Any] = {}

    def ending(number: int, frame: FrameType | None) -> None:
        pass_on(number, frame)
        handler = before[signal.Signals(number)]
        if callable(handler):
            handler(number, frame)

    # A function, since what is ignored would be ignored by the program too.
    before[signal.SIGINT] = signal.signal(signal.SIGINT, lambda _number, _frame: None)
    before[signal.SIGTSTP] = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
    for number in ENDING:
        before[number] = signal.signal(number, ending)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
