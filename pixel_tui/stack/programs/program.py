"""Programs that are waited for: what they say, or their output into a file.

For a program that is itself a step of a plan. What may outlive the console is started by
`process.py`.
"""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Protocol

from pixel_tui.errors import OperationError
from pixel_tui.humanize import span
from pixel_tui.stack.compose.asking import Asked, NoAnswer
from pixel_tui.stack.model.program_output import ProgramOutput


class Programs(Protocol):
    """Runs programs to their end."""

    def run(
        self,
        argv: Sequence[str],
        *,
        source: IO[bytes] | None = None,
        target: IO[bytes] | None = None,
        patience: float | None = None,
    ) -> ProgramOutput:
        """Run a program and wait for it.

        Args:
            argv: The program and its arguments. No shell is involved.
            source: What it reads; nothing if None.
            target: Where its output goes; into the answer if None.
            patience: Seconds to wait for the answer at most; None for as long as it takes.

        Raises:
            OperationError: It can't be started, or did not answer in time, or too much.
        """
        ...


class RealPrograms:
    """Runs real programs in a folder.

    Args:
        directory: The folder they run in.
        environment: The variables that they see.
    """

    def __init__(self, directory: Path, environment: Mapping[str, str]) -> None:
        self._directory = directory
        self._environment = dict(environment)

    def run(
        self,
        argv: Sequence[str],
        *,
        source: IO[bytes] | None = None,
        target: IO[bytes] | None = None,
        patience: float | None = None,
    ) -> ProgramOutput:
        """Run it. What interrupts this process ends it.

        With a limit of time it is one that is asked: nothing that it starts outlives its
        answer. Without, it is in the group of this process, and what cancels that cancels it.
        """
        try:
            if patience is not None and target is None:
                return self._ask(argv, source, patience)
            done = subprocess.run(
                list(argv),
                cwd=self._directory,
                env=self._environment,
                stdin=source or subprocess.DEVNULL,
                stdout=target or subprocess.PIPE,
                stderr=subprocess.PIPE,
                timeout=patience,
                check=False,
            )
        except NoAnswer as error:
            raise OperationError(f"The program did not answer: {error}.", on=argv[0]) from error
        except subprocess.TimeoutExpired as error:
            raise OperationError(
                f"The program did not end within {span(error.timeout)}.", on=argv[0]
            ) from error
        except OSError as error:
            raise OperationError(
                f"The program can't be started: {error.strerror or error}.",
                on=argv[0],
                remedy="Is it installed, and on PATH?",
            ) from error
        return ProgramOutput(done.returncode, done.stdout or b"", done.stderr or b"")

    def _ask(self, argv: Sequence[str], source: IO[bytes] | None, seconds: float) -> ProgramOutput:
        reply = Asked(
            argv,
            directory=str(self._directory),
            environment=self._environment,
            stdin=source or "",
        ).answer(seconds)
        return ProgramOutput(reply.code, reply.raw_output, reply.raw_messages)


def run_openly(
    argv: Sequence[str], *, directory: Path, environment: Mapping[str, str], apart: bool
) -> int:
    """Run a program whose output goes where that of this process goes; returns its exit code.

    Args:
        argv: The program and its arguments. No shell is involved.
        directory: The folder it runs in.
        environment: The variables that it sees.
        apart: In a session of its own: what cancels this process does not reach it.

    Raises:
        OperationError: It can't be started.
    """
    try:
        done = subprocess.run(
            list(argv),
            cwd=directory,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            start_new_session=apart,
            check=False,
        )
    except OSError as error:
        raise OperationError(
            f"The program can't be started: {error.strerror or error}.",
            on=argv[0],
            remedy="Is it installed, and on PATH?",
        ) from error
    return done.returncode
