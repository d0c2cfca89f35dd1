"""The default themes, and their colours in terminals with 256 colours."""

import pytest
from rich.color import Color, ColorSystem
from rich.color_triplet import ColorTriplet
from textual.theme import Theme

from pixel_tui.console.theme import ALL_THEMES, DARK, LIGHT, default_theme
from pixel_tui.settings import THEMES


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
        ({"TERM": "xterm-16color"}, "pixel-ansi"),
        ({"TERM": "screen-16color", "COLORFGBG": "0;15"}, "pixel-ansi"),
        ({"TERM": "alacritty"}, "pixel-dark"),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, "pixel-ansi"),
        ({"NO_COLOR": "", "COLORFGBG": "0;15"}, "pixel-ansi"),
    ],
)
def test_the_terminal_decides(environment: dict[str, str], theme: str) -> None:
    assert default_theme(environment) == theme


def test_the_settings_know_every_theme() -> None:
    assert tuple(theme.name for theme in ALL_THEMES) == THEMES


def in_256(theme: Theme, variable: str) -> ColorTriplet:
    """Return the colour that a terminal with 256 colours shows."""
    colour = Color.parse(str(theme.to_color_system().generate()[variable])[:7])
    return colour.downgrade(ColorSystem.EIGHT_BIT).get_truecolor()


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_red_stays_red_in_256_colours(theme: Theme) -> None:
    for variable in ("error", "error-muted", "text-error"):
        shown = in_256(theme, variable)
        assert shown.red >= max(shown.green, shown.blue) + 40, (variable, shown)


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_the_cursor_row_is_distinct_in_256_colours(theme: Theme) -> None:
    row, ground = in_256(theme, "block-cursor-background"), in_256(theme, "background")
    assert row.blue >= row.red + 40, "blue, and no grey"
    assert max(abs(one - other) for one, other in zip(row, ground, strict=True)) >= 40
    assert row not in {in_256(theme, "error-muted"), in_256(theme, "scrollbar")}
