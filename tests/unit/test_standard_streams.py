"""Commands with standard streams that are closed, full or disconnected."""

import subprocess
import sys
from pathlib import Path

import pytest

from pixel_tui import cli

ROOT = Path(__file__).parents[2]
PRINTS = (
    ("--help",),
    ("--version",),
    ("doctor",),
    ("doctor", "--json"),
    ("env", "check"),
    ("env", "get", "NAME"),
    ("ledger", "list"),
    ("backup", "list"),
    ("actions",),
)
"""Commands that print something without an engine or compose."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with an environment and an empty ledger; no docker anywhere."""
    (tmp_path / "compose.yaml").write_text("services: {a: {image: b}}\n")
    (tmp_path / ".env").write_text("NAME=value\n")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "task-ledger.json").write_text('{"version": 1, "tasks": []}\n')
    return tmp_path


def shell(folder: Path, line: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a shell line, in which `$@` is the program with these arguments."""
    return subprocess.run(
        ["/bin/sh", "-c", line, "sh", sys.executable, "-m", "pixel_tui", *words],
        cwd=folder,
        env={
            "PATH": "/usr/bin:/bin",
            "HOME": str(folder),
            "PYTHONPATH": str(ROOT),
            "DOCKER_HOST": f"unix://{folder}/no.sock",
            "LANG": "C.UTF-8",
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


FULL = "pixel-tui: Standard output can't be written: No space left on device."


def is_calm(done: subprocess.CompletedProcess[str]) -> bool:
    """Whether Python itself printed nothing."""
    return "Traceback" not in done.stderr and "Exception ignored" not in done.stderr


@pytest.mark.parametrize("words", PRINTS, ids=" ".join)
def test_a_full_output_is_reported_in_one_line_and_by_the_exit_code(
    folder: Path, words: tuple[str, ...]
) -> None:
    done = shell(folder, '"$@" >/dev/full', *words)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == FULL
    assert is_calm(done)


def test_a_full_unbuffered_output_is_reported(folder: Path) -> None:
    done = shell(folder, 'PYTHONUNBUFFERED=1 "$@" >/dev/full', "actions")
    assert (done.returncode, done.stderr) == (2, f"{FULL}\n")


@pytest.mark.parametrize("words", PRINTS, ids=" ".join)
def test_a_reader_that_exits_early_is_no_error(folder: Path, words: tuple[str, ...]) -> None:
    as_usual = shell(folder, '"$@"', *words).returncode
    done = shell(folder, 'exec 3>&1; { "$@"; echo $? >&3; } | true', *words)
    assert int(done.stdout) in {0, as_usual}
    assert is_calm(done)


@pytest.mark.parametrize(
    "words", [("--help",), ("doctor", "--json"), ("env", "check")], ids=" ".join
)
@pytest.mark.parametrize("closing", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-", ">&- 2>/dev/full"])
def test_closed_streams_change_no_exit_code(
    folder: Path, words: tuple[str, ...], closing: str
) -> None:
    as_usual = shell(folder, '"$@"', *words)
    done = shell(folder, f'"$@" {closing}', *words)
    assert done.returncode == as_usual.returncode
    assert is_calm(done)
    if closing == "2>&-":
        assert done.stdout == as_usual.stdout, "what is said of errors is not among the output"


def test_an_error_that_cannot_be_printed_changes_no_exit_code(folder: Path) -> None:
    done = shell(folder, '"$@" 2>/dev/full', "env", "get", "MISSING")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "")


def test_a_crash_is_one_sentence_with_details_in_the_log(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("PASSWORD=hunter2-fake-secret")

    monkeypatch.setattr("pixel_tui.commands.actions.run", fail)
    assert cli.main(["actions"]) == 2
    said = capsys.readouterr().err
    assert "a bug (ZeroDivisionError)" in said
    assert len(said.splitlines()) == 1
    log = Path(said.split("Details: ")[1].strip())
    assert "Traceback" in log.read_text()
    assert "hunter2" not in said + log.read_text()
