"""Calls and programs with a time limit."""

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeVar

from pixel_tui.errors import ConsoleError, EngineUnreachable
from pixel_tui.humanize import span
from pixel_tui.stack.compose.bounded_program import BoundedProgram, LimitExceeded
from pixel_tui.stack.model.program_output import ProgramOutput

T = TypeVar("T")

CALL_SECONDS: Final = 45.0
"""Longer than the engine's own limits; an ssh that waits for a password exceeds it."""
PROGRAM_SECONDS: Final = 10.0


def call_with_timeout(function: Callable[[], T], seconds: float = CALL_SECONDS) -> T | ConsoleError:
    """Call a function on a thread, which is abandoned if it takes too long.

    Args:
        function: The function. A `ConsoleError` that it raises is returned.
        seconds: The time limit.

    Returns:
        Its result, or the error.
    """
    results: list[T | ConsoleError] = []

    def run() -> None:
        try:
            results.append(function())
        except ConsoleError as error:
            results.append(error)
        except Exception as error:  # noqa: BLE001  other checks must continue
            what = f"This check crashed because of a bug ({type(error).__name__}: {error})."
            results.append(ConsoleError(what, hint="Please report it."))

    thread = threading.Thread(target=run, name="doctor", daemon=True)
    thread.start()
    thread.join(seconds)
    if results:
        return results[0]
    return EngineUnreachable(
        f"No answer within {span(seconds)}.",
        hint="Does a program, such as ssh, wait for a password or a slow network?",
    )


def run_program(
    argv: Sequence[str], environment: Mapping[str, str]
) -> ProgramOutput | ConsoleError:
    """Run a short program that changes nothing.

    Returns:
        Its output, or the error if it can't be started or takes too long.
    """
    try:
        return BoundedProgram(argv, directory=None, environment=environment).result(PROGRAM_SECONDS)
    except LimitExceeded as error:
        return ConsoleError(str(error))
    except OSError as error:
        return ConsoleError(error.strerror or str(error))
