"""Where python-dotenv and compose read a `.env` differently, and the findings about it.

The containers' programs often use it, or a reader like it, on the same file. To edit a file it is
no use: it keeps no bytes, skips what compose refuses, and expands in single quotes.
"""

import io
import logging
import os
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import pytest
from dotenv import dotenv_values
from hypothesis import given
from hypothesis import strategies as st

from pixel_tui.environment.checks.finding import EnvironmentLevel
from pixel_tui.environment.checks.rules.python_dotenv import RULE
from pixel_tui.environment.dotenv.document import DotenvDocument
from pixel_tui.environment.dotenv.python_dotenv import read_with_python_dotenv
from pixel_tui.environment.dotenv.values import read_values
from pixel_tui.stack.compose.environment_uses import EnvironmentUses
from pixel_tui.text import plain
from tests.builders.environment_cases import PATH, check_text, rules, the_finding

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


ROOT = Path(__file__).parents[3]
MESSY = st.text("A1b='\"\\$#{}:-\t .\u3000\u00e4n", max_size=12)


def as_a_program(text: str) -> dict[str, str | None]:
    """Return what python-dotenv itself reads of a file, in a process without variables."""
    logging.getLogger("dotenv.main").setLevel(logging.ERROR)
    with TemporaryDirectory() as folder, patch.dict(os.environ, clear=True):
        path = Path(folder) / ".env"
        path.write_bytes(text.encode())
        return dict(dotenv_values(path))


@given(st.lists(st.one_of(LINES, st.builds("A={}".format, MESSY), MESSY)), st.sampled_from("\n\r"))
def test_the_check_reads_what_a_program_would(lines: list[str], end: str) -> None:
    text = "".join(f"{line}{end}" for line in lines)
    found = {key: item.value for key, item in read_with_python_dotenv(text).items()}
    assert found == as_a_program(text)


def test_variables_of_this_process_are_not_inserted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("B", "of this process")
    assert read_with_python_dotenv("A=${B:-d}\n")["A"].value == "d"
    assert RULE not in rules(check_text("A=${B:-d}\n"))


@given(st.lists(LINES, max_size=8))
def test_an_ordinary_file_has_no_finding(lines: list[str]) -> None:
    assert RULE not in rules(check_text("".join(f"{line}\n" for line in lines)))


@pytest.mark.parametrize("path", sorted(ROOT.glob("examples/**/.env*")), ids=str)
def test_the_example_environments_have_no_finding(path: Path) -> None:
    assert RULE not in rules(check_text(path.read_bytes()))


@given(st.sampled_from(["A=", "A = ", "export A=", "A:", " A=", "A\u3000="]), MESSY)
def test_every_difference_is_found(head: str, value: str) -> None:
    text = f"{head}{value}\n"
    compose, seen = as_compose(text), check_text(text)
    if isinstance(compose, str) or not compose.get("A"):
        return
    same = as_python_dotenv(text).get("A") == compose["A"]
    assert (RULE in rules(seen)) == (not same and not rules(seen) & {"dollar", "comment"})


@pytest.mark.parametrize(
    ("text", "words", "hint"),
    [
        ("A=$$x\n", "gets “$$x”, compose “$x”", "in single quotes"),
        ('A="\\0101"\n', "gets “\\0101”, compose “A”", "without quotes"),
        ("A=\u3000x\n", "gets “x”", "in single quotes"),
        ("A='a\r\nb'\r\n", "gets “a␊b”, compose “a␍␊b”", "in double quotes, with escapes"),
        ("A='${B:-d}'\n", "gets a variable's value for `${…}`", "Choose another value"),
        ('A="pa\'\\$x"\n', "compose “pa'$x”", "Choose another value"),
        ("A=${B-d}\n", "does not get what compose inserts", "`${NAME:-default}`"),
        ("B=1\nA=http://$B/\n", "does not get what compose inserts", "`${NAME}`"),
        ("A: x\n", "gets no value", "KEY=value on a line of its own"),
        ('A="q"tail\n', "gets no value", "KEY=value on a line of its own"),
        ("\tA\tB=1\n", "gets no value", "in the name"),
    ],
)
def test_a_difference_is_reported_with_a_fix(text: str, words: str, hint: str) -> None:
    finding = the_finding(check_text(text), RULE)
    assert finding.level is EnvironmentLevel.INFO
    assert words in finding.message
    assert hint in finding.hint


@pytest.mark.parametrize("text", ["A=$$x\n", 'A="\\0101"\n', "A='a\r\nb'\n"])
def test_the_fix_makes_both_read_what_compose_reads_now(text: str) -> None:
    document = DotenvDocument.parse(text.encode())
    entry, value = document.entry("A"), the_finding(check_text(text), RULE).fix
    assert entry is not None
    assert value is not None
    fixed = document.with_value(entry, value).data.decode()
    assert as_a_program(fixed) == as_compose(fixed) == as_compose(text)


@pytest.mark.parametrize("text", ["A=pa$word\n", "A= # x\n", "A=x\t# y\n", "A='x\n"])
def test_the_subject_of_another_finding_is_not_reported_again(text: str) -> None:
    seen = check_text(text)
    assert seen.findings
    assert RULE not in rules(seen)


def test_only_the_root_of_a_difference_is_reported() -> None:
    assert the_finding(check_text("A=$$x\nB=${A}/y\n"), RULE).key == "A"


def test_no_finding_contains_a_secret() -> None:
    text = "DB_PASSWORD=k3J9$$Lq0\nB='x${DB_PASSWORD}'\nC=$DB_PASSWORD\n"
    found = [item for item in check_text(text).findings if item.rule == RULE]
    assert [item.key for item in found] == ["DB_PASSWORD", "B"]
    assert not any("k3J9" in f"{item.message}{item.hint}{item.fix}" for item in found)


@pytest.mark.parametrize(
    ("path", "level"), [(PATH, EnvironmentLevel.WARNING), ("/project", EnvironmentLevel.INFO)]
)
def test_a_difference_in_a_mounted_file_is_a_warning(path: str, level: EnvironmentLevel) -> None:
    uses = EnvironmentUses(mounted_by={path: (plain("api"), plain("web"))})
    finding = the_finding(check_text("A=$$x\n", uses=uses), RULE)
    assert finding.level is level
    assert ("mounted by api, web" in finding.message) == (level is EnvironmentLevel.WARNING)


def test_a_file_that_is_not_utf_8_is_reported() -> None:
    finding = the_finding(check_text(b"A=1\n# caf\xe9\n"), RULE)
    assert (finding.key, finding.line) == ("", 0)
    assert "line 2 is not UTF-8" in finding.message


@pytest.mark.parametrize(
    "text",
    [
        "A='" + "${" * 200_000 + "'\n",
        "A=x" + " " * 500_000 + "y$$\n",
        'A="' + "\\t" * 200_000 + '$$"\n',
        "A0='${B}xxxxxxxx'\n" + "".join(f"A{n + 1}=${{A{n}}}${{A{n}}}\n" for n in range(60)),
        "A=x\u00e9" + " " * 400_000 + "\u00e9\n",
    ],
    ids=["references", "blanks", "escaped blanks", "growth", "trailing blanks"],
)
def test_a_hostile_file_is_checked_quickly(text: str) -> None:
    began = time.thread_time()
    check_text(text)
    assert time.thread_time() - began < 5


@pytest.mark.parametrize("variable", ["${X:?it is needed}", "$X"])
def test_no_finding_contains_a_variable_of_this_shell(variable: str) -> None:
    seen = check_text(f"A={variable}\n", environment={"X": "of the shell"})
    assert "does not get what compose inserts" in the_finding(seen, RULE).message
