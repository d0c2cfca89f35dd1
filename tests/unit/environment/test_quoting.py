"""A quoted value is read as it was typed."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pixel_tui.environment.dotenv.document import DotenvDocument, Quoting
from pixel_tui.environment.dotenv.quoting import Unwritable, quote
from pixel_tui.environment.dotenv.values import read_values

VALUES = st.text(
    st.one_of(
        st.sampled_from("ab0 \t\n\r\v\f'\"\\$#{}=:-?+"),
        st.characters(exclude_characters="\0", exclude_categories=["Cs"]),
    ),
    max_size=30,
)


@given(VALUES, st.sampled_from(Quoting), st.sampled_from(["", "\n", "\r\n", " # note\n"]))
@example("\\", Quoting.SINGLE, "")
@example("\\'", Quoting.SINGLE, "")
@example("\\$x", Quoting.DOUBLE, "")
@example("${A:-", Quoting.NONE, "")
@example("x #y", Quoting.NONE, "")
@example("\u3000x\u3000", Quoting.NONE, "")
@example("\ufeff", Quoting.NONE, "")
def test_any_text_is_read_as_it_was_typed(value: str, like: Quoting, behind: str) -> None:
    raw = quote(value, like)
    if not raw and behind.startswith(" "):
        return
    document = DotenvDocument.parse(f"A={raw}{behind}".encode())
    assert not document.faults
    assert read_values(document, {"A": "process"})["A"].value == value


@pytest.mark.parametrize(
    ("value", "like", "raw"),
    [
        ("x", Quoting.NONE, "x"),
        ("x", Quoting.SINGLE, "'x'"),
        ("x", Quoting.DOUBLE, '"x"'),
        ("", Quoting.NONE, ""),
        ("a b", Quoting.NONE, "a b"),
        ("a#b", Quoting.NONE, "a#b"),
        (r"a\nb", Quoting.NONE, r"a\nb"),
        ("pa$word", Quoting.NONE, "'pa$word'"),
        ("#x", Quoting.NONE, "'#x'"),
        (" x", Quoting.NONE, "' x'"),
        ("x #y", Quoting.NONE, "'x #y'"),
        ("$it's", Quoting.NONE, '"\\$it\'s"'),
        ("it's", Quoting.NONE, "it's"),
        ("it's", Quoting.SINGLE, '"it\'s"'),
        ("a\nb", Quoting.NONE, r'"a\nb"'),
        ("a\nb", Quoting.SINGLE, "'a\nb'"),
        ("a\nb", Quoting.DOUBLE, r'"a\nb"'),
        ("a\r", Quoting.SINGLE, r'"a\r"'),
        ("end\\", Quoting.SINGLE, r'"end\\"'),
        ("pa$word", Quoting.DOUBLE, r'"pa\$word"'),
    ],
)
def test_the_quote_style_is_kept_if_possible(value: str, like: Quoting, raw: str) -> None:
    assert quote(value, like) == raw


@pytest.mark.parametrize("value", ["a\0b", "\udcff"])
def test_an_unwritable_value_is_refused(value: str) -> None:
    with pytest.raises(Unwritable):
        quote(value)
