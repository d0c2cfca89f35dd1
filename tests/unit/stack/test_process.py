"""Starting programs in their own session, with output in a file and signals to the group."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pixel_tui.errors import OperationError
from pixel_tui.stack.programs.left_running import end_left_running
from pixel_tui.stack.programs.process import (
    CommandRunner,
    ProcessRunner,
    RunningCommand,
    _Process,
    exit_code_of,
    exit_path,
)
from pixel_tui.stack.programs.process_mark import ProcessMark, mark_of, signal_group
from tests.patience import PATIENCE

TWO_PROCESSES = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.open(sys.argv[1], os.O_RDWR)  # both hold it: its reader sees its end when both are gone
if os.fork():
    open(sys.argv[2], "w").close()
signal.pause()
"""
Shell = Callable[[str], RunningCommand]
UNKNOWN = ProcessMark(0, 0, "")


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "output"


@pytest.fixture
def shell(tmp_path: Path, output: Path) -> Shell:
    runner: CommandRunner = ProcessRunner()

    def start(script: str) -> RunningCommand:
        return runner.start(
            ["sh", "-c", script],
            directory=str(tmp_path),
            environment={"GIVEN": "by the caller"},
            output=output,
        )

    return start


@pytest.fixture
def ready(tmp_path: Path) -> Path:
    """A named pipe: opening it to read waits until it is opened to write."""
    path = tmp_path / "ready"
    os.mkfifo(path)
    return path


@pytest.fixture
def keyboard() -> Iterator[None]:
    """A standard input of this process that could be typed into."""
    saved = os.dup(0)
    reader, writer = os.pipe()
    os.dup2(reader, 0)
    yield
    os.dup2(saved, 0)
    for descriptor in (saved, reader, writer):
        os.close(descriptor)


def test_wait_returns_the_exit_code(shell: Shell) -> None:
    assert shell("exit 3").wait(PATIENCE) == 3


def test_it_appends_both_streams_in_order_to_a_private_file(shell: Shell, output: Path) -> None:
    shell("echo one; echo two >&2; echo three").wait(PATIENCE)
    shell("echo four").wait(PATIENCE)
    assert output.read_text() == "one\ntwo\nthree\nfour\n"
    assert output.stat().st_mode & 0o777 == 0o600


@pytest.mark.usefixtures("keyboard")
def test_it_has_no_input_and_no_terminal(shell: Shell, output: Path) -> None:
    shell("readlink /proc/$$/fd/0; (: < /dev/tty) 2> /dev/null || echo no terminal").wait(PATIENCE)
    assert output.read_text() == "/dev/null\nno terminal\n"


def test_it_adds_to_the_environment(shell: Shell, output: Path) -> None:
    shell('echo "$GIVEN $PATH"').wait(PATIENCE)
    assert output.read_text() == f"by the caller {os.environ['PATH']}\n"


def test_it_runs_in_its_folder(shell: Shell, output: Path, tmp_path: Path) -> None:
    shell("pwd -P").wait(PATIENCE)
    assert output.read_text().strip() == str(tmp_path.resolve())


def test_arguments_are_not_interpreted_by_a_shell(tmp_path: Path, output: Path) -> None:
    ProcessRunner().start(
        ["echo", "$(id); $HOME *"], directory=str(tmp_path), environment={}, output=output
    ).wait(PATIENCE)
    assert output.read_text() == "$(id); $HOME *\n"


def test_it_has_its_own_session(shell: Shell, ready: Path) -> None:
    command = shell(f"echo > {ready}; exec sleep 60")
    ready.read_text()
    assert command.pid is not None
    assert os.getsid(command.pid) == command.pid != os.getsid(0)
    command.kill()
    command.wait(PATIENCE)


def test_wait_returns_after_the_timeout(shell: Shell, ready: Path) -> None:
    command = shell(f"cat {ready}")
    assert command.wait(0.01) is None
    ready.write_text("go on")
    assert command.wait(PATIENCE) == 0


@pytest.mark.parametrize(
    ("press", "expected"),
    [
        ("interrupt", 128 + signal.SIGINT),
        ("terminate", 128 + signal.SIGTERM),
        ("kill", -signal.SIGKILL),
    ],
)
def test_a_signal_reaches_the_whole_group(
    output: Path, ready: Path, tmp_path: Path, press: str, expected: int
) -> None:
    gone = tmp_path / "gone"
    os.mkfifo(gone)
    command = ProcessRunner().start(
        [sys.executable, "-c", TWO_PROCESSES, str(gone), str(ready)],
        directory=str(tmp_path),
        environment={},
        output=output,
    )
    ready.read_text()
    with gone.open() as both:
        getattr(command, press)()
        assert command.wait(PATIENCE) == expected
        assert both.read() == ""


def test_it_can_be_stopped_while_another_thread_waits(shell: Shell, ready: Path) -> None:
    command = shell(f"echo > {ready}; exec sleep 60")
    ready.read_text()
    codes: list[int | None] = []
    waiting = threading.Thread(target=lambda: codes.append(command.wait()))
    waiting.start()
    command.terminate()
    waiting.join(PATIENCE)
    assert codes == [128 + signal.SIGTERM]


LEAVES = "{before} sleep 1000 > /dev/null 2>&1 & echo $! > left; sleep 1001 2> /dev/null & exit 4"


class TestLeftRunning:
    def test_what_it_left_in_the_background_is_ended_and_named(
        self, shell: Shell, tmp_path: Path
    ) -> None:
        command = shell(LEAVES.format(before=""))
        assert command.wait(PATIENCE) == 4
        words = sorted(command.end_left_running())
        assert len(words) == 2
        assert "sleep 1000" in words[0] + words[1]
        assert mark_of(int((tmp_path / "left").read_text())) is None
        assert command.end_left_running() == ()

    def test_a_program_that_exits_before_it_is_identified_leaves_nothing_running(
        self, tmp_path: Path
    ) -> None:
        leaves = f"cd {tmp_path}; {LEAVES.format(before='')}"
        program = subprocess.Popen(["/bin/sh", "-c", leaves], start_new_session=True)
        os.waitid(os.P_PID, program.pid, os.WEXITED | os.WNOWAIT)
        assert mark_of(program.pid) is None
        command = _Process(program)
        assert command.wait(PATIENCE) == 4
        assert len(command.end_left_running()) == 2
        assert mark_of(int((tmp_path / "left").read_text())) is None

    def test_what_does_not_obey_is_killed(self, shell: Shell, tmp_path: Path) -> None:
        command = shell(LEAVES.format(before="trap '' TERM;"))
        command.wait(PATIENCE)
        pid = int((tmp_path / "left").read_text())
        mark = mark_of(command.pid or 0)
        assert mark is None, "it has ended"
        leader = replace(mark_of(pid) or UNKNOWN, pid=command.pid or 0)
        assert len(end_left_running(leader, asked=0.1)) == 2
        assert mark_of(pid) is None

    def test_a_daemon_with_a_session_of_its_own_is_left_alone(
        self, shell: Shell, tmp_path: Path
    ) -> None:
        command = shell("setsid sh -c 'echo $$ > pid; mv pid left; exec sleep 1000' & wait")
        while not (tmp_path / "left").exists():
            assert command.wait(0.01) is None
        command.terminate()
        command.wait(PATIENCE)
        pid = int((tmp_path / "left").read_text())
        assert command.end_left_running() == ()
        assert mark_of(pid) is not None
        os.kill(pid, signal.SIGKILL)

    def test_while_it_runs_nothing_of_it_is_left(self, shell: Shell, ready: Path) -> None:
        command = shell(f"sleep 1000 & echo > {ready}; wait")
        ready.read_text()
        assert command.end_left_running() == ()
        assert command.wait(0.01) is None
        command.kill()
        command.wait(PATIENCE)


def test_signals_after_the_exit_do_nothing(shell: Shell) -> None:
    command = shell("exit 0")
    command.wait(PATIENCE)
    command.interrupt()
    command.terminate()
    command.kill()
    assert command.wait(PATIENCE) == 0


@pytest.mark.parametrize(
    ("argv", "folder", "says"),
    [
        (["no-such-program"], ".", "not installed"),
        (["./plain-file"], ".", "can't run the program"),
        (["true"], "no-such-folder", "folder to run the command in"),
    ],
)
def test_a_program_that_cannot_be_started_is_an_error_with_a_fix(
    tmp_path: Path, output: Path, argv: list[str], folder: str, says: str
) -> None:
    (tmp_path / "plain-file").write_text("#!/bin/sh\n")
    with pytest.raises(OperationError, match=says) as raised:
        ProcessRunner().start(argv, directory=str(tmp_path / folder), environment={}, output=output)
    assert raised.value.hint


def test_without_an_output_file_nothing_is_started(tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    with pytest.raises(OperationError, match="output"):
        ProcessRunner().start(
            ["touch", str(marker)],
            directory=str(tmp_path),
            environment={},
            output=tmp_path / "missing" / "output",
        )
    assert not marker.exists()


class TestExitCode:
    def test_it_is_written_down_for_who_was_not_there(self, shell: Shell, output: Path) -> None:
        assert exit_code_of(output) is None
        shell("exit 3").wait(PATIENCE)
        assert exit_code_of(output) == 3
        assert exit_path(output).stat().st_mode & 0o777 == 0o600

    def test_that_of_the_command_before_is_not_taken_for_it(
        self, shell: Shell, output: Path, ready: Path
    ) -> None:
        shell("exit 3").wait(PATIENCE)
        command = shell(f"cat {ready}")
        assert exit_code_of(output) is None
        ready.write_text("go on")
        command.wait(PATIENCE)
        assert exit_code_of(output) == 0

    def test_who_asks_it_to_end_still_learns_it(
        self, shell: Shell, output: Path, ready: Path
    ) -> None:
        command = shell(f"trap 'exit 7' INT; echo > {ready}; while :; do sleep 0.01; done")
        ready.read_text()
        command.interrupt()
        assert command.wait(PATIENCE) == 7
        assert exit_code_of(output) == 7

    def test_of_one_that_was_killed_nothing_is_claimed(
        self, shell: Shell, output: Path, ready: Path
    ) -> None:
        command = shell(f"echo > {ready}; exec sleep 60")
        ready.read_text()
        command.kill()
        command.wait(PATIENCE)
        assert exit_code_of(output) is None


class TestMark:
    def test_a_process_is_known_while_it_runs(self, shell: Shell, ready: Path) -> None:
        command = shell(f"cat {ready}")
        assert command.pid is not None
        mark = mark_of(command.pid)
        assert mark is not None
        assert mark_of(command.pid) == mark
        ready.write_text("go on")
        command.wait(PATIENCE)
        assert not mark.is_running
        assert not signal_group(mark, signal.SIGINT)

    def test_another_process_of_the_same_number_is_another(self) -> None:
        mark = mark_of(os.getpid())
        assert mark is not None
        assert mark.is_running
        assert not ProcessMark(mark.pid, mark.started - 1, mark.boot).is_running
        assert not ProcessMark(mark.pid, mark.started, "another boot").is_running
        assert not ProcessMark(0, 0, "").is_running

    def test_one_that_has_ended_and_was_not_waited_for_does_not_run(self, ready: Path) -> None:
        child = os.fork()
        if not child:
            os._exit(0)
        os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
        assert mark_of(child) is None
        os.waitpid(child, 0)
