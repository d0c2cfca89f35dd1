"""Candidates of a `.env`: no traces are left of them."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from pixel_tui.environment.storage.edited_copies import (
    remove_candidates_in_memory,
    remove_edited_copies,
)
from pixel_tui.environment.storage.staging import MAX_AGE_SECONDS
from tests.patience import PATIENCE

SECRET = "fake-secret-of-a-candidate"
COMPOSE = """#!/bin/sh
# Stands for compose: reads the candidate, says where it lies, and hangs.
while [ "$1" != --env-file ]; do shift; done
cat "$2" > "$SEEN" && mv "$SEEN" "$SEEN.whole"
sleep 600
"""
MAKER = """
import sys
from pixel_tui.stack.compose.candidate import CandidateReader
from pixel_tui.stack.compose.project import ComposeProject
from pixel_tui.stack.compose.command import ComposeCommand
command = ComposeCommand(directory=sys.argv[1], reader=(sys.argv[2],))
environment = {"SEEN": sys.argv[3], "PATH": "/usr/bin:/bin"}
CandidateReader(ComposeProject(command, environment)).read(sys.argv[4].encode())
"""


def files_with(words: bytes, *folders: Path) -> list[Path]:
    """The files with these words; those of other programs may go away, or be unreadable."""
    found = []
    for path in (path for folder in folders for path in folder.rglob("*")):
        with suppress(OSError):
            if path.is_file() and words in path.read_bytes():
                found.append(path)
    return found


def test_a_candidate_ends_with_the_process_that_made_it(tmp_path: Path) -> None:
    program = tmp_path / "compose"
    program.write_text(COMPOSE)
    program.chmod(0o755)
    (tmp_path / "compose.yaml").write_text("services: {}\n")
    seen = tmp_path / "seen"
    secret = f"{SECRET}-{os.getpid()}"
    argv = [sys.executable, "-c", MAKER, str(tmp_path), str(program), str(seen), f"A={secret}\n"]
    temporary = {"TMPDIR": str(tmp_path), "XDG_STATE_HOME": str(tmp_path)}
    with subprocess.Popen(argv, env={**os.environ, **temporary}) as maker:
        whole = seen.with_suffix(".whole")
        end = time.monotonic() + PATIENCE
        while not whole.exists():
            assert maker.poll() is None
            assert time.monotonic() < end
            time.sleep(0.01)
        assert whole.read_text() == f"A={secret}\n"
        whole.unlink()
        children = Path(f"/proc/{maker.pid}/task/{maker.pid}/children").read_text().split()
        maker.send_signal(signal.SIGKILL)
    for child in children:
        os.killpg(int(child), signal.SIGKILL)
    assert files_with(secret.encode(), tmp_path, Path("/dev/shm")) == []


@pytest.mark.parametrize(
    ("name", "age", "left"),
    [
        ("pixel-tui-edited-999999999-abcdefgh", MAX_AGE_SECONDS + 60, False),
        ("pixel-tui-edited-999999999-abcdefgh", 60.0, True),
        ("pixel-tui-edited-1-abcdefgh", MAX_AGE_SECONDS + 60, True),
        ("pixel-tui-other", MAX_AGE_SECONDS + 60, True),
    ],
)
def test_copies_for_editors_of_killed_consoles_are_removed(
    tmp_path: Path, name: str, age: float, left: bool
) -> None:
    place = tmp_path / name
    place.mkdir()
    copy = place / "edited.env"
    copy.write_text(f"A={SECRET}\n")
    for path in (copy, place):
        os.utime(path, (time.time() - age,) * 2)
    remove_edited_copies({"XDG_RUNTIME_DIR": str(tmp_path)})
    assert place.exists() is left


def test_leftovers_of_earlier_versions_in_memory_are_removed(tmp_path: Path) -> None:
    ages = {"pixel-tui-abcd_123.env": 7200, "pixel-tui-efgh_456.env": 60, "other.env": 7200}
    for name, age in ages.items():
        (tmp_path / name).write_text(f"A={SECRET}\n")
        os.utime(tmp_path / name, (time.time() - age,) * 2)
    remove_candidates_in_memory(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"pixel-tui-efgh_456.env", "other.env"}
