"""The lines that two files have in common, as `difflib` finds them, but in bounded time."""

import random
import time
from difflib import SequenceMatcher

import pytest

from pixel_tui.environment.dotenv import line_matcher
from pixel_tui.environment.dotenv.line_matcher import LineMatcher

SIZE = 10_000
NUMBERED = [f"K{number}" for number in range(SIZE)]


def shuffled(lines: list[str]) -> list[str]:
    return random.Random(1).sample(lines, len(lines))


def test_ordinary_files_are_compared_by_difflib() -> None:
    old, new = list("abcabbadefg"), list("cbabacdxefgg")
    known = SequenceMatcher(None, old, new, autojunk=False)
    assert LineMatcher(old, new).get_matching_blocks() == known.get_matching_blocks()
    assert LineMatcher(old, new).get_opcodes() == known.get_opcodes()


@pytest.mark.parametrize("seed", range(20))
def test_matches_in_large_files_are_in_both_and_in_order(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_matcher, "MAX_STEPS", -1)
    letters = random.Random(seed)
    old, new = (letters.choices("abcdefghijklm", k=letters.randrange(20)) for _ in range(2))
    last = (0, 0)
    *blocks, end = LineMatcher(old, new).get_matching_blocks()
    for start, at, size in blocks:
        assert size
        assert last[0] <= start
        assert last[1] <= at
        assert last != (start, at) or last == (0, 0)  # blocks side by side are one
        assert old[start : start + size] == new[at : at + size]
        last = (start + size, at + size)
    assert end == (len(old), len(new), 0)


def test_an_edit_of_a_large_file_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_matcher, "MAX_STEPS", -1)
    old = ["#", "", "a", "b", "", "#", "c", "d", "", "e"]
    new = ["#", "", "a", "x", "b", "", "#", "d", "c", "", "e"]
    tags = [
        (tag, old[a:b], new[c:d])
        for tag, a, b, c, d in LineMatcher(old, new).get_opcodes()
        if tag != "equal"
    ]
    assert tags == [("insert", [], ["x"]), ("delete", ["c"], []), ("insert", [], ["c"])]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (NUMBERED, shuffled(NUMBERED)),
        (NUMBERED, NUMBERED[::-1]),
        (["#"] * SIZE, ["A", *["#"] * SIZE, "B"]),
        (["#"] * SIZE, [*["#"] * (SIZE // 2), "A", *["#"] * (SIZE // 2)]),
        (["#", ""] * SIZE, shuffled(["#", ""] * SIZE)),
        ([*NUMBERED, *["#"] * SIZE], [*["#"] * SIZE, *NUMBERED]),
    ],
    ids=["shuffled", "backwards", "one line", "a line within", "two lines", "moved"],
)
def test_the_largest_files_are_compared_quickly(old: list[str], new: list[str]) -> None:
    began = time.thread_time()
    LineMatcher(old, new).get_opcodes()
    assert time.thread_time() - began < 2  # by difflib alone: minutes
