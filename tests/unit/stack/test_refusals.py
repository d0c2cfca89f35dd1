"""Errors of compose: what a shell command prints of them is true after it has ended."""

import pytest

from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.compose.refusals import access_error, invalid_json, refusal

COMMAND = ComposeCommand(directory="/srv/pixel", project="pixel")


@pytest.mark.parametrize(
    ("messages", "hint"),
    [
        ("yaml: line 1: did not find expected key", "Fix the file."),
        (
            "open /srv/pixel/compose.yaml: permission denied",
            "Make it readable (see `ls -l`), or start pixel-tui as its owner.",
        ),
        (
            "no configuration file provided: not found",
            "Change to the project's folder, or use `pixel-tui -C DIR`.",
        ),
    ],
)
def test_a_refusal_says_what_to_do_and_promises_no_second_try(messages: str, hint: str) -> None:
    assert refusal(messages, COMMAND).hint == hint


def test_no_other_error_promises_one_either() -> None:
    errors = (access_error("/srv", PermissionError(13, "no")), invalid_json(COMMAND))
    assert not any("retries" in error.sentence + error.hint for error in errors)
