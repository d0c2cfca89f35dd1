"""The themes: dark, light, and one with the terminal's own 16 colours.

The colours of the first two have a close match in a terminal with 256 colours, where most dark
tones become grey (`tests/unit/console/test_theme.py`).
"""

from collections.abc import Mapping
from typing import Final

from textual.theme import Theme

from pixel_tui.terminal.few_colours import has_few_colours

DARK: Final = Theme(
    name="pixel-dark",
    dark=True,
    primary="#7aa2d6",
    secondary="#8b93a7",
    accent="#e0b465",
    foreground="#d6dae2",
    background="#14161b",
    surface="#1b1e25",
    panel="#21252e",
    success="#86c07f",
    warning="#e0b465",
    error="#e8777a",
    variables={
        "error-muted": "#5a2a2e",
        "border-blurred": "#363c49",
        "block-cursor-background": "#2c4878",
        "block-cursor-foreground": "#f2f4f8",
        "block-cursor-text-style": "bold",
        "footer-key-foreground": "#e0b465",
        "footer-description-foreground": "#9aa2b1",
        "footer-background": "#1b1e25",
        "scrollbar": "#363c49",
        "scrollbar-background": "#14161b",
    },
)
LIGHT: Final = Theme(
    name="pixel-light",
    dark=False,
    primary="#2f5f9e",
    secondary="#5a6272",
    accent="#8a5a00",
    foreground="#22262e",
    background="#f7f7f4",
    surface="#eeeeea",
    panel="#e4e4df",
    success="#2d7a33",
    warning="#8a5a00",
    error="#b3262e",
    variables={
        "border-blurred": "#c4c6c2",
        "block-cursor-background": "#c9d8ee",
        "block-cursor-foreground": "#14161b",
        "block-cursor-text-style": "bold",
        "footer-key-foreground": "#8a5a00",
        "footer-description-foreground": "#4a5160",
        "footer-background": "#eeeeea",
        "scrollbar": "#c4c6c2",
        "scrollbar-background": "#f7f7f4",
    },
)
ANSI: Final = Theme(
    name="pixel-ansi",
    ansi=True,
    dark=True,
    primary="ansi_blue",
    secondary="ansi_cyan",
    accent="ansi_yellow",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    boost="ansi_default",
    success="ansi_green",
    warning="ansi_yellow",
    error="ansi_red",
    variables={
        "ansi-background": "ansi_black",
        "ansi-foreground": "ansi_white",
        "border-blurred": "ansi_bright_black",
        "block-cursor-background": "ansi_white",
        "block-cursor-foreground": "ansi_black",
        "block-cursor-text-style": "bold",
        "input-cursor-background": "ansi_white",
        "input-cursor-foreground": "ansi_black",
        "input-selection-background": "ansi_bright_blue",
        "input-selection-foreground": "ansi_black",
        "screen-selection-background": "ansi_bright_blue",
        "screen-selection-foreground": "ansi_black",
        "footer-background": "ansi_default",
    },
)
ALL_THEMES: Final = (DARK, LIGHT, ANSI)


def default_theme(environment: Mapping[str, str]) -> str:
    """Return the theme for a terminal if the user has not chosen one.

    A terminal with a light background (`COLORFGBG`) gets the light theme, one with few colours
    the theme of its own colours.
    """
    if "NO_COLOR" in environment:
        return ANSI.name  # only in an ANSI theme Textual uses no colours at all
    if has_few_colours(environment.get("TERM", "")):
        return ANSI.name
    background = environment.get("COLORFGBG", "").rpartition(";")[2]
    return LIGHT.name if background in {"7", "15"} else DARK.name
