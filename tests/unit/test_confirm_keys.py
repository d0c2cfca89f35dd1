"""Keys as texts name them."""

import pytest

from pixel_tui.confirm_keys import shown_key


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("c", "c"), ("G", "G"), ("f8", "F8"), ("ctrl+x", "^x"), ("escape", "Esc"),
        ("enter", "Enter"), ("backspace", "Backspace"), ("space", "Space"),
        ("pagedown", "PageDown"), ("ctrl+pagedown", "^PageDown"), ("shift+tab", "shift+Tab"),
        ("question_mark", "?"), ("slash", "/"), ("left_square_bracket", "["), ("plus", "+"),
        ("+", "+"), ("minus", "-"), ("escape,n,q", "Esc"), ("f2, x", "F2"),
    ],
)  # fmt: skip
def test_a_key_is_named_as_it_is_written_on_the_keyboard(key: str, words: str) -> None:
    assert shown_key({"plan.run": key}, "plan.run", "y") == words


def test_a_key_that_the_settings_do_not_bind_has_its_default() -> None:
    assert shown_key({"plan.run": "x"}, "plan.cancel", "escape,q") == "Esc"
