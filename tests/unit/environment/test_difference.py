"""Comparing two environment files without showing secrets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixel_tui.environment.dotenv.difference import (
    DiffLineKind,
    DotenvDiff,
    KeyChangeKind,
    difference,
)
from pixel_tui.environment.dotenv.document import DotenvDocument
from pixel_tui.redaction.redactor import is_secret_value

SECRET = "correct-horse-battery"


def compared(old: str, new: str, *, context: int = 3) -> DotenvDiff:
    return difference(
        DotenvDocument.parse(old.encode()),
        DotenvDocument.parse(new.encode()),
        lambda entry: entry.key == "WALLET" or is_secret_value(entry.key, entry.written),
        context=context,
    )


def changes(result: DotenvDiff) -> list[tuple[str, KeyChangeKind, str | None, str | None]]:
    return [(item.key, item.kind, item.before, item.after) for item in result.changes]


def lines(result: DotenvDiff) -> list[str]:
    return [f"{line.kind}{line.text}" for line in result.lines]


class TestKeys:
    def test_each_kind_of_change_is_reported(self) -> None:
        result = compared("A=1\nB=1\nC=1\n# D=1\nE=1\n", "A=2\n# B=1\nD=1\nN=1\nE=1\n")
        assert changes(result) == [
            ("A", KeyChangeKind.CHANGED, "1", "2"),
            ("D", KeyChangeKind.RESTORED, None, "1"),
            ("N", KeyChangeKind.ADDED, None, "1"),
            ("B", KeyChangeKind.COMMENTED_OUT, "1", None),
            ("C", KeyChangeKind.REMOVED, "1", None),
        ]

    def test_a_moved_key_is_reordered(self) -> None:
        assert changes(compared("A=1\nB=1\nC=1\n", "B=1\nC=1\nA=1\n")) == [
            ("A", KeyChangeKind.REORDERED, "1", "1")
        ]

    def test_the_last_entry_of_a_key_is_compared(self) -> None:
        assert changes(compared("A=1\nA=2\n", "A=2\nA=3\n")) == [
            ("A", KeyChangeKind.CHANGED, "2", "3")
        ]

    def test_the_same_file_has_none(self) -> None:
        result = compared("A=1\n", "A=1\n")
        assert result.is_empty
        assert not result.changes

    def test_a_changed_comment_is_a_difference_without_a_key(self) -> None:
        result = compared("# a\nA=1\n", "# b\nA=1\n")
        assert not result.changes
        assert not result.is_empty

    def test_a_changed_secret_is_marked_as_changed(self) -> None:
        for key in ("WALLET", "GH_TOKEN"):
            (change,) = compared(f"{key}=short\n", f"{key}={SECRET}\n").changes
            assert change.secret
            assert (change.before, change.after) == ("********", "******** (changed)")

    @pytest.mark.parametrize("key", ["SECURE_COOKIES", "BASIC_AUTH"])
    def test_a_boolean_is_not_secret_whatever_its_key(self, key: str) -> None:
        result = compared(f"# {key}: false\n", f"# {key}: true\n{key}=true\n")
        assert changes(result) == [(key, KeyChangeKind.ADDED, None, "true")]
        assert lines(result) == [f"-# {key}: false", f"+# {key}: true", f"+{key}=true"]

    def test_a_key_that_is_secret_in_one_file_is_masked_in_both(self) -> None:
        for old, new in (("true", SECRET), (SECRET, "true")):
            result = compared(f"BASIC_AUTH={old}\n", f"BASIC_AUTH={new}\n")
            (change,) = result.changes
            assert (change.before, change.after) == ("********", "******** (changed)")
            assert lines(result) == ["-BASIC_AUTH=********", "+BASIC_AUTH=******** (changed)"]

    def test_a_secret_that_was_set_or_emptied_is_shown_so(self) -> None:
        (change,) = compared("WALLET=\n", f"WALLET={SECRET}\n").changes
        assert (change.before, change.after) == ("", "********")

    def test_a_password_within_a_value_is_masked(self) -> None:
        (change,) = compared("DB=postgres://u:one@h/d\n", "DB=postgres://u:two@h/d\n").changes
        assert change.after == "postgres://u:********@h/d (changed)"

    def test_an_invisible_change_is_noted(self) -> None:
        (change,) = compared("A=1\n", "A=1\u200b\n").changes
        assert (change.before, change.after) == (
            "1",
            "1 (different invisible characters)",
        )


class TestLines:
    def test_differences_have_context_lines(self) -> None:
        old = "".join(f"K{number}={number}\n" for number in range(9))
        assert lines(compared(old, old.replace("K5=5", "K5=x"), context=1)) == [
            "@",
            " K4=4",
            "-K5=5",
            "+K5=x",
            " K6=6",
        ]

    def test_line_numbers_are_those_of_their_file(self) -> None:
        result = compared("A=1\nB=1\n", "N=1\nA=1\n")
        assert [(line.kind, line.number) for line in result.lines] == [
            (DiffLineKind.NEW, 1),
            (DiffLineKind.BOTH, 2),
            (DiffLineKind.OLD, 2),
        ]

    def test_a_secret_is_masked_with_its_trailing_comment(self) -> None:
        result = compared(f"GH_TOKEN={SECRET} # was {SECRET}\n", "GH_TOKEN=other\n")
        assert lines(result) == ["-GH_TOKEN=********", "+GH_TOKEN=******** (changed)"]

    def test_a_secret_that_is_written_differently_is_not_changed(self) -> None:
        result = compared(f"GH_TOKEN={SECRET}\n", f"GH_TOKEN={SECRET} # mine\n")
        assert lines(result)[1] == "+GH_TOKEN=******** (the same value, written differently)"

    def test_a_commented_out_secret_stays_masked(self) -> None:
        result = compared(f"WALLET={SECRET}\n", f"# WALLET={SECRET}\n")
        assert lines(result) == ["-WALLET=********", "+# WALLET=********"]

    @pytest.mark.parametrize("quote", ["'", '"'])
    def test_the_number_of_a_secrets_lines_is_hidden(self, quote: str) -> None:
        old = f"WALLET={quote}one\n{SECRET}\nthree{quote}\n"
        new = f"WALLET={quote}one{quote}\n"
        assert lines(compared(old, new)) == ["-WALLET=********", "+WALLET=******** (changed)"]
        commented = "".join(f"# {line}\n" for line in old.splitlines())
        assert lines(compared("", commented)) == ["+# WALLET=********"]

    def test_lines_after_an_unclosed_quote_are_masked(self) -> None:
        result = compared("", f'A="x\nWALLET={SECRET}\nmore {SECRET}\n')
        assert not any(SECRET in line for line in lines(result))

    def test_unreadable_lines_are_masked(self) -> None:
        assert lines(compared("", f"{SECRET} a b\n")) == ["+********"]

    def test_lines_are_plain_text(self) -> None:
        result = compared("", "A=\x1b]52;c;x\x07\n# \u202ex\n")
        assert all(line.isprintable() for line in lines(result))


VALUES = st.text(
    st.characters(categories=["L", "N", "P"], exclude_characters="'\"#\\=*"),
    min_size=8,
    max_size=30,
)
WAYS = ["{}", "'{}'", '"{}"', '"first\n{}"', "{} # {}", "'{}", '"first\n{}', '"first\n{}=\n{}==']


@given(VALUES, VALUES, st.sampled_from(WAYS))
def test_no_secret_is_in_a_difference(one: str, other: str, way: str) -> None:
    one, other = f"{one}q", f"{other}q"  # in capitals it might be the next key
    old = f"A=1\nWALLET={way.format(one, one)}\nB=1\n"
    commented = "# WALLET=" + way.format(one, one).replace("\n", "\n# ")
    new = f"A=2\n{commented}\nWALLET={way.format(other, other)}\nB=2\n"
    result = compared(old, new)
    shown = [*lines(result), *(str(change) for change in changes(result))]
    assert not any(value in line for value in (one, other) for line in shown)
    assert not any(value in repr(result) for value in (one, other))
