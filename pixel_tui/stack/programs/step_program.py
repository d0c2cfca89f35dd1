"""How a program that is a step of a plan speaks, and how it ends."""

import atexit
import signal
from collections.abc import Callable

from pixel_tui.early_log import print_warnings
from pixel_tui.errors import ConsoleError, NothingToDo
from pixel_tui.interruption import interrupt
from pixel_tui.redaction.redactor import redact
from pixel_tui.standard_streams import output_error
from pixel_tui.text import plain


def say(line: str) -> None:
    """Print a line at once, harmless and without secrets.

    The file that it goes to may be on a disk that is full. That ends no work that is half done,
    and says nothing of how it went: the stream keeps the line, and writes it with the next one.
    """
    try:
        print(plain(redact(line)), flush=True)  # noqa: T201
    except OSError:
        # What is still kept at the end would make the exit code that of a failure.
        atexit.unregister(output_error)
        atexit.register(output_error)


def finished(work: Callable[[], None]) -> int:
    """Do the work; returns the exit code: 0 when it was done, 1 when not.

    What asks it to end, or a connection that breaks, interrupts it as Ctrl+C does. Why it was
    not done is printed.
    """
    print_warnings()
    be_interrupted_by_the_end()
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


def be_interrupted_by_the_end() -> None:
    """Have what asks this process to end interrupt it as Ctrl+C does.

    Only then are the programs ended that it waits for: they are in groups of their own. Ctrl+C is
    heard in the same way, as Python's own handler may interrupt the start of such a program: it
    would run on, and nobody would know of it.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, interrupt)
