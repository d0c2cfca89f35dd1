"""Asking without ever waiting for long: questions and programs with a time limit."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from pixel_tui.errors import ConsoleError, EngineUnreachable
from pixel_tui.humanize import span
from pixel_tui.stack.compose.asking import Asked, NoAnswer
from pixel_tui.text import SafeText, plain

T = TypeVar("T")

QUESTION_SECONDS: Final = 45.0
"""More than the engine's own limits: what an ssh program that waits for a password needs."""
PROGRAM_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class DoctorAnswer:
    """What a program said, and how it ended."""

    code: int | None
    """Its exit code; None where it could not be started, or did not answer within the limits."""
    words: SafeText
    """Its output, or else its complaint, on one line."""


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
            what = f"This check stopped over a fault of its own ({type(error).__name__}: {error})."
            answers.append(ConsoleError(what, remedy="Please report it."))

    thread = threading.Thread(target=ask, name="doctor", daemon=True)
    thread.start()
    thread.join(seconds)
    if answers:
        return answers[0]
    return EngineUnreachable(
        f"There was no answer within {span(seconds)}.",
        remedy="Does a program, such as ssh, wait for a password or for a slow network?",
    )


def program_says(argv: Sequence[str], environment: Mapping[str, str]) -> DoctorAnswer:
    """Run a short program that only reads."""
    try:
        reply = Asked(argv, directory=None, environment=environment).answer(PROGRAM_SECONDS)
    except NoAnswer as error:
        return DoctorAnswer(None, plain(str(error)))
    except OSError as error:
        return DoctorAnswer(None, plain(error.strerror or str(error)))
    words = reply.output if reply.code == 0 else reply.messages or reply.output
    return DoctorAnswer(reply.code, plain(" ".join(words.split())))
