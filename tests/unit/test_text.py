"""Sanitizing foreign text: nothing in it can control a terminal."""

import re
import unicodedata

import pyte
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pixel_tui.text import defuse, is_harmless, plain, plain_lines, shown_line

NASTY = [
    "\x1b]0;owned\x07",
    "\x1b]52;c;ZXZpbA==\x07",
    "\x1b]52;c;ZXZpbA==\x1b\\",
    "\x1b[2J\x1b[H",
    "\x1bPq#0;2;0;0;0\x1b\\",
    "\x1b_apc\x1b\\",
    "\x9b2J",
    "\x9d0;title\x9c",
    "\x1b]8;;http://evil.example\x1b\\link\x1b]8;;\x1b\\",
    "\x1b[6n",
    "\x1bc",
    "\x00\x07\x08\x0e\x7f",
    "\u202egnp.exe",
    "a\u200bb\u2066c",
    "\ud800",
    "\U000e0041",
]


@pytest.mark.parametrize("raw", NASTY)
def test_no_control_or_invisible_character_passes(raw: str) -> None:
    shown = plain(f"before {raw} after")
    assert is_harmless(shown)
    assert "\x1b" not in shown
    assert shown.startswith("before ")


@given(st.binary(max_size=400))
@example(b"\x1b]0;" + b"a" * 100)
@example(b"\xff\xfe\x1b[31mred\x1b[0m")
def test_any_bytes_become_harmless_text(raw: bytes) -> None:
    shown = plain(raw)
    assert is_harmless(shown)
    assert not any(unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} for char in shown)


@given(st.text(max_size=400))
def test_plain_is_idempotent(raw: str) -> None:
    once = plain(raw)
    assert plain(once) == once


@given(st.text(alphabet=st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=200))
def test_ordinary_text_passes_unchanged(raw: str) -> None:
    ordinary = re.sub("[\u3164\uffa0\u115f\u1160]", "", raw)
    if is_harmless(ordinary):
        assert plain(ordinary) == ordinary


def test_markup_stays_text() -> None:
    assert plain("[ERROR] [/foo] [x=1]") == "[ERROR] [/foo] [x=1]"


def test_colours_are_removed_and_text_stays() -> None:
    assert plain("\x1b[1;31mERROR\x1b[0m disk full") == "ERROR disk full"


def test_an_unterminated_string_sequence_removes_only_itself() -> None:
    assert plain("ok \x1b]0;title without end") == "ok "


def test_other_control_characters_are_shown_as_marks() -> None:
    assert plain("a\x00b\rc\x7f") == "a␀b␍c␡"


def test_tabs_expand_to_the_next_stop() -> None:
    assert plain("a\tb") == "a       b"


def test_only_line_feeds_separate_lines() -> None:
    assert plain_lines(b"one\r\ntwo\x0bstill two\xe2\x80\xa8too\n") == ("one", "two␋still twotoo")


@given(st.text(max_size=200))
def test_defuse_leaves_nothing_that_a_terminal_interprets(raw: str) -> None:
    assert is_harmless(defuse(raw))


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b"10%\r50%\r100%\n", "100%"),
        (b"  0 of 20\r 20 of 20\r\n", " 20 of 20"),
        (b"loading...\rdone", "doneing..."),
        (b"loading...\r\x1b[Kdone", "done"),
        (b"loading...\x1b[2K\x1b[1Gdone", "done"),
        (b"loading...\r\x1b[2K\r", ""),
        ("a\rb\x1b[31m", "b"),
        (b"no progress\r\n", "no progress"),
    ],
)
def test_an_overwritten_line_shows_what_a_terminal_shows(raw: bytes | str, shown: str) -> None:
    assert shown_line(raw) == shown


@given(st.lists(st.text(st.characters(min_codepoint=32, max_codepoint=126)), min_size=1))
def test_a_line_of_progress_states_shows_the_same_as_a_terminal(states: list[str]) -> None:
    screen = pyte.Screen(2000, 2)
    pyte.Stream(screen).feed("\r".join(states))
    assert shown_line("\r".join(states)).rstrip() == screen.display[0].rstrip()


@given(st.text())
def test_an_overwritten_line_is_sanitized(raw: str) -> None:
    assert is_harmless(shown_line(raw))
