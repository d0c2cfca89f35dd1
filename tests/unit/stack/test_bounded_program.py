"""Running a program within limits, and killing its process group."""

import os
import signal
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from pixel_tui.stack.compose import bounded_program
from pixel_tui.stack.compose.bounded_program import (
    BoundedProgram,
    LimitExceeded,
    kill_bounded_programs,
)
from tests.builders.asking import LONG, has_exited, script_with_child
from tests.engine.private_engine import eventually
from tests.patience import PATIENCE


def ask(script: str, *, stdin: str = "") -> BoundedProgram:
    environment = {"PATH": os.environ["PATH"]}
    return BoundedProgram(["sh", "-c", script], directory="/", environment=environment, stdin=stdin)


def test_the_result_has_output_and_exit_code() -> None:
    reply = ask("cat; echo oh >&2; exit 3", stdin="a 🎉").result(PATIENCE)
    assert (reply.code, reply.output_text, reply.error_text) == (3, "a 🎉", "oh\n")


def test_a_child_that_keeps_the_output_open_is_killed_without_waiting() -> None:
    reply = ask(f"sleep {LONG} & echo $!").result(PATIENCE)
    eventually(lambda: has_exited(int(reply.output_text)))


def test_a_timeout_kills_the_program_and_its_children(tmp_path: Path) -> None:
    asked = ask(script_with_child(tmp_path))
    eventually((tmp_path / "pid").exists)
    with pytest.raises(LimitExceeded, match="within"):
        asked.result(0.3)
    eventually(lambda: has_exited(int((tmp_path / "pid").read_text())))


def test_a_child_outside_the_group_causes_no_delay() -> None:
    reply = ask(f"setsid sleep {LONG} & echo here $!").result(PATIENCE)
    here, pid = reply.output_text.split()
    with suppress(ProcessLookupError):  # it had no time to leave
        os.kill(int(pid), signal.SIGKILL)
    assert here == "here"


def test_endless_output_gets_the_program_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded_program, "MAX_BYTES", 100_000)
    monkeypatch.setattr(bounded_program, "POLL_SECONDS", 0.01)
    with pytest.raises(LimitExceeded, match="output"):
        ask("yes").result(PATIENCE)


def test_the_exit_of_the_console_kills_running_programs(tmp_path: Path) -> None:
    asked = ask(script_with_child(tmp_path))
    codes: list[int] = []
    waiting = threading.Thread(target=lambda: codes.append(asked.result(LONG).code))
    waiting.start()
    eventually((tmp_path / "pid").exists)
    kill_bounded_programs()
    waiting.join(PATIENCE)
    assert codes == [-9]
    eventually(lambda: has_exited(int((tmp_path / "pid").read_text())))
