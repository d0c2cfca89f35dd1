"""Exit codes in words: the number, with its meaning in parentheses."""

import pytest

from pixel_tui.stack.model.container import ContainerState
from pixel_tui.stack.model.words import code_words, down_words, exit_words
from tests.builders.join import container


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


@pytest.mark.parametrize(
    ("state", "code", "words"),
    [
        (ContainerState.EXITED, 0, "has exited with exit code 0"),
        (ContainerState.EXITED, None, "has exited"),
        (ContainerState.RESTARTING, 1, "is restarting (exit code 1)"),
        (ContainerState.CREATED, None, "is created"),
    ],
)
def test_a_container_that_is_down_is_described_with_its_exit_code(
    state: ContainerState, code: int | None, words: str
) -> None:
    assert down_words(container(state=state, exit_code=code)) == words
