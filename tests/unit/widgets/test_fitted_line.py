"""A line that leaves out complete parts."""

import pytest
from textual.content import Content

from widgets.lines.fitted_line import LinePart, fitted

PARTS = (
    LinePart(Content("17 keys"), 5),
    LinePart(Content("1 missing"), 1, gap=", "),
    LinePart(Content("2 warnings"), 4, gap=", "),
    LinePart(Content(""), 0),
    LinePart(Content("not saved"), 0, gap="   "),
)


@pytest.mark.parametrize(
    ("width", "line"),
    [
        (80, "17 keys, 1 missing, 2 warnings   not saved"),
        (42, "17 keys, 1 missing, 2 warnings   not saved"),
        (41, "1 missing, 2 warnings   not saved"),
        (32, "1 missing   not saved"),
        (20, "not saved"),
        (5, "not …"),
        (0, ""),
    ],
)
def test_the_least_important_are_left_out_first(width: int, line: str) -> None:
    assert fitted(PARTS, width).plain == line


def test_of_equal_ones_the_last_is_left_out_first() -> None:
    assert fitted([LinePart(Content(word), 1) for word in "abc"], 5).plain == "a · b"


def test_without_parts_there_is_nothing() -> None:
    assert fitted([], 10).plain == ""
