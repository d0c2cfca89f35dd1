"""The doctor's checks of a terminal."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from pixel_tui.doctor.report import (
    CheckResult,
    DoctorCheck,
)
from pixel_tui.doctor.terminal_checks import (
    TerminalFacts,
    check_characters,
    check_clipboard,
    check_colours,
    check_size,
    check_terminal,
)

TERMINAL = TerminalFacts(has_input=True, has_output=True, columns=120, lines=40)
PIPE = TerminalFacts(has_input=False, has_output=False)


def is_(check: DoctorCheck, verdict: CheckResult, *words: str) -> None:
    """Assert the verdict and the words; a problem must have a hint."""
    assert check.verdict is verdict, check
    for word in words:
        assert word in f"{check.found} {check.hint}", check
    if verdict in {CheckResult.WARNING, CheckResult.FAILED}:
        assert check.hint, check


def test_a_terminal() -> None:
    is_(check_terminal(TERMINAL, {"TERM": "xterm-256color"}), CheckResult.OK, "xterm-256color")
    is_(check_terminal(TERMINAL, {}), CheckResult.WARNING, "TERM")
    is_(check_terminal(TERMINAL, {"TERM": "dumb"}), CheckResult.FAILED)
    is_(check_terminal(PIPE, {"TERM": "dumb"}), CheckResult.WARNING, "Standard input", "status")
    is_(check_terminal(replace(PIPE, has_input=True), {}), CheckResult.WARNING, "Standard error")


def test_the_size() -> None:
    is_(check_size(TERMINAL, {}), CheckResult.OK, "120 columns, 40 lines")
    is_(check_size(replace(TERMINAL, columns=80, lines=24), {}), CheckResult.OK)
    is_(check_size(replace(TERMINAL, columns=79), {}), CheckResult.WARNING, "80 by 24")
    is_(check_size(replace(TERMINAL, lines=23), {}), CheckResult.WARNING, "80 by 24")
    is_(check_size(TERMINAL, {"COLUMNS": "80"}), CheckResult.WARNING, "COLUMNS=80", "unset")
    is_(check_size(TERMINAL, {"COLUMNS": "120", "LINES": "40"}), CheckResult.OK)
    is_(check_size(PIPE, {}), CheckResult.SKIPPED)


@pytest.mark.parametrize(
    ("environment", "verdict", "word"),
    [
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, CheckResult.OK, "16 million"),
        ({"TERM": "tmux-256color"}, CheckResult.OK, "256"),
        ({"TERM": "linux"}, CheckResult.OK, "pixel-ansi"),
        ({"TERM": "xterm-16color"}, CheckResult.OK, "pixel-ansi"),
        ({"TERM": "alacritty"}, CheckResult.WARNING, "COLORTERM=truecolor"),
        ({"TERM": "xterm-256color", "NO_COLOR": ""}, CheckResult.OK, "NO_COLOR"),
    ],
)
def test_the_colours(environment: Mapping[str, str], verdict: CheckResult, word: str) -> None:
    is_(check_colours(TERMINAL, environment), verdict, word)
    is_(check_colours(PIPE, environment), CheckResult.SKIPPED)


@pytest.mark.parametrize(
    ("environment", "verdict"),
    [
        ({"LANG": "en_US.UTF-8"}, CheckResult.OK),
        ({"LANG": "C.utf8"}, CheckResult.OK),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "C"}, CheckResult.WARNING),
        ({"LC_CTYPE": "de_DE.ISO-8859-1"}, CheckResult.WARNING),
        ({}, CheckResult.WARNING),
    ],
)
def test_the_characters(environment: Mapping[str, str], verdict: CheckResult) -> None:
    is_(check_characters(environment), verdict)


@pytest.mark.parametrize(
    ("options", "verdict", "word"),
    [
        ({"set-clipboard": "on", "allow-passthrough": "off"}, CheckResult.OK, "set-clipboard on"),
        (
            {"set-clipboard": "external", "allow-passthrough": "on"},
            CheckResult.OK,
            "outer terminal",
        ),
        ({"set-clipboard": "external"}, CheckResult.OK, "outer terminal"),
        (
            {"set-clipboard": "external", "allow-passthrough": "off"},
            CheckResult.WARNING,
            "tmux set -s set-clipboard on",
        ),
        (None, CheckResult.SKIPPED, "tmux show"),
    ],
)
def test_the_clipboard_in_tmux(
    options: Mapping[str, str] | None, verdict: CheckResult, word: str
) -> None:
    is_(check_clipboard(TERMINAL, {"TMUX": "/tmp/t,1,0"}, options), verdict, word)


def test_the_clipboard_elsewhere() -> None:
    is_(check_clipboard(TERMINAL, {"TERM": "screen", "STY": "1.x"}, None), CheckResult.OK, "screen")
    is_(
        check_clipboard(TERMINAL, {"TERM": "linux"}, None),
        CheckResult.WARNING,
        "Linux virtual terminal",
    )
    is_(check_clipboard(TERMINAL, {"TERM": "xterm-kitty"}, None), CheckResult.SKIPPED, "Try `y`")
    is_(check_clipboard(PIPE, {}, None), CheckResult.SKIPPED)
