"""Modules that are named in a string are there: nothing else notices when one is renamed.

What a read-only process must not hold, what is imported late, what a child process runs and what
the checks leave alone is named in strings. A name that matches nothing would empty such a proof.
"""

import ast
import fnmatch
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.builders.parsed import parsed
from tests.terminal.witness import CHANGING

ROOT = Path(__file__).parents[3]
OURS = ("pixel_tui", "screens", "widgets")
FOLDERS = (*OURS, "tests", "benchmarks")
DOTTED = re.compile(rf"(?:{'|'.join(OURS)})(?:\.[A-Za-z_]\w*)+")
IMPORTED = re.compile(
    rf"^\s*(?:from|import) ((?:{'|'.join(OURS)})[\w.]*)(?: import ([\w, ]+))?", re.MULTILINE
)
RUN = re.compile(rf"-m ((?:{'|'.join(OURS)})[\w.]*)")


@cache
def modules() -> frozenset[str]:
    """Every module and package of ours, by its dotted name."""
    found = set()
    for folder in OURS:
        for path in (ROOT / folder).rglob("*.py"):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found.add(".".join(parts).removesuffix(".__init__"))
    return frozenset(found)


def strings() -> Iterator[tuple[str, str]]:
    """Every string of the code, docstrings too, with the file that it is in."""
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(parsed(path)):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield str(path.relative_to(ROOT)), node.value


def is_there(name: str) -> bool:
    """Whether it is a module, or a name that a module defines."""
    module, _, rest = name.rpartition(".")
    if name in modules():
        return True
    if module not in modules():
        return bool(module) and is_there(module) and rest.isidentifier()
    path = ROOT.joinpath(*module.split("."))
    source = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return re.search(rf"\b{re.escape(rest)}\b", source.read_text()) is not None


def test_a_dotted_name_is_that_of_something() -> None:
    wrong = {
        f"{path}: {text}"
        for path, text in strings()
        if DOTTED.fullmatch(text) and not is_there(text)
    }
    assert not wrong


def test_a_script_in_a_string_imports_and_runs_what_there_is() -> None:
    wrong = set()
    for path, text in strings():
        for module, names in IMPORTED.findall(text):
            listed = [name.split(" as ")[0].strip(" ()") for name in names.split(",") if name]
            wanted = [module, *(f"{module}.{name}" for name in listed if name)]
            wrong |= {f"{path}: {name}" for name in wanted if not is_there(name)}
        wrong |= {f"{path}: {name}" for name in RUN.findall(text) if not is_there(name)}
    assert not wrong


@pytest.mark.parametrize("prefix", CHANGING)
def test_what_a_read_only_process_must_not_hold_is_there(prefix: str) -> None:
    assert any(name.startswith(prefix) for name in modules()), prefix


def test_what_the_checks_leave_alone_is_there() -> None:
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    files = [str(path.relative_to(ROOT)) for path in ROOT.rglob("*.py") if ".venv" not in str(path)]
    for pattern in tools["ruff"]["lint"]["per-file-ignores"]:
        for one in braces(pattern):
            assert any(fnmatch.fnmatch(name, one) for name in files), one
    for contract in tools["importlinter"]["contracts"]:
        layers = [name.strip() for layer in contract.get("layers", ()) for name in layer.split(":")]
        for name in (*layers, *contract.get("source_modules", ())):
            assert name in modules(), name


def braces(pattern: str) -> list[str]:
    """A pattern without its braces: one for each alternative."""
    if "{" not in pattern:
        return [pattern]
    before, _, rest = pattern.partition("{")
    inside, _, after = rest.partition("}")
    return [f"{before}{one}{after}" for one in inside.split(",")]


def test_a_style_sheet_that_is_named_is_there() -> None:
    sheets = {path.name for folder in OURS for path in (ROOT / folder).rglob("*.tcss")}
    assert sheets
    for folder in OURS:
        for path in (ROOT / folder).rglob("*.py"):
            for name in re.findall(r'"([^"\n]+\.tcss)"', path.read_text()):
                assert name in sheets, f"{path}: {name}"
