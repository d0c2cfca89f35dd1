"""Programs that change something, started so that they outlive the console.

Reading commands are short and run in `stack/compose/project.py`. A command here may take minutes:
its output goes to a file and not to a pipe, and it leads a session of its own, so
that it goes on to its end when the console or its terminal dies half way. Who started it may
then not be there to be told its exit code: a shell of one line waits for it as well, and
writes the code into a file beside the output.
"""

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, Protocol

from pixel_tui.errors import OperationError
from pixel_tui.files import PRIVATE_FILE, read_regular
from pixel_tui.processes import process_of
from pixel_tui.reserve import with_reserve
from pixel_tui.stack.programs.left_running import end_left_running, left_running
from pixel_tui.stack.programs.process_mark import mark_of
from pixel_tui.text import SafeText

LONGEST_CODE: Final = 16

# The shell survives what asks its command to end; the command meets each signal as ever.
# The last line is all builtin: nothing of it can be interrupted.
_WAITER: Final = """trap : INT TERM HUP
"$@"
code=$?; umask 077; echo "$code" > "$0"; exit "$code"
"""


class RunningCommand(Protocol):
    """A program that was started. Every method may be called from any thread."""

    @property
    def pid(self) -> int | None:
        """Its process id; None where there is no process behind it."""
        ...

    def wait(self, timeout: float | None = None) -> int | None:
        """Block until it ends.

        Args:
            timeout: Seconds to wait at most; None for as long as it takes.

        Returns:
            The exit code, 128 and the signal's number where a signal ended it, -9 where
            it was killed; None when it still runs after `timeout` seconds.
        """
        ...

    def interrupt(self) -> None:
        """Ask it to stop, as Ctrl+C does (SIGINT). Nothing happens when it has ended."""
        ...

    def terminate(self) -> None:
        """Ask it to end now (SIGTERM). Nothing happens when it has ended."""
        ...

    def kill(self) -> None:
        """End it without asking (SIGKILL). Nothing happens when it has ended."""
        ...

    def end_left_running(self) -> Sequence[SafeText]:
        """End what it left running in the background. Blocks for seconds at most.

        Call it once it has ended.

        Returns:
            The processes that were found, as they may be shown.
        """
        ...


class CommandRunner(Protocol):
    """Starts programs."""

    def start(
        self,
        argv: Sequence[str],
        *,
        directory: str,
        environment: Mapping[str, str],
        output: Path,
        holding: Sequence[int] = (),
    ) -> RunningCommand:
        """Start a program and return at once.

        Args:
            argv: The program and its arguments. No shell is involved.
            directory: The folder it runs in.
            environment: Variables beside (and before) those of this process.
            output: The file that all it says is appended to, as it says it.
            holding: Open files that it is to hold as well, as long as it runs.

        Raises:
            OperationError: It can't be started; nothing has happened.
        """
        ...


def exit_path(output: Path) -> Path:
    """Where the exit code of the command is that wrote its output there last."""
    return output.with_suffix(".exit")


def forget_exit_code(output: Path) -> None:
    """Remove what the command before wrote: what is read from now on is of the next one.

    Whoever writes down which command is begun does this first. A console that is killed between
    the start of a command and the record of it then still learns its code.

    Raises:
        OperationError: It can't be removed.
    """
    try:
        exit_path(output).unlink(missing_ok=True)
    except OSError as error:
        raise OperationError(
            f"The exit code of the command before can't be removed: {error.strerror}.",
            on=str(exit_path(output)),
            remedy="Check the folder's owner and its mode.",
        ) from error


def exit_code_of(output: Path) -> int | None:
    """The exit code of the command that wrote its output there last.

    None while it runs, where it was killed, and where the disk was full: it is not known then.
    """
    try:
        return int(read_regular(exit_path(output), LONGEST_CODE))
    except (OSError, ValueError):
        return None


def exit_time_of(output: Path) -> float | None:
    """When that command ended, in seconds since 1970; None where it is not known."""
    try:
        return exit_path(output).stat().st_mtime
    except OSError:
        return None


class ProcessRunner:
    """Starts real programs.

    Args:
        environment: The variables that programs see; this process's own if None.
    """

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        self._environment = dict(os.environ if environment is None else environment)

    def start(
        self,
        argv: Sequence[str],
        *,
        directory: str,
        environment: Mapping[str, str],
        output: Path,
        holding: Sequence[int] = (),
    ) -> RunningCommand:
        """Start a program in a session of its own, without a terminal to read from."""
        variables = {**self._environment, **environment}
        program = _found(argv[0], directory, variables)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        try:
            descriptor = with_reserve(output, lambda: os.open(output, flags, PRIVATE_FILE))
        except OSError as error:
            raise OperationError(
                f"The output file can't be written: {error.strerror}.",
                on=str(output),
                remedy="Check the folder's owner, its mode and the free space.",
            ) from error
        try:
            forget_exit_code(output)
            process = subprocess.Popen(
                ["/bin/sh", "-c", _WAITER, str(exit_path(output).absolute()), program, *argv[1:]],
                cwd=directory,
                env=variables,
                stdin=subprocess.DEVNULL,
                stdout=descriptor,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=tuple(holding),
            )
        except OSError as error:
            raise _not_started(argv[0], directory, error) from error
        finally:
            os.close(descriptor)
        return _Process(process)


class _Process:
    """A real process and the group that it leads."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._mark = mark_of(process.pid)

    @property
    def pid(self) -> int | None:
        return self._process.pid

    def wait(self, timeout: float | None = None) -> int | None:
        try:
            return self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            return None

    def interrupt(self) -> None:
        self._signal(signal.SIGINT)

    def terminate(self) -> None:
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        self._signal(signal.SIGKILL)

    def end_left_running(self) -> Sequence[SafeText]:
        if self._mark is None or not (left := left_running(self._mark)):
            return ()
        words = [process_of(item.pid).words for item in left]
        end_left_running(self._mark)
        return words

    def _signal(self, number: signal.Signals) -> None:
        # The id of a process that was waited for may be another's by now.
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)


def _found(program: str, directory: str, variables: Mapping[str, str]) -> str:
    """Where a program is, as a shell in that folder would find it.

    Raises:
        OperationError: It is not there, or may not be run.
    """
    if os.sep in program:
        path = Path(directory) / program
        if not Path(directory).is_dir() or not path.exists():
            raise _not_started(program, directory, FileNotFoundError())
        if not os.access(path, os.X_OK):
            raise _not_started(program, directory, PermissionError())
        return str(path.absolute())
    found = shutil.which(program, path=variables.get("PATH"))
    if found is None or not Path(directory).is_dir():
        raise _not_started(program, directory, FileNotFoundError())
    return str(Path(found).absolute())


def _not_started(program: str, directory: str, error: OSError) -> OperationError:
    if not Path(directory).is_dir():
        return OperationError(
            "The folder to run the command in is not there.",
            on=directory,
            remedy="Was the project moved? Start the console in its new place.",
        )
    if isinstance(error, FileNotFoundError):
        return OperationError(
            "The program is not installed.",
            on=program,
            remedy="Install it, or put its folder on PATH.",
        )
    if isinstance(error, PermissionError):
        return OperationError(
            "The program may not be run by this user.",
            on=program,
            remedy="Check its mode: it wants the right to execute.",
        )
    return OperationError(
        f"The program can't be started: {error.strerror or error}.",
        on=program,
        remedy="Try it in a shell.",
    )
