"""Sending only changed cells shows the same as sending all of them."""

import re
from collections.abc import Sequence

import pyte
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip
from wcwidth import wcwidth

from pixel_tui.terminal.cell_text import cells_of
from pixel_tui.terminal.cells import ChangedCells
from pixel_tui.text import is_harmless

WIDTH, HEIGHT = 24, 4
CONSOLE = Console(color_system="truecolor", width=WIDTH, force_terminal=True)
STYLES = [
    Style(),
    Style(color="#e0e0e0", bgcolor="#121212"),
    Style(color="#e0e0e0", bgcolor="#121212", bold=True),
    Style(color="#00ff00", bgcolor="#121212"),
    Style(bgcolor="#303060"),
    Style(color="red"),
    Style(color="bright_blue", bgcolor="bright_black", underline=True),
    Style(dim=True),
    Style(color="color(123)", italic=True, reverse=True),
]
CELL = st.sampled_from(["a", "b", " ", "─", "▌", "é", "e\u0301", "漢", "字", "●"])
PIECE = st.tuples(st.lists(CELL, min_size=1, max_size=8).map("".join), st.sampled_from(STYLES))
LINE = st.lists(PIECE, max_size=6)
PICTURE = st.lists(LINE, min_size=HEIGHT, max_size=HEIGHT)


def strip_of(pieces: Sequence[tuple[str, Style]], width: int = WIDTH) -> Strip:
    return Strip([Segment(*piece) for piece in pieces]).adjust_cell_length(width, STYLES[1])


def whole(strips: Sequence[Strip]) -> LayoutUpdate:
    return LayoutUpdate([[strip] for strip in strips], Region(0, 0, WIDTH, HEIGHT))


def part(strips: Sequence[Strip], spans: list[tuple[int, int, int]], cut: int) -> ChopsUpdate:
    """A partial update of some lines, each cut into two chops."""
    chops = [dict(zip((0, cut), strip.divide([cut, WIDTH]), strict=True)) for strip in strips]
    return ChopsUpdate(chops, spans, [[cut, WIDTH]] * len(strips))


class Shown:
    """A simulated terminal."""

    def __init__(self) -> None:
        self.screen = pyte.Screen(WIDTH, HEIGHT)
        self._stream = pyte.Stream(self.screen)
        self.feed("\x1b[?7l")  # no line wrapping, as in the console

    def feed(self, data: str) -> None:
        self._stream.feed(data)

    def cells(self) -> list[list[tuple[object, ...]]]:
        lines = [self.screen.buffer[y] for y in range(HEIGHT)]
        return [[tuple(line[x]) for x in range(WIDTH)] for line in lines]


def painted_whole(strips: Sequence[Strip]) -> Shown:
    shown = Shown()
    shown.feed(ChangedCells().changes(whole(strips), CONSOLE))
    return shown


@given(st.lists(PICTURE, min_size=1, max_size=5))
def test_the_terminal_shows_the_last_frame_whatever_came_before(
    pictures: list[list[list[tuple[str, Style]]]],
) -> None:
    cells, shown = ChangedCells(), Shown()
    strips: list[Strip] = []
    for picture in pictures:
        strips = [strip_of(line) for line in picture]
        shown.feed(cells.changes(whole(strips), CONSOLE))
    assert shown.cells() == painted_whole(strips).cells()


@example([[], [], [], [("ae\u0301", Style())]], [[], [], [], [("ae\u0301a", Style())]], 2, 3, 2)
@given(
    PICTURE, PICTURE, st.integers(1, WIDTH - 1), st.integers(0, HEIGHT - 1), st.integers(0, WIDTH)
)
def test_a_part_of_a_line_replaces_the_old_content(
    before: list[list[tuple[str, Style]]],
    after: list[list[tuple[str, Style]]],
    cut: int,
    y: int,
    left: int,
) -> None:
    cells, shown = ChangedCells(), Shown()
    old, new = [strip_of(line) for line in before], [strip_of(line) for line in after]
    shown.feed(cells.changes(whole(old), CONSOLE))
    shown.feed(cells.changes(part(new, [(y, left, WIDTH)], cut), CONSOLE))
    kept, was = 0 if left < cut else cut, old[y]
    if left < WIDTH:
        old[y] = Strip.join([old[y].crop(0, kept), new[y].crop(kept, WIDTH)])
    # If such a character is cut, Textual loses a part of it that stays on the terminal.
    if not any(part_of in line.text for line in (was, old[y], new[y]) for part_of in "漢字\u0301"):
        assert shown.cells() == painted_whole(old).cells()
    # Half of a wide character is undefined, but the next frame is complete.
    shown.feed(cells.changes(whole(new), CONSOLE))
    assert shown.cells() == painted_whole(new).cells()


CONTESTED = ["👍🏽", "☰", "🚀", "स्ते", "क्षि", "🇩🇪", "\U0001fae9", "①"]
MIXED = st.tuples(
    st.lists(st.one_of(CELL, st.sampled_from(CONTESTED)), min_size=1, max_size=8).map("".join),
    st.sampled_from(STYLES),
)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.lists(st.lists(MIXED, max_size=6), min_size=HEIGHT, max_size=HEIGHT),
        min_size=1,
        max_size=5,
    ),
    st.dictionaries(st.sampled_from("".join(CONTESTED)), st.integers(1, 2)),
)
def test_no_cell_keeps_old_content_whatever_width_the_terminal_uses(
    pictures: list[list[list[tuple[str, Style]]]], widths: dict[str, int]
) -> None:
    def width(char: str) -> int:
        return widths.get(char, wcwidth(char))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pyte.screens, "wcwidth", width)
        cells, shown = ChangedCells(), Shown()
        strips: list[Strip] = []
        for picture in pictures:
            strips = [strip_of(line) for line in picture]
            shown.feed(cells.changes(whole(strips), CONSOLE))
        afresh = painted_whole(strips)
        assert shown.cells() == afresh.cells()
    for y, texts in enumerate(cells._texts):
        for x, text in enumerate(texts):
            if text.isascii() and text != " ":
                assert not text or shown.screen.buffer[y][x].data == text


def test_a_character_that_may_not_fit_at_the_edge_is_replaced() -> None:
    cells, shown = ChangedCells(), Shown()
    row = [("a" * (WIDTH - 1), Style()), ("क्षि", Style())]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pyte.screens, "wcwidth", lambda char: 2 if char == "्" else wcwidth(char))
        shown.feed(cells.changes(whole([strip_of(row)]), CONSOLE))
    line = "".join(shown.screen.buffer[0][x].data for x in range(WIDTH))
    assert line == "a" * (WIDTH - 1) + "\ufffd"


def test_rows_without_contested_characters_are_painted_as_usual() -> None:
    settled = "api ─│┌┐└┘ ● ○ ✓ ✗ ▌ ▁▂▃█ … “naïve” Ελλ Кир → 漢字 かな 한글 é e\u0301"
    cells, contested = cells_of(settled)
    assert "".join(cells) == settled
    assert not contested
    for text in CONTESTED:
        assert cells_of(f"a{text}b")[1]


def test_attributes_and_colours_are_those_of_rich() -> None:
    pieces = [(f"x{number}", style) for number, style in enumerate(STYLES)]
    shown, reference = Shown(), Shown()
    strip = strip_of(pieces)
    shown.feed(ChangedCells().changes(whole([strip] * HEIGHT), CONSOLE))
    for y in range(HEIGHT):
        reference.feed(f"\x1b[{y + 1};1H{strip.render(CONSOLE)}")
    assert shown.cells() == reference.cells()


def test_the_same_frame_again_sends_nothing() -> None:
    cells = ChangedCells()
    strips = [strip_of([("api", STYLES[1]), (" ● running", STYLES[3])])] * HEIGHT
    assert cells.changes(whole(strips), CONSOLE)
    assert not cells.changes(whole(strips), CONSOLE)
    assert not cells.changes(part(strips, [(1, 0, WIDTH)], 9), CONSOLE)


def test_a_changed_number_sends_only_its_digits() -> None:
    cells = ChangedCells()
    lines = [[strip_of([("cpu 0.1", STYLES[1])])] * HEIGHT, [strip_of([("cpu 0.2", STYLES[1])])]]
    cells.changes(whole(lines[0]), CONSOLE)
    sent = cells.changes(whole([*lines[1], *lines[0][1:]]), CONSOLE)
    assert sent == "\x1b[1;7H\x1b[38;2;224;224;224;48;2;18;18;18m2\x1b[0m"


def test_forgotten_cells_are_painted_again() -> None:
    cells = ChangedCells()
    strips = [strip_of([("api", STYLES[1])])] * HEIGHT
    first = cells.changes(whole(strips), CONSOLE)
    cells.forget()
    assert cells.changes(whole(strips), CONSOLE) == first


def test_another_colour_system_repaints_everything() -> None:
    cells = ChangedCells()
    strips = [strip_of([("api", Style(color="#ff0000"))])] * HEIGHT
    assert "38;2;255;0;0" in cells.changes(whole(strips), CONSOLE)
    few = Console(color_system="standard", width=WIDTH, force_terminal=True)
    sent = cells.changes(whole(strips), few)
    assert "api" in sent
    assert "38;2" not in sent


@given(st.text(min_size=1, max_size=12))
def test_no_text_commands_the_terminal(text: str) -> None:
    strips = [Strip([Segment(text, STYLES[1])])]
    sent = ChangedCells().changes(LayoutUpdate([strips], Region(0, 0, WIDTH, 1)), CONSOLE)
    own = re.sub(r"\x1b\[[\d;]*[Hm]", "", sent)
    assert is_harmless(own)
