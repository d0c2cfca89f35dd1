"""Running programs that hang or leave a child behind."""

import os
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from pixel_tui.backups.stack_view import StackView
from pixel_tui.doctor.timeouts import run_program
from pixel_tui.errors import OperationError
from pixel_tui.stack.compose import bounded_program
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.model.program_output import ProgramOutput
from pixel_tui.stack.programs.git import open_checkout
from pixel_tui.stack.programs.program import RealPrograms
from tests.builders.asking import LONG, has_exited, script_with_child
from tests.engine.private_engine import eventually
from tests.patience import PATIENCE

ENVIRONMENT = {"PATH": os.environ["PATH"]}


def programs(environment: Mapping[str, str] = ENVIRONMENT) -> RealPrograms:
    return RealPrograms(Path("/"), environment)


def script(path: Path, text: str) -> Path:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def asked_of_programs(program: Path) -> str:
    return programs().run([str(program)], patience=LONG).output.decode()


def asked_by_a_backup(program: Path) -> str:
    command = ComposeCommand(compose=(str(program),), docker=(str(program),))
    return str(StackView(programs(), command, "shop").version()["compose"])


def asked_by_the_doctor(program: Path) -> str:
    found = run_program([str(program)], ENVIRONMENT)
    assert isinstance(found, ProgramOutput)
    return found.one_line


def asked_of_git(program: Path) -> str:
    path = f"{program.parent}:{ENVIRONMENT['PATH']}"
    with (
        pytest.raises(OperationError) as error,
        open_checkout(program.parent, {"PATH": path}, LONG),
    ):
        pass
    return str(error.value)


@pytest.mark.parametrize(
    "ask", [asked_of_programs, asked_by_a_backup, asked_by_the_doctor, asked_of_git]
)
def test_a_child_that_keeps_the_output_open_is_killed_without_waiting(
    tmp_path: Path, ask: Callable[[Path], str]
) -> None:
    child = f"sleep {LONG} & echo $! >>{tmp_path}/pids"
    git = script(tmp_path / "git", f"{child}; echo 2.40.3; echo 2.40.3 >&2; exit ${{CODE:-0}}")
    began = time.monotonic()
    said = ask(git)
    assert time.monotonic() - began < LONG / 2
    assert "2.40.3" in said
    pids = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
    assert pids
    eventually(lambda: all(map(has_exited, pids)))


def test_input_and_output_are_bytes() -> None:
    with tempfile.TemporaryFile() as source:
        source.write(b"a\xff\0\r\n")
        source.seek(0)
        said = programs().run(
            ["sh", "-c", "cat; printf 'b\\376' >&2; exit 3"], source=source, patience=PATIENCE
        )
    assert (said.code, said.output, said.errors) == (3, b"a\xff\0\r\n", b"b\xfe")


def test_without_a_timeout_the_output_is_unlimited(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bounded_program, "MAX_BYTES", 3)
    assert programs().run(["echo", "12345"]).output == b"12345\n"
    with tempfile.TemporaryFile() as target:
        programs().run(["echo", "12345"], target=target, patience=PATIENCE)
        target.seek(0)
        assert target.read() == b"12345\n"
    with pytest.raises(OperationError, match="did not answer: more than"):
        programs().run(["echo", "12345"], patience=PATIENCE)


def test_a_hanging_program_is_killed_with_its_children(tmp_path: Path) -> None:
    with pytest.raises(OperationError, match="did not answer: no answer within"):
        programs().run(["sh", "-c", script_with_child(tmp_path)], patience=0.3)
    # On a busy machine it may have been ended before it had a child.
    note = tmp_path / "pid"
    eventually(lambda: not note.exists() or has_exited(int(note.read_text())))


def test_a_missing_program_is_an_error() -> None:
    with pytest.raises(OperationError, match="can't be started"):
        programs().run(["/nowhere/x"], patience=PATIENCE)
