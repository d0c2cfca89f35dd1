"""Keys in texts: the settings can bind others, so that a text asks for its key."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.binding import Binding

from pixel_tui.console.app import PixelTui
from pixel_tui.console.keymap import named_bindings
from tests.builders.parsed import parsed
from tests.builders.shown_strings import shown_strings

ROOT = Path(__file__).parents[3]
DRAWN = [ROOT / folder for folder in ("screens", "widgets", "pixel_tui/health", "pixel_tui/ledger")]
TEXTS = [*DRAWN, *(ROOT / "pixel_tui" / each for each in ("environment", "operations/catalogue"))]
LITERAL = re.compile(
    r"\b(Esc|Ctrl\+(?!C\b)\w|F\d+|PageDown|Backspace)\b"
    r"|\bEnter (shows|goes|applies|runs|picks|opens)"
    r"|\([A-Za-z]: |\b[Pp]ress [A-Za-z]\b"
    r"|(?:^|[:;.,(] )[b-zB-HJ-Z] (?:[a-z]+s|to)\b"
    r"|`[A-Za-z]` (?:on|in)\b"
)
"""A key that is written into a text. The settings can't bind Ctrl+C."""


def calls() -> Iterator[tuple[str, str, str]]:
    """Where a text asks for a key: the place, the name of the binding, and its default."""
    for folder in DRAWN:
        for path in folder.rglob("*.py"):
            for node in ast.walk(parsed(path)):
                match node:
                    case ast.Call(
                        func=ast.Name(id="bound_key"),
                        args=[_, ast.Constant(value=str(name)), ast.Constant(value=str(key))],
                    ):
                        yield f"{path.relative_to(ROOT)}:{node.lineno}", name, key
                    case ast.Call(
                        func=ast.Name(id="pane_title"),
                        args=[_, ast.Constant(value=str(name)), ast.Constant(value=str(key))],
                    ):
                        yield f"{path.relative_to(ROOT)}:{node.lineno}", f"pane.{name}", key


def test_a_default_is_the_first_key_of_its_binding() -> None:
    bindings = [
        *named_bindings(),
        *(item for item in PixelTui.BINDINGS if isinstance(item, Binding)),
    ]
    first = {(binding.id, binding.key.split(",")[0]) for binding in bindings}
    asked = list(calls())
    assert len(asked) > 40
    assert [call for call in asked if call[1:] not in first] == []


def test_no_text_has_a_key_written_into_it() -> None:
    found = [shown for shown in shown_strings(TEXTS) if LITERAL.search(shown.text)]
    assert not found, "use bound_key:\n" + "\n".join(map(str, found))


@pytest.mark.parametrize(
    "text",
    [
        "(f: repair)", "(a: actions)", "Esc closes it.", "Press Ctrl+X again", "F5 reads it again.",
        "✓ Enter applies it; then s saves.", "Choose: m keeps your edit", "press r to merge first",
        "kept with (`c` on the job's screen)",
    ],
)  # fmt: skip
def test_keys_are_recognised(text: str) -> None:
    assert LITERAL.search(text)
