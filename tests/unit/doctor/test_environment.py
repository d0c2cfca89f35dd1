"""The doctor's check of a project's environment files."""

import os
from pathlib import Path

from pixel_tui.doctor.environment_check import check_environment, read_overviews
from pixel_tui.doctor.report import CheckResult
from pixel_tui.errors import FileError
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.model.typed_commands import WITHOUT_OPTIONS
from tests.builders.environment_cases import check_text

COMMAND = ComposeCommand(directory="/srv/shop")


def test_errors_and_warnings_are_counted_without_names_and_values() -> None:
    check = check_environment([check_text("A_TOKEN=hunter$x\nB=1\nB=2\n#C=1\n")], COMMAND.typed)
    assert check.verdict is CheckResult.WARNING
    assert check.found == "1 error and 1 warning in the 2 keys of .env."
    assert check.hint == "See `pixel-tui -C /srv/shop env check`."


def test_a_file_without_problems_is_ok() -> None:
    check = check_environment([check_text("A=1\n")], WITHOUT_OPTIONS)
    assert (check.verdict, check.found) == (
        CheckResult.OK,
        "No problems with the 1 key in .env.",
    )


def test_each_file_that_compose_reads_is_checked(tmp_path: Path) -> None:
    for name, content in (("base.env", "A=1\nA=2\n"), ("prod.env", "B=1\n")):
        (tmp_path / name).write_text(content)
        (tmp_path / name).chmod(0o600)
    names = ("base.env", "gone.env", "prod.env")
    command = ComposeCommand(
        compose=("no-such-compose",),
        directory=str(tmp_path),
        env_files=tuple(str(tmp_path / name) for name in names),
    )
    check = check_environment(read_overviews(command, {"PATH": ""}), command.typed)
    assert check.found == "1 warning in the 2 keys of 2 environment files."


def test_a_project_without_environment_files_is_skipped(tmp_path: Path) -> None:
    command = ComposeCommand(directory=str(tmp_path))
    check = check_environment(read_overviews(command, dict(os.environ)), command.typed)
    assert check.verdict is CheckResult.SKIPPED


def test_an_unreadable_file_fails() -> None:
    check = check_environment(FileError("No.", on="/x"), WITHOUT_OPTIONS)
    assert check.verdict is CheckResult.FAILED
