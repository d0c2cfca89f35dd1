"""Where python-dotenv reads a `.env` as compose does, and where it does not.

The containers' programs often use it, or a reader like it, on the same file. The console does
not: it keeps no bytes, skips what compose refuses, and expands in single quotes.
"""

import io
import logging

import pytest
from dotenv import dotenv_values
from hypothesis import given
from hypothesis import strategies as st

from pixel_tui.environment.dotenv.document import DotenvDocument
from pixel_tui.environment.dotenv.values import read_values

REFUSED = "compose refuses the file"

WORDS = st.text("abcXYZ019_-./:@,=&%?*#", min_size=1, max_size=12).filter(
    lambda word: not word.startswith("#")
)
LINES = st.one_of(
    st.builds("{}={}".format, st.sampled_from(["A", "B_1", "C.d"]), WORDS),
    st.builds("export {} = {} # note".format, st.sampled_from(["A", "B_1"]), WORDS),
    st.builds("D='{} #$ {}'".format, WORDS, WORDS),
    st.builds('E="{}\\n\\"{} # "'.format, WORDS, WORDS),
    st.builds("F='{}\n{}'".format, WORDS, WORDS),
    st.sampled_from(["# comment", "", "G=${A}", "H=${A:-default}", 'I="${NONE:-x}"', "J=${NONE}"]),
)


def as_python_dotenv(text: str) -> dict[str, str | None]:
    logging.getLogger("dotenv.main").setLevel(logging.ERROR)
    return dict(dotenv_values(stream=io.StringIO(text, newline="")))


def as_compose(text: str) -> dict[str, str | None] | str:
    document = DotenvDocument.parse(text.encode())
    readings = read_values(document, {})
    if document.faults or any(reading.refusal for reading in readings.values()):
        return REFUSED
    return {key: reading.value for key, reading in readings.items()}


@given(st.lists(LINES, max_size=8), st.sampled_from(["\n", "\r\n"]))
def test_ordinary_files_are_read_alike(lines: list[str], end: str) -> None:
    text = "".join(f"{line}{end}" for line in lines)
    assert as_python_dotenv(text) == as_compose(text)


@pytest.mark.parametrize(
    ("text", "python_dotenv", "compose"),
    [
        pytest.param("A B=c\nC=1\n", {"C": "1"}, REFUSED, id="a line it can't read is skipped"),
        pytest.param("A='it''s'\nB=1\n", {"B": "1"}, REFUSED, id="text behind a quote"),
        pytest.param('A="open\nB=1\n', {"B": "1"}, REFUSED, id="an open quote"),
        pytest.param("A=${\n", {"A": "${"}, REFUSED, id="a broken reference"),
        pytest.param("A=${B:?m}\n", {"A": "${B:?m}"}, REFUSED, id="a required variable"),
        pytest.param("'A'=1\n", {"A": "1"}, REFUSED, id="a quoted key"),
        pytest.param('A="q"tail\n', {}, {"A": "q", "tail": None}, id="a word behind a quote"),
        pytest.param("A=pa$word\n", {"A": "pa$word"}, {"A": "pa"}, id="a dollar without braces"),
        pytest.param("A=$$x\n", {"A": "$$x"}, {"A": "$x"}, id="two dollars"),
        pytest.param('A="\\$x"\n', {"A": "\\$x"}, {"A": "$x"}, id="an escaped dollar"),
        pytest.param("A='${B:-d}'\n", {"A": "d"}, {"A": "${B:-d}"}, id="single quotes"),
        pytest.param("A=${B-d}\n", {"A": ""}, {"A": "d"}, id="a default without a colon"),
        pytest.param("A=${B:+r}\n", {"A": "${B:+r}"}, {"A": ""}, id="a replacement"),
        pytest.param("A=${B:-${C:-x}}\n", {"A": "${C:-x}"}, {"A": "x"}, id="nested"),
        pytest.param("A= # x\n", {"A": ""}, {"A": "# x"}, id="a comment for a value"),
        pytest.param("A=x\t# y\n", {"A": "x"}, {"A": "x\t# y"}, id="a comment behind a tab"),
        pytest.param('A="\\0101"\n', {"A": "\\0101"}, {"A": "A"}, id="an octal escape"),
        pytest.param("A='a\\\\b'\n", {"A": "a\\b"}, {"A": "a\\\\b"}, id="two backslashes"),
        pytest.param("A: x\n", {}, {"A": "x"}, id="a colon"),
        pytest.param("=x\n", {}, {"": "x"}, id="no name"),
        pytest.param("A", {"A": None}, {"": "A"}, id="a key alone at the very end"),
        pytest.param("A=\u3000x\n", {"A": "x"}, {"A": "\u3000x"}, id="a wide blank"),
    ],
)
def test_python_dotenv_differs(
    text: str, python_dotenv: dict[str, str | None], compose: dict[str, str | None] | str
) -> None:
    assert as_python_dotenv(text) == python_dotenv
    assert as_compose(text) == compose
