"""Private parts of Textual are used in two folders only, and each of them is listed."""

import ast
import dis
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from pixel_tui.terminal import private_parts
from pixel_tui.terminal.private_parts import ALL_PARTS, has_all, missing
from tests.builders.parsed import parsed_text

ROOT = Path(__file__).parents[3]
ROOMS = ("pixel_tui/terminal/", "widgets/lines/")
DRAWING = ("pixel_tui/console", "pixel_tui/terminal", "pixel_tui/demo", "screens", "widgets")
LISTED = {part.rpartition(".")[2] for part in ALL_PARTS}


def files() -> Iterator[str]:
    """Return the files that may use Textual."""
    for folder in DRAWING:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield str(path.relative_to(ROOT))


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def stored(function: object) -> set[str]:
    """Return the attributes that a function sets."""
    code = getattr(function, "__code__", None)
    if code is None:
        return set()
    return {str(item.argval) for item in dis.get_instructions(code) if item.opname == "STORE_ATTR"}


def textuals_own(kind: type) -> set[str]:
    """Return the private names that a class inherits from Textual."""
    found: set[str] = set()
    for base in kind.__mro__:
        if base.__module__.partition(".")[0] == "textual":
            found |= {name for name in vars(base) if is_private(name)}
            found |= {name for name in stored(vars(base).get("__init__")) if is_private(name)}
    return found


def names_of(kind: type) -> set[str]:
    """Return the methods of a class, and the attributes of itself that it uses."""
    found = set()
    source = inspect.cleandoc("\n" + inspect.getsource(kind))
    for node in ast.walk(parsed_text(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.add(node.name)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            found.add(node.attr if node.value.id == "self" else "")
    return found


def classes(module: ModuleType) -> Iterator[type]:
    for kind in vars(module).values():
        if isinstance(kind, type) and kind.__module__ == module.__name__:
            yield kind


@pytest.mark.parametrize("file", list(files()))
def test_private_names_of_textual_are_only_in_two_folders_and_listed(file: str) -> None:
    name = file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    module = importlib.import_module(name)
    allowed = LISTED if file.startswith(ROOMS) else set()
    used = {
        f"{kind.__name__}.{name}"
        for kind in classes(module)
        for name in names_of(kind) & textuals_own(kind) - allowed
    }
    assert not used


@pytest.mark.parametrize("file", [file for file in files() if not file.startswith(ROOMS)])
def test_no_other_folder_uses_private_parts(file: str) -> None:
    source = (ROOT / file).read_text()
    assert not re.findall(r"(?:from|import) textual(?:\.\w+)*\._\w+.*", source)
    assert "SLF001" not in source


def test_private_imports_of_the_two_folders_are_listed() -> None:
    places = {part.partition(":")[0] for part in ALL_PARTS}
    imported = re.compile(r"from (textual(?:\.\w+)*\._\w+) import")
    found = [
        (file, place)
        for file in files()
        if file.startswith(ROOMS)
        for place in imported.findall((ROOT / file).read_text())
    ]
    assert found
    assert [item for item in found if item[1] not in places] == []


def test_this_textual_has_every_part() -> None:
    assert missing(ALL_PARTS) == ()


def test_a_missing_part_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    group = ("textual.app:App._is_in_no_version", "textual._nowhere:Nothing.at_all")
    assert not has_all(group)
    assert not has_all(group)
    assert [record.getMessage() for record in caplog.records] == [
        f"Textual lacks {', '.join(group)}: its default behaviour is used"
    ]
    private_parts.has_all.cache_clear()
