"""Merging two edits of one file."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixel_tui.environment.dotenv.document import DotenvDocument
from pixel_tui.environment.dotenv.merge import Conflict, MergeResult, Side, merge, resolve
from pixel_tui.errors import UsageError

BASE = """\
# ==== Database ====
POSTGRES_URL=postgres://db  # the database
DB_POOL=5

# ==== Keys ====
# the agent's
OPENAI_API_KEY=sk-1
GH_TOKEN=ghp_1
"""


def of(text: str) -> DotenvDocument:
    return DotenvDocument.parse(text.encode())


def merged(base: str, mine: str, theirs: str) -> MergeResult:
    return merge(of(base), of(mine), of(theirs))


def text(result: MergeResult) -> str:
    assert not result.conflicts
    return result.document.data.decode()


def only(result: MergeResult) -> Conflict:
    (conflict,) = result.conflicts
    return conflict


class TestWithoutConflict:
    def test_changes_of_different_keys_are_both_taken(self) -> None:
        result = merged(BASE, BASE.replace("sk-1", "sk-2"), BASE.replace("DB_POOL=5", "DB_POOL=9"))
        assert text(result) == BASE.replace("sk-1", "sk-2").replace("POOL=5", "POOL=9")

    def test_changes_of_adjacent_keys_do_not_conflict(self) -> None:
        result = merged("A=1\nB=1\n", "A=2\nB=1\n", "A=1\nB=2\n")
        assert text(result) == "A=2\nB=2\n"

    def test_the_same_change_is_taken_once(self) -> None:
        both = BASE.replace("sk-1", "sk-2") + "NEW=1\n"
        assert text(merged(BASE, both, both)) == both

    def test_keys_that_both_added_at_one_place_are_all_kept(self) -> None:
        assert text(merged("A=1\n", "A=1\nB=1\nX=1\n", "A=1\nC=1\nX=1\n")) == "A=1\nB=1\nX=1\nC=1\n"

    def test_a_key_that_one_removed_is_removed(self) -> None:
        result = merged(BASE, BASE.replace("DB_POOL=5\n", ""), BASE.replace("sk-1", "sk-2"))
        assert text(result) == BASE.replace("DB_POOL=5\n", "").replace("sk-1", "sk-2")

    def test_a_moved_key_gets_the_value_of_the_other_side(self) -> None:
        assert text(merged("A=1\nB=1\nC=1\n", "B=1\nC=1\nA=1\n", "A=2\nB=1\nC=1\n")) == (
            "B=1\nC=1\nA=2\n"
        )

    def test_a_key_that_both_moved_is_kept_once(self) -> None:
        result = text(merged("A=1\nB=1\nC=1\n", "B=1\nA=1\nC=1\nD=1\n", "B=1\nC=1\nD=1\nA=1\n"))
        assert sorted(result.split()) == ["A=1", "B=1", "C=1", "D=1"]

    def test_a_key_that_one_moved_and_the_other_removed_is_removed(self) -> None:
        assert text(merged("A=1\nB=1\nC=1\n", "B=1\nC=1\nA=1\n", "B=1\nC=1\n")) == "B=1\nC=1\n"

    def test_comments_of_both_are_kept(self) -> None:
        result = merged("# old\nA=1\n", "# mine\nA=1\n", "# theirs\nA=1\n")
        assert text(result) == "# mine\n# theirs\nA=1\n"

    def test_a_multi_line_value_is_one_unit(self) -> None:
        base = 'A="1\n2\n3"\nB=1\n'
        result = merged(base, base.replace("2", "5"), base.replace("B=1", "B=2"))
        assert text(result) == 'A="1\n5\n3"\nB=2\n'

    def test_changed_line_ends_are_kept(self) -> None:
        mine = BASE.replace("\n", "\r\n")
        theirs = BASE.replace("sk-1", "sk-2")
        assert text(merged(BASE, mine, theirs)) == mine.replace("sk-1", "sk-2")

    def test_a_last_line_gets_a_line_end_if_something_follows(self) -> None:
        assert text(merged("A=1", "A=1\nB=1", "A=1\nC=1")) == "A=1\nB=1\nC=1"
        assert text(merged("A=1\r\nB=1", "A=1\r\nB=1\r\nC=1", "A=2\r\nB=1")) == (
            "A=2\r\nB=1\r\nC=1"
        )

    def test_a_byte_order_mark_stays_at_the_start(self) -> None:
        assert text(merged("\ufeffA=1\n", "\ufeffN=1\nA=1\n", "\ufeffA=2\n")) == (
            "\ufeffN=1\nA=2\n"
        )

    def test_two_entries_of_one_line_stay_together(self) -> None:
        base = 'A="1"B=2\nC=3\n'
        assert len(of(base).entries) == 3
        assert text(merged(base, base.replace("2", "5"), base.replace("3", "4"))) == (
            'A="1"B=5\nC=4\n'
        )


class TestConflict:
    def test_it_names_the_key_and_both_sides(self) -> None:
        result = merged("A=1\nB=1\n", "A=2\nB=1\n", "A=3\nB=1\n")
        conflict = only(result)
        assert conflict.key == "A"
        sides = [conflict.base, conflict.mine, conflict.theirs]
        assert [entry.written if entry else None for entry in sides] == ["1", "2", "3"]

    def test_it_is_resolved_by_a_choice(self) -> None:
        result = merged("A=1\nB=1\n", "A=2\nB=1\n", "A=3\nB=2\n")
        assert resolve(result, {only(result): Side.MINE}).data == b"A=2\nB=2\n"
        assert resolve(result, {only(result): Side.THEIRS}).data == b"A=3\nB=2\n"
        assert result.document.data == b"A=2\nB=2\n"

    def test_nothing_is_chosen_silently(self) -> None:
        with pytest.raises(UsageError, match="A"):
            resolve(merged("A=1\n", "A=2\n", "A=3\n"), {})

    @pytest.mark.parametrize(
        ("mine", "theirs", "by_mine", "by_theirs"),
        [
            ("B=1\n", "A=2\nB=1\n", b"B=1\n", b"A=2\nB=1\n"),
            ("A=2\nB=1\n", "B=1\n", b"A=2\nB=1\n", b"B=1\n"),
        ],
    )
    def test_a_key_that_one_removed_and_the_other_changed_is_one(
        self, mine: str, theirs: str, by_mine: bytes, by_theirs: bytes
    ) -> None:
        result = merged("A=1\nB=1\n", mine, theirs)
        assert resolve(result, {only(result): Side.MINE}).data == by_mine
        assert resolve(result, {only(result): Side.THEIRS}).data == by_theirs

    def test_the_last_entry_of_a_duplicate_key_is_compared(self) -> None:
        assert text(merged("A=1\n", "A=5\nA=1\n", "A=3\n")) == "A=5\nA=3\n"
        conflict = only(merged("A=1\n", "A=1\nA=5\n", "A=3\n"))
        assert conflict.occurrence == 0
        conflict = only(merged("A=1\nB=1\n", "B=1\n", "A=5\nA=1\nB=1\n"))
        assert (conflict.occurrence, conflict.mine) == (1, None)

    def test_a_key_that_one_commented_out_and_the_other_changed_is_one(self) -> None:
        result = merged("A=1\nB=1\n", "# A=1\nB=1\n", "A=2\nB=1\n")
        assert only(result).mine is None
        assert resolve(result, {only(result): Side.MINE}).data == b"# A=1\nB=1\n"
        assert b"\nA=2\n" in resolve(result, {only(result): Side.THEIRS}).data

    def test_a_key_that_both_added_with_different_values_is_one(self) -> None:
        result = merged("A=1\n", "A=1\nN=1\n", "A=1\nN=2\n")
        assert only(result).base is None
        assert resolve(result, {only(result): Side.THEIRS}).data == b"A=1\nN=2\n"

    def test_its_repr_contains_no_value(self) -> None:
        result = merged("A=secret1\n", "A=secret2\n", "A=secret3\n")
        assert "secret" not in repr(result)


LINE = st.one_of(
    st.tuples(st.sampled_from("ABCDEF"), st.sampled_from(["1", "2", "3", "'x y'", '"a\nb"'])).map(
        "=".join
    ),
    st.sampled_from(
        ["", "# one", "# two", "# ==== S ====", "# A=1", "export G=1", "no entry", "H"]
    ),
)
FILE = st.tuples(st.lists(LINE, max_size=9), st.sampled_from(["\n", "\r\n"]), st.booleans()).map(
    lambda parts: (parts[1].join(parts[0]) + (parts[1] if parts[2] else "")).encode()
)


@st.composite
def edits(draw: st.DrawFn) -> tuple[bytes, bytes, bytes]:
    """A file, and two edits of it that have most of its lines."""
    base = draw(st.lists(LINE, max_size=9))

    def edited() -> bytes:
        lines = list(base)
        for _ in range(draw(st.integers(0, 4))):
            place = draw(st.integers(0, len(lines)))
            kind = draw(st.sampled_from(["insert", "remove", "replace"]))
            lines[place : place + (kind != "insert")] = [draw(LINE)] if kind != "remove" else []
        # A key alone is none at the very end of a file.
        line_end = "\n" if lines[-1:] == ["H"] else draw(st.sampled_from(["", "\n"]))
        return ("\n".join(lines) + line_end).encode()

    return ("\n".join(base) + "\n").encode(), edited(), edited()


@given(FILE, FILE)
def test_the_only_changed_side_is_the_result(base: bytes, other: bytes) -> None:
    was, now = DotenvDocument.parse(base), DotenvDocument.parse(other)
    for result in (merge(was, now, was), merge(was, was, now), merge(was, now, now)):
        assert not result.conflicts
        assert result.document.data == other


@given(edits())
def test_no_line_of_either_side_is_lost_without_a_conflict(
    files: tuple[bytes, bytes, bytes],
) -> None:
    base, mine, theirs = map(DotenvDocument.parse, files)
    result = merge(base, mine, theirs)
    named = {conflict.key for conflict in result.conflicts}
    choices = [entry for item in result.conflicts for entry in (item.mine, item.theirs) if entry]
    there = set(lines(result.document))

    def is_told(line: bytes) -> bool:
        key = line.removeprefix(b"export ").partition(b"=")[0].decode()
        inside = any(line in entry.raw.encode() for entry in choices)
        return line in there or key in named or inside or overruled(key, base, mine, theirs)

    for side in (mine, theirs):
        assert all(map(is_told, set(lines(side)) - set(lines(base))))
    for line, number in Counter(lines(base)).items():
        if all(lines(document).count(line) == number for document in (mine, theirs)):
            assert is_told(line)


@given(edits())
def test_a_change_of_one_side_is_in_the_result(
    files: tuple[bytes, bytes, bytes],
) -> None:
    base, mine, theirs = map(DotenvDocument.parse, files)
    result = merge(base, mine, theirs)
    named = {conflict.key for conflict in result.conflicts}
    keys = {entry.key for document in (base, mine, theirs) for entry in document.entries}
    for key in keys - {""}:
        was, is_mine, is_theirs = (counting(document, key) for document in (base, mine, theirs))
        is_now = counting(result.document, key)
        if is_mine in {was, is_theirs}:
            assert is_now == is_theirs or key in named, key
        elif is_theirs == was:
            assert is_now == is_mine or key in named, key
        else:
            assert key in named, key


@given(edits())
def test_every_choice_is_taken_and_mine_comes_first(files: tuple[bytes, bytes, bytes]) -> None:
    result = merge(*map(DotenvDocument.parse, files))
    mine = resolve(result, dict.fromkeys(result.conflicts, Side.MINE))
    assert mine.data == result.document.data
    theirs = resolve(result, dict.fromkeys(result.conflicts, Side.THEIRS))
    for conflict in result.conflicts:
        assert conflict.mine != conflict.theirs
        if conflict.theirs is not None and not theirs.faults:
            raws = [entry.raw for entry in theirs.entries if entry.key == conflict.key]
            assert conflict.theirs.raw in raws


@given(edits())
def test_both_sides_get_the_same_entries_from_a_merge(files: tuple[bytes, bytes, bytes]) -> None:
    base, mine, theirs = map(DotenvDocument.parse, files)
    one, other = merge(base, mine, theirs), merge(base, theirs, mine)
    assert {item.key for item in one.conflicts} == {item.key for item in other.conflicts}
    if not one.conflicts:
        assert sorted(lines(one.document)) == sorted(lines(other.document))


def lines(document: DotenvDocument) -> list[bytes]:
    return [line.rstrip(b"\r") for line in document.data.split(b"\n") if line.strip()]


def counting(document: DotenvDocument, key: str) -> str | None:
    entry = document.entry(key)
    return entry.raw if entry else None


def occurrences(document: DotenvDocument, key: str) -> list[str]:
    return [entry.raw for entry in document.entries if entry.key == key and not entry.commented]


def overruled(key: str, *documents: DotenvDocument) -> bool:
    """Whether a line belongs to an entry that occurs more than once."""
    return max(len(occurrences(document, key)) for document in documents) > 1
