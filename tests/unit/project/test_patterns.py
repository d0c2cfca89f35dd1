r"""Regular expressions match the same on every supported Python.

Python before 3.11.5, which Debian 12 has, matches possessive groups such as `(?:a|b)++` wrongly: it
backtracks into them, or gives up too early. Secrets in XML and in URLs were not masked there. A
possessive character, class or escape (`a*+`, `[ab]++`, `\w++`) is right everywhere.
"""

import io
import re
import tokenize
from pathlib import Path

import pytest

from pixel_tui.redaction.redactor import redact

ROOT = Path(__file__).parents[3]
POSSESSIVE_GROUP = re.compile(r"\)(?:[*+?]|\{\{?[^{}]*\}\}?)\+|\(\?>")
COMPARED = {"pixel_tui/logs/level_words.py"}
"""Its atomic group was compared on 3.11.2 and 3.11.7 with 400,000 lines made of what it matches."""


def possessive_groups(source: str) -> list[str]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return [
        token.string
        for token in tokens
        if token.type == tokenize.STRING and POSSESSIVE_GROUP.search(token.string)
    ]


def test_no_pattern_has_a_possessive_or_atomic_group() -> None:
    found = {
        str(path.relative_to(ROOT)): groups
        for folder in ("pixel_tui", "screens", "widgets")
        for path in (ROOT / folder).rglob("*.py")
        if (groups := possessive_groups(path.read_text()))
    }
    assert found.keys() == COMPARED


@pytest.mark.parametrize(
    "pattern", ['r"(?:a|b)++"', 'r"(?:a)*+x"', 'rf"(?:a){{2,}}+"', 'r"(?>a|ab)c"', 'r"(a)?+"']
)
def test_a_possessive_group_is_found(pattern: str) -> None:
    assert possessive_groups(f"x = {pattern}\n")


@pytest.mark.parametrize("pattern", [r'r"a*+[bc]++\w?+"', r'r"\d{1,3}+(?:x)+"', '"f(x)+y"'])
def test_a_possessive_character_is_none(pattern: str) -> None:
    assert not possessive_groups(f"x = {pattern}\n")


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("<password>a]b</password>", "<password>********</password>"),
        ("<password>]]</password>", "<password>********</password>"),
        ("<password></password>", "<password></password>"),
        ("<apiKey><![CDATA[a]b]]></apiKey>", "<apiKey><![CDATA[********]]></apiKey>"),
        ("A%3D1%26DB_PASSWORD%3Dfake%41x&b=1", "A%3D1%26DB_PASSWORD%3D********&b=1"),
        ("PASSWORD%3D%26A%3D1", "PASSWORD%3D%26A%3D1"),
        ("PASSWORD%3D%40fake%22", "PASSWORD%3D********%22"),
    ],
)
def test_the_end_of_a_masked_value_is_found_in_markup_and_urls(text: str, masked: str) -> None:
    assert redact(text) == masked
