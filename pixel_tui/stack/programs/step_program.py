"""Output, interruption and exit codes of programs that are steps of a plan."""

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
    """Print a line at once, sanitised and with secrets masked.

    The output file may be on a full disk. That must neither abort the work nor change its exit
    code: the stream keeps the line, and writes it with the next one.
    """
    try:
        print(plain(redact(line)), flush=True)  # noqa: T201
    except OSError:
        # Lines still kept at the exit would make the exit code a failure.
        atexit.unregister(output_error)
        atexit.register(output_error)


def run_step(work: Callable[[], None]) -> int:
    """Do the work and return the exit code: 0 if it was done, 1 if not.

    Signals to end, or a closed terminal, interrupt it as Ctrl+C does. The reason of a failure is
    printed.
    """
    print_warnings()
    handle_end_signals()
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


def handle_end_signals() -> None:
    """Handle SIGTERM, SIGHUP and SIGINT as an interrupt.

    Otherwise the programs it waits for would not be ended, because they have their own process
    groups. SIGINT is handled as well, because Python's own handler may interrupt the start of such
    a program, which would then continue unnoticed.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, interrupt)
