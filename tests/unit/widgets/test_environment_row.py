"""The rows of the environment table."""

from pixel_tui.text import plain
from widgets.rows.environment_row import MAX_CHARACTERS, shortened


def test_a_text_that_can_be_read_is_shown_whole() -> None:
    assert shortened(plain("x" * MAX_CHARACTERS)) == "x" * MAX_CHARACTERS


def test_of_one_that_nobody_reads_the_beginning_and_the_length_are_shown() -> None:
    assert shortened(plain("x" * 300_000)) == "x" * MAX_CHARACTERS + "… (300,000 characters)"
