"""The texts about keys on the environment screen."""

import pytest

from screens.environment.content import key_content


@pytest.mark.parametrize(
    ("no_keys", "words"), [(True, "There are no keys yet."), (False, "No key matches.")]
)
def test_without_a_key_under_the_cursor_the_reason_is_shown(no_keys: bool, words: str) -> None:
    assert key_content(None, no_keys=no_keys).plain == words
