"""Asking without ever waiting for long: questions and programs with a time limit."""

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeVar

from pixel_tui.errors import ConsoleError, EngineUnreachable
from pixel_tui.humanize import span
from pixel_tui.stack.compose.bounded_program import BoundedProgram, LimitExceeded
from pixel_tui.stack.model.program_output import ProgramOutput

T = TypeVar("T")

QUESTION_SECONDS: Final = 45.0
"""More than the engine's own limits: what an ssh program that waits for a password needs."""
PROGRAM_SECONDS: Final = 10.0


def answer(question: Callable[[], T], seconds: float = QUESTION_SECONDS) -> T | ConsoleError:
    """Ask, on a thread that is left behind when no answer comes.

    Args:
        question: What to call. Every `ConsoleError` of it is an answer.
        seconds: How long to wait at most.

    Returns:
        The answer, or why there is none.
    """
    answers: list[T | ConsoleError] = []

    def ask() -> None:
        try:
            answers.append(question())
        except ConsoleError as error:
            answers.append(error)
        except Exception as error:  # noqa: BLE001  no other check suffers
            what = f"This check crashed because of a bug ({type(error).__name__}: {error})."
            answers.append(ConsoleError(what, hint="Please report it."))

    thread = threading.Thread(target=ask, name="doctor", daemon=True)
    thread.start()
    thread.join(seconds)
    if answers:
        return answers[0]
    return EngineUnreachable(
        f"No answer within {span(seconds)}.",
        hint="Does a program, such as ssh, wait for a password or a slow network?",
    )


def program_says(
    argv: Sequence[str], environment: Mapping[str, str]
) -> ProgramOutput | ConsoleError:
    """Run a short program that only reads.

    Returns:
        Its output, or why it could not be started or did not answer in time.
    """
    try:
        return BoundedProgram(argv, directory=None, environment=environment).result(PROGRAM_SECONDS)
    except LimitExceeded as error:
        return ConsoleError(str(error))
    except OSError as error:
        return ConsoleError(error.strerror or str(error))
