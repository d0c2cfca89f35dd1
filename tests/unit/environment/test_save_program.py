"""The program that saves an environment: what it prints if it can't."""

import os
import signal
from pathlib import Path

import pytest

from pixel_tui.environment import __main__ as program
from pixel_tui.environment.apply.apply_request import ApplyOutcome
from pixel_tui.environment.storage.staging import Staging, digest
from pixel_tui.settings import state_folder
from pixel_tui.stack.compose.candidate import CandidateReader
from pixel_tui.stack.compose.command import ComposeCommand

OLD, NEW = b"A=1\n", b"A=2\n"


class Accepted:
    """What compose prints of a file that it accepts."""

    refusal = ""


@pytest.fixture
def env(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(CandidateReader, "read", lambda *_: Accepted())
    # The program changes both for its own process, which is this one here.
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(os, "umask", lambda _: 0)
    path = tmp_path / ".env"
    path.write_bytes(OLD)
    return path


def save(env: Path, was: bytes = OLD) -> int:
    mark = ComposeCommand(directory=str(env.parent), project="p").env_mark
    candidate = Staging(state_folder(), mark).stage(NEW, base=digest(was))
    project = ("--directory", str(env.parent), "--project", "p")
    return program.main(["save", candidate, *project, "--was", digest(was)])


def test_a_refused_save_ends_with_nothing_was_changed(
    env: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    env.with_name("other").hardlink_to(env)
    assert save(env) == ApplyOutcome.NOTHING_CHANGED
    said = capfd.readouterr().out.strip()
    assert "The file has 2 hard links" in said
    assert said.endswith("Nothing was changed.")
    assert env.read_bytes() == OLD


def test_a_save_that_finds_another_file_claims_nothing_of_it(
    env: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert save(env, was=b"A=0\n") == ApplyOutcome.NOTHING_CHANGED
    said = capfd.readouterr().out
    assert "changed on disk since the plan was made, and was not saved" in said
    assert "Nothing was changed" not in said
