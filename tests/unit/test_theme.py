"""Which look a terminal gets that nobody has chosen one for."""

import pytest

from pixel_tui.settings import THEMES
from pixel_tui.theme import EVERY, default_theme


@pytest.mark.parametrize(
    ("environment", "theme"),
    [
        ({}, "pixel-dark"),
        ({"TERM": "xterm-256color"}, "pixel-dark"),
        ({"TERM": "tmux-256color", "COLORFGBG": "15;0"}, "pixel-dark"),
        ({"TERM": "xterm-256color", "COLORFGBG": "0;15"}, "pixel-light"),
        ({"TERM": "rxvt", "COLORFGBG": "0;default;7"}, "pixel-light"),
        ({"TERM": "linux", "COLORFGBG": "0;15"}, "pixel-ansi"),
        ({"TERM": "vt100"}, "pixel-ansi"),
        ({"TERM": "screen"}, "pixel-ansi"),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, "pixel-ansi"),
        ({"NO_COLOR": "", "COLORFGBG": "0;15"}, "pixel-ansi"),
    ],
)
def test_the_terminal_decides(environment: dict[str, str], theme: str) -> None:
    assert default_theme(environment) == theme


def test_the_settings_know_every_theme() -> None:
    assert tuple(theme.name for theme in EVERY) == THEMES
