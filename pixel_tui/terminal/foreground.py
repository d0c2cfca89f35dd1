"""Runs a program in the foreground, such as the user's editor.

It is in this process's group, as a shell expects. So signals from the terminal reach both, and
this process leaves them to the program: Ctrl+Z must stop both, or the shell does not notice
and no process reads the terminal; Ctrl+C is for the program alone.
"""

import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final

TERMINATING: Final = (signal.SIGTERM, signal.SIGHUP)


def run_in_foreground(words: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run a program in the terminal and wait for its end; call it on the main thread.

    SIGTERM and SIGHUP are passed on to the program, and then handled by this process as usual.

    Args:
        words: The command line.
        environment: The program's variables.

    Returns:
        The exit code; negative if a signal ended it.

    Raises:
        OSError: The program can't be started.
    """
    running: list[subprocess.Popen[bytes]] = []
    received: list[int] = []

    def pass_on(number: int, _frame: FrameType | None) -> None:
        received.append(number)
        for process in running:
            process.send_signal(number)

    with _handled(pass_on):
        process = subprocess.Popen(words, env=dict(environment))
        running.append(process)
        for number in received:  # signals that came during the start
            process.send_signal(number)
        return process.wait()


@contextmanager
def _handled(pass_on: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    before: dict[signal.Signals, Any] = {}

    def forward(number: int, frame: FrameType | None) -> None:
        pass_on(number, frame)
        handler = before[signal.Signals(number)]
        if callable(handler):
            handler(number, frame)

    # A handler, because ignored signals would be ignored in the program, too.
    before[signal.SIGINT] = signal.signal(signal.SIGINT, lambda _number, _frame: None)
    before[signal.SIGTSTP] = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
    for number in TERMINATING:
        before[number] = signal.signal(number, forward)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
