"""Starts programs that change something, so that they outlive the console.

Reading commands are short and are run in `stack/compose/project.py`. A command here may take
minutes. Its output goes to a file instead of a pipe, and it has its own session, so that it
continues if the console or its terminal dies. The console may then not be there to get its exit
code, so a one-line shell also waits for it, and writes the code to a file beside the output.
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

MAX_CODE_BYTES: Final = 16

# The shell survives the signals that end its command, which handles them as usual.
# The last line has only builtins, so it can't be interrupted.
_WAITER: Final = """trap : INT TERM HUP
"$@"
code=$?; umask 077; echo "$code" > "$0"; exit "$code"
"""


class RunningCommand(Protocol):
    """A running program. Thread-safe."""

    @property
    def pid(self) -> int | None:
        """Its PID; None if there is no process."""
        ...

    def wait(self, timeout: float | None = None) -> int | None:
        """Block until it exits.

        Args:
            timeout: Timeout in seconds; None for no limit.

        Returns:
            The exit code: 128 plus the signal's number if a signal ended it, -9 if it was
            killed; None if it still runs after `timeout` seconds.
        """
        ...

    def interrupt(self) -> None:
        """Send SIGINT, as Ctrl+C does. Does nothing if it has exited."""
        ...

    def terminate(self) -> None:
        """Send SIGTERM. Does nothing if it has exited."""
        ...

    def kill(self) -> None:
        """Send SIGKILL. Does nothing if it has exited."""
        ...

    def end_left_running(self) -> Sequence[SafeText]:
        """End the processes that it left running in the background. Blocks for seconds at most.

        Call it after the command has exited.

        Returns:
            Descriptions of the processes that were found, for the screen.
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
            directory: Its working directory.
            environment: Variables that are added to (and override) those of this process.
            output: The file to which its output is appended.
            holding: File descriptors to pass on, which it keeps open while it runs.

        Raises:
            OperationError: It can't be started; nothing has happened.
        """
        ...


def exit_path(output: Path) -> Path:
    """Return the file with the exit code of the last command with this output file."""
    return output.with_suffix(".exit")


def forget_exit_code(output: Path) -> None:
    """Remove the exit code of the previous command, so that only the next one's can be read.

    It must be called before the start of the next command is recorded. If the console is then
    killed between the start of the command and its record, the exit code can still be read.

    Raises:
        OperationError: It can't be removed.
    """
    try:
        exit_path(output).unlink(missing_ok=True)
    except OSError as error:
        raise OperationError(
            f"The previous command's exit code can't be removed: {error.strerror}.",
            on=str(exit_path(output)),
            hint="Check the folder's owner and its mode.",
        ) from error


def exit_code_of(output: Path) -> int | None:
    """Return the exit code of the last command with this output file.

    None if it is not known: while the command runs, if it was killed, or if the disk was full.
    """
    try:
        return int(read_regular(exit_path(output), MAX_CODE_BYTES))
    except (OSError, ValueError):
        return None


def exit_time_of(output: Path) -> float | None:
    """Return when that command exited, in seconds since 1970; None if it is not known."""
    try:
        return exit_path(output).stat().st_mtime
    except OSError:
        return None


class ProcessRunner:
    """Starts real programs.

    Args:
        environment: The environment variables of the programs; this process's own if None.
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
        """Start a program in its own session, without a terminal to read from."""
        variables = {**self._environment, **environment}
        program = _find_program(argv[0], directory, variables)
        descriptor = open_output(output)
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
            raise _start_error(argv[0], directory, error) from error
        finally:
            os.close(descriptor)
        return _Process(process)


def open_output(path: Path) -> int:
    """Open the output file of a command, to append to it.

    Raises:
        OperationError: It can't be written.
    """
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
    try:
        return with_reserve(path, lambda: os.open(path, flags, PRIVATE_FILE))
    except OSError as error:
        raise OperationError(
            f"The output file can't be written: {error.strerror}.",
            on=str(path),
            hint="Check the folder's owner, its mode and the free space.",
        ) from error


class _Process:
    """A real process and the group that it leads."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        # It may have exited already, and left something running.
        self._mark = mark_of(process.pid, exited=True)

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
        # The PID of a reaped process may belong to another one by now.
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)


def _find_program(program: str, directory: str, variables: Mapping[str, str]) -> str:
    """Return the path of a program, as a shell in that folder would find it.

    Raises:
        OperationError: It does not exist, or this user may not run it.
    """
    if os.sep in program:
        path = Path(directory) / program
        if not Path(directory).is_dir() or not path.exists():
            raise _start_error(program, directory, FileNotFoundError())
        if not os.access(path, os.X_OK):
            raise _start_error(program, directory, PermissionError())
        return str(path.absolute())
    found = shutil.which(program, path=variables.get("PATH"))
    if found is None or not Path(directory).is_dir():
        raise _start_error(program, directory, FileNotFoundError())
    return str(Path(found).absolute())


def _start_error(program: str, directory: str, error: OSError) -> OperationError:
    if not Path(directory).is_dir():
        return OperationError(
            "The folder to run the command in does not exist.",
            on=directory,
            hint="Was the project moved? Start pixel-tui in its new folder.",
        )
    if isinstance(error, FileNotFoundError):
        return OperationError(
            "The program is not installed.",
            on=program,
            hint="Install it, or put its folder on PATH.",
        )
    if isinstance(error, PermissionError):
        return OperationError(
            "This user can't run the program.",
            on=program,
            hint="Check its mode: it must be executable.",
        )
    return OperationError(
        f"The program can't be started: {error.strerror or error}.",
        on=program,
        hint="Try to run it in a shell.",
    )
