"""Exit codes in words: the number, with its meaning in parentheses."""

import pytest

from pixel_tui.stack.model.words import code_words, exit_words


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (0, "0"),
        (1, "1"),
        (125, "125 (Docker could not run it)"),
        (127, "127 (command not found)"),
        (128, "128"),
        (137, "137 (SIGKILL)"),
        (143, "143 (SIGTERM)"),
        (178, "178 (signal 50)"),
        (-9, "-9 (SIGKILL)"),
        (255, "255"),
    ],
)
def test_an_exit_code_has_its_meaning_if_it_has_one(code: int, words: str) -> None:
    assert code_words(code) == words
    assert exit_words(code) == f"exit code {words}"


def test_out_of_memory_takes_precedence_over_the_signal() -> None:
    assert code_words(137, oom_killed=True) == "137 (out of memory)"
    assert exit_words(137, oom_killed=True) == "exit code 137 (out of memory)"
