"""How the programs behind the steps of plans speak and end."""

import argparse
import os
import signal
from collections.abc import Callable, Iterator

import pytest

from pixel_tui.errors import NothingToDo, OperationError
from pixel_tui.redaction import MASK
from pixel_tui.stack.compose_command import ComposeCommand
from pixel_tui.stack.own_program import add_project_options, command_from, project_options
from pixel_tui.stack.step_program import finished, say


@pytest.fixture(autouse=True)
def _signals_as_before() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
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
def test_the_exit_code_says_whether_it_was_done(
    work: Callable[[], None], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert finished(work) == code
    assert capsys.readouterr().out == said


def test_what_it_says_is_harmless_and_has_no_secret(capsys: pytest.CaptureFixture[str]) -> None:
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
def test_it_calls_compose_as_the_console_does(command: ComposeCommand) -> None:
    parser = argparse.ArgumentParser()
    add_project_options(parser)
    assert command_from(parser.parse_args(project_options(command, "pixel"))) == command
