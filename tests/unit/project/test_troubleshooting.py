"""What `docs/troubleshooting.md` quotes is what the program says."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tests.builders.parsed import parsed

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "troubleshooting.md"
SHORTEST = 5
"""Pieces with fewer letters could be from anywhere."""


@cache
def sentences() -> str:
    """Every text that the program holds; what is filled in is left out."""
    texts = []
    for folder in ("pixel_tui", "screens", "widgets"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(parsed(path)):
                if isinstance(node, ast.JoinedStr):
                    parts = [
                        part.value if isinstance(part, ast.Constant) else "\n"
                        for part in node.values
                    ]
                    texts.append("".join(map(str, parts)))
                elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                    texts.append(node.value)
    return "\n".join(texts)


def quotes() -> list[str]:
    return re.findall(r"^> (.*)$", PAGE.read_text(), re.MULTILINE)


@pytest.mark.parametrize("quote", quotes())
def test_a_quoted_sentence_is_the_programs(quote: str) -> None:
    # A message is made of a sentence, what it is about, and its hint.
    pieces = re.split(r"…|(?<=[.?])\s|──", quote)
    known = [piece.strip(" .:,()") for piece in pieces if piece]
    long_enough = [piece for piece in known if len(piece) >= SHORTEST]
    assert long_enough, f"too vague to be checked: {quote}"
    for piece in long_enough:
        assert piece in sentences(), piece
