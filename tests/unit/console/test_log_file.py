"""The console's log file is private, redacted, plain text and bounded."""

import errno
import logging
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from pixel_tui.console import log_file
from pixel_tui.console.log_file import start_log
from pixel_tui.early_log import hold_log_records, print_warnings

SECRET = "hunter2-fake-secret"


@pytest.fixture(autouse=True)
def own_root() -> Iterator[None]:
    """Restore the root logger."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    for handler in set(root.handlers) - set(handlers):
        root.removeHandler(handler)
        handler.close()
    root.setLevel(level)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = start_log(tmp_path / "state")
    assert found is not None
    return found


def fail_with_a_secret() -> None:
    environment = {"POSTGRES_PASSWORD": SECRET}
    raise ValueError(f"{len(environment)} wrong")


def test_only_its_owner_can_read_it(path: Path) -> None:
    logging.getLogger("x").info("words")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_without_a_log_a_command_prints_one_redacted_plain_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    monkeypatch.setattr(logging, "lastResort", logging.lastResort)
    print_warnings()
    logging.getLogger("x").info("not worth it")
    logging.getLogger("x").warning("PASSWORD=%s\n\x1b]0;owned\x07forged line", SECRET)
    try:
        fail_with_a_secret()
    except ValueError:
        logging.getLogger("x").exception("it failed")
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("pixel-tui: PASSWORD=")
    assert SECRET not in first
    assert "\x1b" not in first
    assert second == "pixel-tui: it failed: 1 wrong"


def test_a_message_is_one_redacted_plain_line(path: Path) -> None:
    logging.getLogger("x").warning("PASSWORD=%s\n\x1b]0;owned\x07forged line", SECRET)
    (line,) = path.read_text().splitlines()
    assert SECRET not in line
    assert "\x1b" not in line
    assert "WARNING x: " in line


def test_a_traceback_has_no_values(path: Path) -> None:
    try:
        fail_with_a_secret()
    except ValueError:
        logging.getLogger("x").exception("it failed")
    text = path.read_text()
    assert "ValueError: 1 wrong" in text
    assert "fail_with_a_secret" in text
    assert SECRET not in text


def test_a_secret_in_an_exceptions_message_is_masked(path: Path) -> None:
    error = ValueError(f"API_TOKEN={SECRET}")
    logging.getLogger("x").error("it failed", exc_info=error)
    text = path.read_text()
    assert "API_TOKEN=" in text
    assert SECRET not in text


def test_its_size_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_file, "MAX_BYTES", 2000)
    path = start_log(tmp_path)
    assert path is not None
    for number in range(300):
        logging.getLogger("x").info("line %d", number)
    files = sorted(tmp_path.iterdir())
    assert [item.name for item in files] == [path.name, f"{path.name}.1", f"{path.name}.2"]
    assert all(item.stat().st_size <= 2000 for item in files)
    assert all(stat.S_IMODE(item.stat().st_mode) == 0o600 for item in files)


def test_info_messages_of_libraries_are_left_out(path: Path) -> None:
    logging.getLogger("urllib3.connectionpool").info("Starting new connection")
    logging.getLogger("docker.auth").debug("Trying paths")
    logging.getLogger("httpx").info("HTTP Request: GET http://127.0.0.1/ 200 OK")
    assert path.read_text() == ""


def test_without_a_writable_folder_there_is_no_log(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file in its place")
    assert start_log(tmp_path / "state") is None
    assert (tmp_path / "state").read_text() == "a file in its place"


def test_earlier_messages_are_in_the_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hold_log_records()
    logging.getLogger("x").warning("early words")
    found = start_log(tmp_path / "state")
    assert found is not None
    assert "early words" in found.read_text()
    logging.getLogger("x").warning("later words")
    assert found.read_text().count("words") == 2
    assert capsys.readouterr().err == ""


def bare_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """A root logger without the handlers of the test run."""
    monkeypatch.setattr(logging.getLogger(), "handlers", [])


def test_without_a_log_nothing_is_printed_over_the_screen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    bare_root(monkeypatch)
    (tmp_path / "file").touch()
    hold_log_records()
    logging.getLogger("x").warning("early words")
    assert start_log(tmp_path / "file" / "state") is None
    logging.getLogger("x").warning("later words")
    assert capsys.readouterr().err == ""


def test_a_full_disk_prints_nothing_over_the_screen(
    path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert path.exists()
    monkeypatch.setattr(log_file._RedactingFormatter, "format", full_disk)
    logging.getLogger("x").warning("words")
    assert capsys.readouterr().err == ""


def full_disk(*_args: object) -> str:
    raise OSError(errno.ENOSPC, "No space left on device")
