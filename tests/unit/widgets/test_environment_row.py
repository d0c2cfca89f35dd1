"""What of an environment is put on the screen."""

from pixel_tui.text import plain
from widgets.rows.environment_row import LONGEST, brief


def test_a_text_that_can_be_read_is_shown_whole() -> None:
    assert brief(plain("x" * LONGEST)) == "x" * LONGEST


def test_of_one_that_nobody_reads_the_beginning_and_the_length_are_shown() -> None:
    assert brief(plain("x" * 300_000)) == "x" * LONGEST + "… (300,000 characters)"
