"""Counts with their nouns."""

import pytest

from pixel_tui.plurals import counted


@pytest.mark.parametrize(
    ("count", "words"), [(0, "0 tasks"), (1, "1 task"), (2, "2 tasks"), (1204, "1,204 tasks")]
)
def test_the_noun_is_singular_or_plural(count: int, words: str) -> None:
    assert counted(count, "task") == words
