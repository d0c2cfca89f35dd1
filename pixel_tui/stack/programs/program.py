"""Runs programs and waits for them, with their output in memory or in a file.

It is for programs that are steps of a plan themselves. Programs that must outlive the console are
started by `process.py`.
"""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Protocol

from pixel_tui.errors import OperationError
from pixel_tui.humanize import span
from pixel_tui.stack.compose.bounded_program import BoundedProgram, LimitExceeded
from pixel_tui.stack.model.program_output import ProgramOutput


class Programs(Protocol):
    """Runs programs and waits for them."""

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
            source: Its standard input; nothing if None.
            target: The file for its output; it is returned if None.
            patience: Timeout in seconds; None for no limit.

        Raises:
            OperationError: It can't be started, or exceeded a limit.
        """
        ...


class RealPrograms:
    """Runs real programs in a folder.

    Args:
        directory: Their working directory.
        environment: Their environment variables.
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
        """Run a program; an interrupt of this process ends it.

        With a timeout, its process group is killed when it exits. Without one, it is in the
        process group of this process, and is cancelled with it.
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
        except LimitExceeded as error:
            raise OperationError(f"The program did not answer: {error}.", on=argv[0]) from error
        except subprocess.TimeoutExpired as error:
            raise OperationError(
                f"The program did not end within {span(error.timeout)}.", on=argv[0]
            ) from error
        except OSError as error:
            raise OperationError(
                f"The program can't be started: {error.strerror or error}.",
                on=argv[0],
                hint="Is it installed, and on PATH?",
            ) from error
        return ProgramOutput(done.returncode, done.stdout or b"", done.stderr or b"")

    def _ask(self, argv: Sequence[str], source: IO[bytes] | None, seconds: float) -> ProgramOutput:
        return BoundedProgram(
            argv,
            directory=str(self._directory),
            environment=self._environment,
            stdin=source or "",
        ).result(seconds)


def run_inheriting_output(
    argv: Sequence[str], *, directory: Path, environment: Mapping[str, str], apart: bool
) -> int:
    """Run a program with the output of this process, and return its exit code.

    Args:
        argv: The program and its arguments. No shell is involved.
        directory: Its working directory.
        environment: Its environment variables.
        apart: Whether it gets its own session, so that cancelling this process does not reach it.

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
            hint="Is it installed, and on PATH?",
        ) from error
    return done.returncode
