"""`--help` of every command has Docker's form, and the same order everywhere."""

import re
from collections.abc import Iterator

import pytest

from pixel_tui.argument_parser import ArgumentParser
from pixel_tui.cli import main
from pixel_tui.command_help import CommandHelp, HelpSection, help_text

COMMANDS = (
    "", "actions", "audit", "backup", "demo", "doctor", "env", "env check", "env confirm",
    "env diff", "env get", "env impact", "env set", "env unset", "ledger", "logs", "plan", "run",
    "status",
)  # fmt: skip
ORDER = ("Usage", "Commands", "Options", "Project options", "Exit codes", "Examples", "Run")


def help_of(command: str, capsys: pytest.CaptureFixture[str]) -> str:
    """Return the output of `--help` for a command."""
    with pytest.raises(SystemExit) as leaving:
        main([*command.split(), "--help"])
    assert leaving.value.code == 0
    return capsys.readouterr().out


def headings(text: str) -> Iterator[str]:
    """Return the headings, and the first word of the last line."""
    for line in text.splitlines():
        if found := re.match(r"(Usage|Run)(?=:| ')|(\w[\w ]*):$", line):
            yield found[1] or found[2]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_dockers_form(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = help_of(command, capsys)
    found = list(headings(text))
    name = " ".join(("pixel-tui", *command.split()))
    assert text.startswith(f"Usage:  {name} [OPTIONS]")
    assert found == [heading for heading in ORDER if heading in found]
    assert {"Usage", "Options", "Examples"} <= set(found)
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_and_command_is_described_on_its_line(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = help_of(command, capsys).partition("Exit codes:")[0].partition("Examples:")[0]
    rows = [line for line in text.splitlines() if line.startswith("  ")]
    assert rows
    for row in rows:
        assert re.fullmatch(r"  (\S.*?|    --.*?) {3,}[A-Za-z].*", row), row


def test_options_are_sorted_by_their_long_names(capsys: pytest.CaptureFixture[str]) -> None:
    names = re.findall(r"--([a-z-]+)", help_of("", capsys).partition("Project options")[2])
    assert names[:4] == ["context", "directory", "env-file", "file"]


@pytest.mark.parametrize("command", ["", "status", "run"])
def test_help_tells_what_relative_paths_are_relative_to(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "(paths are relative to the current folder):" in help_of(command, capsys)


def test_a_section_without_rows_is_left_out() -> None:
    text = help_text(
        CommandHelp("it COMMAND", "Do it", (HelpSection("Options", ()),), {0: "done"}, ("it on",))
    )
    assert text == "Usage:  it COMMAND\n\nDo it\n\nExit codes:\n  0   done\n\nExamples:\n  it on\n"


def test_an_invalid_choice_of_an_option_is_not_a_command(
    capsys: pytest.CaptureFixture[str],
) -> None:
    parser = ArgumentParser(prog="it")
    parser.add_argument("--kind", choices=("one", "two"))
    with pytest.raises(SystemExit):
        parser.parse_args(["--kind", "tow"])
    said = capsys.readouterr().err
    assert said.startswith("it: argument --kind: invalid choice: 'tow' (choose from one, two)")
    assert said.endswith("Usage:  it [OPTIONS]\n\nRun 'it --help' for more information.\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("ledger lst", "pixel-tui ledger: unknown command: 'lst'. Did you mean list?"),
        ("audit verfy", "pixel-tui audit: unknown command: 'verfy'. Did you mean verify?"),
        ("backup lsit", "pixel-tui backup: unknown command: 'lsit'. Did you mean list?"),
        ("env chek", "pixel-tui env: unknown command: 'chek'. Did you mean check?"),
    ],
)
def test_a_mistyped_command_is_reported_with_the_nearest(
    words: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as leaving:
        main(words.split())
    assert leaving.value.code == 2
    assert capsys.readouterr().err.startswith(f"{said}\n\nUsage:  pixel-tui ")
