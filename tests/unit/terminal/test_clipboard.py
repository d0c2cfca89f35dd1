"""Copying through the terminal, and through tmux and screen."""

import base64
import re

import pytest

from pixel_tui.terminal.clipboard import SCREEN_CHUNK, osc52

PLAIN = "\x1b]52;c;d29yZHM=\x07"


def test_a_terminal_gets_the_sequence_itself() -> None:
    assert osc52("words", {"TERM": "xterm-256color"}) == PLAIN


@pytest.mark.parametrize(
    "environment",
    [{"TMUX": "/tmp/tmux-0/default,1,0", "TERM": "screen"}, {"TERM": "tmux-256color"}],
)
def test_tmux_gets_the_sequence_plain_and_wrapped(environment: dict[str, str]) -> None:
    wrapped = "\x1bPtmux;\x1b\x1b]52;c;d29yZHM=\x07\x1b\\"
    assert osc52("words", environment) == PLAIN + wrapped


@pytest.mark.parametrize("environment", [{"STY": "1.pts"}, {"TERM": "screen.xterm-256color"}])
def test_screen_gets_the_sequence_wrapped(environment: dict[str, str]) -> None:
    assert osc52("words", environment) == f"\x1bP{PLAIN}\x1b\\"


def test_screen_gets_a_long_text_in_parts() -> None:
    text = "long " * 500
    sequence = osc52(text, {"STY": "1.pts"})
    parts = re.findall(r"\x1bP(.*?)\x1b\\", sequence, re.DOTALL)
    assert max(map(len, parts)) <= SCREEN_CHUNK
    assert "".join(f"\x1bP{part}\x1b\\" for part in parts) == sequence
    joined = "".join(parts)
    assert base64.b64decode(joined.removeprefix("\x1b]52;c;").removesuffix("\x07")).decode() == text


@pytest.mark.parametrize("text", ["", "ünïcode 漢字", "\x1b]0;evil\x07", "\ud800 lone"])
def test_nothing_in_the_text_can_end_the_sequence(text: str) -> None:
    sequence = osc52(text, {})
    payload = sequence.removeprefix("\x1b]52;c;").removesuffix("\x07")
    assert re.fullmatch(r"[A-Za-z0-9+/]*=*", payload)
    assert base64.b64decode(payload) == text.encode("utf-8", "replace")
