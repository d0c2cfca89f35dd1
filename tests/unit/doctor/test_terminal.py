"""What the doctor says of a terminal, from facts alone."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from pixel_tui.doctor.report import (
    Check,
    Verdict,
)
from pixel_tui.doctor.terminal_checks import (
    TerminalFacts,
    check_characters,
    check_clipboard,
    check_colours,
    check_size,
    check_terminal,
)

TERMINAL = TerminalFacts(reads=True, draws=True, columns=120, lines=40)
PIPE = TerminalFacts(reads=False, draws=False)


def is_(check: Check, verdict: Verdict, *words: str) -> None:
    """The verdict is this one, and the words are said; what is not well has a remedy."""
    assert check.verdict is verdict, check
    for word in words:
        assert word in f"{check.found} {check.remedy}", check
    if verdict in {Verdict.WARNING, Verdict.FAILED}:
        assert check.remedy, check


def test_a_terminal() -> None:
    is_(check_terminal(TERMINAL, {"TERM": "xterm-256color"}), Verdict.OK, "xterm-256color")
    is_(check_terminal(TERMINAL, {}), Verdict.WARNING, "TERM")
    is_(check_terminal(TERMINAL, {"TERM": "dumb"}), Verdict.FAILED)
    is_(check_terminal(PIPE, {"TERM": "dumb"}), Verdict.WARNING, "Standard input", "status")
    is_(check_terminal(replace(PIPE, reads=True), {}), Verdict.WARNING, "Standard error")


def test_the_size() -> None:
    is_(check_size(TERMINAL, {}), Verdict.OK, "120 columns, 40 lines")
    is_(check_size(replace(TERMINAL, columns=80, lines=24), {}), Verdict.OK)
    is_(check_size(replace(TERMINAL, columns=79), {}), Verdict.WARNING, "80 by 24")
    is_(check_size(replace(TERMINAL, lines=23), {}), Verdict.WARNING, "80 by 24")
    is_(check_size(TERMINAL, {"COLUMNS": "80"}), Verdict.WARNING, "COLUMNS=80", "unset")
    is_(check_size(TERMINAL, {"COLUMNS": "120", "LINES": "40"}), Verdict.OK)
    is_(check_size(PIPE, {}), Verdict.SKIPPED)


@pytest.mark.parametrize(
    ("environment", "verdict", "word"),
    [
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, Verdict.OK, "16 million"),
        ({"TERM": "tmux-256color"}, Verdict.OK, "256"),
        ({"TERM": "linux"}, Verdict.OK, "pixel-ansi"),
        ({"TERM": "xterm-16color"}, Verdict.OK, "pixel-ansi"),
        ({"TERM": "alacritty"}, Verdict.WARNING, "COLORTERM=truecolor"),
        ({"TERM": "xterm-256color", "NO_COLOR": ""}, Verdict.OK, "NO_COLOR"),
    ],
)
def test_the_colours(environment: Mapping[str, str], verdict: Verdict, word: str) -> None:
    is_(check_colours(TERMINAL, environment), verdict, word)
    is_(check_colours(PIPE, environment), Verdict.SKIPPED)


@pytest.mark.parametrize(
    ("environment", "verdict"),
    [
        ({"LANG": "en_US.UTF-8"}, Verdict.OK),
        ({"LANG": "C.utf8"}, Verdict.OK),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "C"}, Verdict.WARNING),
        ({"LC_CTYPE": "de_DE.ISO-8859-1"}, Verdict.WARNING),
        ({}, Verdict.WARNING),
    ],
)
def test_the_characters(environment: Mapping[str, str], verdict: Verdict) -> None:
    is_(check_characters(environment), verdict)


@pytest.mark.parametrize(
    ("options", "verdict", "word"),
    [
        ({"set-clipboard": "on", "allow-passthrough": "off"}, Verdict.OK, "set-clipboard on"),
        ({"set-clipboard": "external", "allow-passthrough": "on"}, Verdict.OK, "outside"),
        ({"set-clipboard": "external"}, Verdict.OK, "outside"),
        (
            {"set-clipboard": "external", "allow-passthrough": "off"},
            Verdict.WARNING,
            "tmux set -s set-clipboard on",
        ),
        (None, Verdict.SKIPPED, "tmux show"),
    ],
)
def test_the_clipboard_in_tmux(
    options: Mapping[str, str] | None, verdict: Verdict, word: str
) -> None:
    is_(check_clipboard(TERMINAL, {"TMUX": "/tmp/t,1,0"}, options), verdict, word)


def test_the_clipboard_elsewhere() -> None:
    is_(check_clipboard(TERMINAL, {"TERM": "screen", "STY": "1.x"}, None), Verdict.OK, "screen")
    is_(check_clipboard(TERMINAL, {"TERM": "linux"}, None), Verdict.WARNING, "Linux console")
    is_(check_clipboard(TERMINAL, {"TERM": "xterm-kitty"}, None), Verdict.SKIPPED, "Try `y`")
    is_(check_clipboard(PIPE, {}, None), Verdict.SKIPPED)
