"""Commands that get a signal: their programs are ended, and nothing more is printed."""

import os
import select
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from pixel_tui.interruption import interruptible
from tests.patience import PATIENCE

ROOT = Path(__file__).parents[2]
HANGING = """#!/bin/sh
exec 3>{fifo}
echo asked >&3
sleep 1000 & wait
"""
"""Reports its start to a pipe that stays open as long as it or its child runs."""


class Hanging:
    """A project whose compose hangs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        fifo = folder / "fifo"
        os.mkfifo(fifo)
        self.asked = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        plugins = folder / ".docker" / "cli-plugins"
        plugins.mkdir(parents=True)
        for program in (plugins / "docker-compose", folder / "docker"):
            program.write_text(HANGING.format(fifo=fifo))
            program.chmod(0o755)
        (folder / "compose.yaml").write_text("services: {a: {image: x}}\n")
        (folder / ".env").write_text("A=1\n")

    def start(self, *words: str, prefix: tuple[str, ...] = ()) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [*prefix, sys.executable, "-m", "pixel_tui", *words, "--host", "unix:///nowhere"],
            cwd=self.folder,
            env={
                "PATH": f"{self.folder}{os.pathsep}{os.environ['PATH']}",
                "HOME": str(self.folder),
                "XDG_STATE_HOME": str(self.folder / "state"),
                "PYTHONPATH": str(ROOT),
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def read(self) -> bytes:
        """Read the pipe of compose; empty once all its processes have ended."""
        assert select.select([self.asked], [], [], PATIENCE)[0], "it goes on"
        return os.read(self.asked, 1024)

    def wait_asked(self) -> None:
        poll = select.poll()
        poll.register(self.asked, select.POLLIN)  # no hang-up before it was opened for writing
        assert poll.poll(PATIENCE * 1000), "compose was not asked"
        assert self.read()

    def wait_ended(self) -> None:
        while self.read():
            pass


@pytest.fixture
def hanging(tmp_path: Path) -> Hanging:
    return Hanging(tmp_path)


ENDINGS = [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)]


@pytest.mark.parametrize(("number", "code"), ENDINGS)
@pytest.mark.parametrize(
    "words", [["status"], ["doctor"], ["env", "check"], ["logs"], ["plan", "restart"]]
)
def test_the_programs_of_a_command_are_ended_with_it(
    hanging: Hanging, words: list[str], number: signal.Signals, code: int
) -> None:
    with hanging.start(*words) as process:
        hanging.wait_asked()
        process.send_signal(number)
        out, _ = process.communicate(timeout=PATIENCE)
    hanging.wait_ended()
    assert (process.returncode, out) == (code, "")


def test_a_second_signal_is_ignored(hanging: Hanging) -> None:
    with hanging.start("status") as process:
        hanging.wait_asked()
        for _ in range(3):
            process.send_signal(signal.SIGHUP)
        out, _ = process.communicate(timeout=PATIENCE)
    hanging.wait_ended()
    assert (process.returncode, out) == (129, "")


def test_signals_ignored_by_nohup_stay_ignored(hanging: Hanging) -> None:
    with hanging.start("status", prefix=("nohup",)) as process:
        hanging.wait_asked()
        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE)
    hanging.wait_ended()
    assert process.returncode == 143


STUCK = """
import os, sys, time
from pixel_tui import cli, interruption
interruption.CLEANUP_SECONDS = 0.1
def run(_argv):
    try:
        print("stuck", flush=True)
        time.sleep(1000)
    finally:
        time.sleep(1000)
cli._run = run
sys.exit(cli.main([]))
"""


def test_a_process_that_does_not_exit_is_killed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", STUCK], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "stuck\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 143


STARTING = """
import os, signal, subprocess, sys
from pixel_tui import cli
from pixel_tui.stack.compose.bounded_program import BoundedProgram

popen = subprocess.Popen
def told_while_it_starts(*words, **options):
    started = popen(*words, **options, pass_fds=[int(sys.argv[1])])
    os.kill(os.getpid(), signal.SIGTERM)
    return started
subprocess.Popen = told_while_it_starts
def run(_argv):
    return BoundedProgram(["sleep", "1000"], directory=None, environment=os.environ).result(60).code
cli._run = run
sys.exit(cli.main([]))
"""


def test_a_program_that_is_being_started_is_ended() -> None:
    ours, theirs = os.pipe()
    argv = [sys.executable, "-c", STARTING, str(theirs)]
    with (
        os.fdopen(ours, "rb") as held,
        subprocess.Popen(argv, cwd=ROOT, pass_fds=[theirs]) as process,
    ):
        os.close(theirs)
        assert process.wait(PATIENCE) == 143
        assert select.select([held], [], [], PATIENCE)[0], "it goes on"


def test_the_previous_handlers_are_restored() -> None:
    assert threading.current_thread() is threading.main_thread()
    before = [signal.getsignal(number) for number, _ in ENDINGS]
    with interruptible():
        pass
    assert [signal.getsignal(number) for number, _ in ENDINGS] == before


FINALIZING = """
import os, signal, sys
from pixel_tui import cli

class Asked:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGHUP)

def run(argv):
    asked = Asked()
    del asked
    print("said to nobody")
    return 0

cli._run = run
sys.exit(cli.main([]))
"""


def test_a_signal_during_a_finalizer_sets_the_exit_code() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FINALIZING],
        cwd=ROOT, capture_output=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.returncode == 128 + signal.SIGHUP
