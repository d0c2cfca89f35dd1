"""How a program that is a step of a plan speaks, and how it ends."""

import signal
from collections.abc import Callable
from types import FrameType

from pixel_tui.errors import ConsoleError, NothingToDo
from pixel_tui.redaction import redact
from pixel_tui.text import plain


def say(line: str) -> None:
    """Print a line at once, harmless and without secrets."""
    print(plain(redact(line)), flush=True)  # noqa: T201


def finished(work: Callable[[], None]) -> int:
    """Do the work; returns the exit code: 0 when it was done, 1 when not.

    What asks it to end, or a connection that breaks, interrupts it as Ctrl+C does. Why it was
    not done is printed.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupted)
    try:
        work()
    except KeyboardInterrupt:
        say("It was cancelled.")
        return 1
    except NothingToDo as error:
        say(str(error))
        return 0
    except (ConsoleError, OSError) as error:
        say(str(error))
        return 1
    return 0


def _interrupted(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
