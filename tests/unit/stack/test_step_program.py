"""Output, interruption and exit codes of programs that are steps of a plan."""

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pixel_tui.errors import NothingToDo, OperationError
from pixel_tui.interruption import SIGNALS, interruption_deferred
from pixel_tui.redaction.redactor import MASK
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.programs.own_program import add_project_options, command_from, project_options
from pixel_tui.stack.programs.step_program import run_step, say


@pytest.fixture(autouse=True)
def _signals_as_before() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def raising(error: BaseException) -> Callable[[], None]:
    def work() -> None:
        raise error

    return work


def killed(number: int) -> Callable[[], None]:
    return lambda: os.kill(os.getpid(), number)


@pytest.mark.parametrize(
    ("work", "code", "said"),
    [
        (lambda: None, 0, ""),
        (raising(NothingToDo("It is so already.")), 0, "It is so already.\n"),
        (raising(OperationError("It is damaged.")), 1, "It is damaged.\n"),
        (raising(OSError(28, "The disk is full")), 1, "[Errno 28] The disk is full\n"),
        (killed(signal.SIGTERM), 1, "It was cancelled.\n"),
        (killed(signal.SIGHUP), 1, "It was cancelled.\n"),
    ],
    ids=["done", "nothing to do", "refused", "disk", "asked to end", "hung up"],
)  # fmt: skip
def test_the_exit_code_is_0_only_if_the_work_was_done(
    work: Callable[[], None], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_step(work) == code
    assert capsys.readouterr().out == said


@pytest.mark.parametrize("number", SIGNALS)
def test_an_interrupt_during_a_start_ends_the_program(
    number: int, capsys: pytest.CaptureFixture[str]
) -> None:
    def work() -> None:
        with interruption_deferred():
            os.kill(os.getpid(), number)
            say("started, and known")
        say("never reached")

    assert run_step(work) == 1
    assert capsys.readouterr().out == "started, and known\nIt was cancelled.\n"


def test_output_is_sanitised_and_has_no_secrets(capsys: pytest.CaptureFixture[str]) -> None:
    say("\x1b[2Jpg_dump: postgres://pixel:hunter2@db failed")
    told = capsys.readouterr().out
    assert "\x1b" not in told
    assert f"postgres://pixel:{MASK}@db failed" in told


@pytest.mark.parametrize(
    "command",
    [
        ComposeCommand(directory="/srv/pixel", project="pixel"),
        ComposeCommand(
            docker=("docker", "--host", "unix:///a b"),
            compose=("/opt/my compose", "--host", "unix:///a b"),
            directory="/srv/pixel",
            files=("/srv/a.yml", "b c.yml"),
            project="pixel",
        ),
    ],
    ids=["plain", "all of it"],
)
def test_it_runs_compose_like_the_console(command: ComposeCommand) -> None:
    parser = argparse.ArgumentParser()
    add_project_options(parser)
    assert command_from(parser.parse_args(project_options(command, "pixel"))) == command


TALKATIVE = """
import os, sys
from pathlib import Path
from pixel_tui.stack.programs.step_program import run_step, say

def work():
    for number in range(3000):
        say(f"line {number}")
    Path(sys.argv[1]).write_text("done")
    if sys.argv[2:]:
        os.dup2(os.open(sys.argv[2], os.O_WRONLY | os.O_CREAT), 1)
    say("the last")

sys.exit(run_step(work))
"""


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_disk_does_not_abort_the_work(tmp_path: Path, unbuffered: str) -> None:
    done = tmp_path / "done"
    ended = on_a_full_disk(TALKATIVE, str(done), unbuffered=unbuffered)
    assert (done.read_text(), ended.returncode, ended.stderr) == ("done", 0, "")


def test_kept_output_is_written_when_the_disk_has_space_again(tmp_path: Path) -> None:
    later = tmp_path / "later"
    assert on_a_full_disk(TALKATIVE, str(tmp_path / "done"), str(later)).returncode == 0
    lines = later.read_text().splitlines()
    assert (lines[:2], lines[-1]) == (["line 0", "line 1"], "the last")


def test_failed_work_on_a_full_disk_is_still_a_failure(tmp_path: Path) -> None:
    assert on_a_full_disk(TALKATIVE, str(tmp_path / "not there/done")).returncode == 1


def on_a_full_disk(
    program: str, *words: str, unbuffered: str = ""
) -> subprocess.CompletedProcess[str]:
    with Path("/dev/full").open("w") as full:
        return subprocess.run(
            [sys.executable, "-c", program, *words],
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
