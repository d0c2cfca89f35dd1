"""What `docs/architecture.md` shows of the code is so: its tree, its names and its examples."""

import ast
import builtins
import importlib
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from pixel_tui.environment.checks import overview
from pixel_tui.health import findings
from pixel_tui.operations import actions
from tests.builders.parsed import parsed

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "architecture.md").read_text()
PACKAGES = ("pixel_tui", "screens", "widgets")
PRIVATE = re.compile(r"(?!(?:self|cls)\.).*\._[^_]\w*")


def tree() -> set[str]:
    """The folders and files of the tree on the page, from the root."""
    found: set[str] = set()
    above: list[str] = []
    block = PAGE.partition("\n## Folders\n")[2].split("```")[1]
    for indent, name in re.findall(r"^( *)([\w.]+/?)", block, re.MULTILINE):
        above = [*above[: len(indent) // 2], name.strip("/")]
        found.add("/".join(above))
    return found


def sections() -> dict[str, list[str]]:
    """The Python examples below each heading."""
    parts = re.split(r"^#+ (.*)$", PAGE, flags=re.MULTILINE)
    return {
        heading: re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
        for heading, text in zip(parts[1::2], parts[2::2], strict=True)
    }


def test_the_tree_has_every_folder_of_the_program_and_nothing_else() -> None:
    folders = {
        str(path.parent.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {name for name in tree() if not name.endswith(".py")} == folders
    assert all((ROOT / name).exists() for name in tree())


def classes(node: ast.AST) -> Iterator[str]:
    """The names of the classes directly in a module or another class."""
    return (each.name for each in ast.iter_child_nodes(node) if isinstance(each, ast.ClassDef))


def modules() -> Iterator[ast.Module]:
    """The modules of the program."""
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            yield parsed(path)


def test_the_name_of_a_public_class_is_used_once() -> None:
    names = Counter(name for module in modules() for name in classes(module))
    repeated = {name for name, count in names.items() if count > 1}
    assert {name for name in repeated if not name.startswith("_")} == set()


def test_no_test_sets_a_private_attribute_of_an_object_or_imports_from_a_test() -> None:
    found: list[str] = []
    for path in (ROOT / "tests").rglob("*.py"):
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.ImportFrom) and ".test_" in (node.module or ""):
                found.append(str(node.module))
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                found += filter(PRIVATE.fullmatch, [ast.unparse(node)])
    # Both are Textual's, and it has no public way.
    assert sorted(found) == ["app._disable_notifications", "compositor._dirty_regions"]


def test_every_class_that_is_named_is_defined_somewhere() -> None:
    named = set(
        re.findall(
            r"`([A-Z][a-z]+\w*)(?:[.(][^`]*)?`", re.sub(r"```.*?```", "", PAGE, flags=re.DOTALL)
        )
    )
    assert len(named) > 20
    defined = {name for module in modules() for node in ast.walk(module) for name in classes(node)}
    assert named <= defined | set(vars(builtins))


def callers(*names: str) -> set[str]:
    """The modules that call one of these functions by its name."""
    return {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name | ast.Attribute)
        and (node.func.id if isinstance(node.func, ast.Name) else node.func.attr) in names
    }


def test_only_entry_points_look_up_the_state_folder_and_the_settings() -> None:
    commands = {
        f"pixel_tui/commands/{name}.py"
        for name in (
            *("audit", "backup", "console", "demo", "doctor", "env", "ledger", "logs", "plan"),
            *("run", "status"),
        )
    }
    programs = {f"pixel_tui/{room}/__main__.py" for room in ("backups", "environment", "ledger")}
    fault = "pixel_tui/cli.py"  # its log
    assert callers("start_session", "state_folder", "load_settings") == {
        *commands,
        *programs,
        fault,
        "pixel_tui/session.py",
    }


def run(code: str, beside: str = "") -> dict[str, object]:
    """What an example defines, with the names of the module that it is a part of."""
    names = dict(vars(importlib.import_module(beside))) if beside else {}
    exec(compile(code, "docs/architecture.md", "exec"), names)
    return names


def test_the_action_of_the_example_is_planned(monkeypatch: pytest.MonkeyPatch) -> None:
    code, test = sections()["…an action"]
    action = run(code)["ACTION"]
    monkeypatch.setattr(actions, "all_actions", lambda: (action,))
    call(run(test), "test_pause_names_the_service")


def test_the_check_of_the_example_finds_what_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    code, test = sections()["…a check of an environment"]
    checks = run(code)["CHECKS"]
    monkeypatch.setattr(overview, "all_checks", lambda: checks)
    call(run(test), "test_a_value_that_ends_in_a_blank_is_found")


def test_the_rule_of_the_example_finds_what_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    code, test = sections()["…a finding about a service"]
    rule = run(code, "pixel_tui.health.rules.sync")["too_many"]
    monkeypatch.setattr(findings, "RULES", (rule,))
    beside = "tests.unit.health.test_findings"
    call(run(test, beside), "test_more_containers_than_replicas_are_a_note")


def test_the_screen_of_the_example_can_be_made() -> None:
    (code,) = sections()["…a screen"]
    made = run(code)["VersionScreen"]
    assert callable(made)
    made("28.0.1")


def call(names: dict[str, object], name: str) -> None:
    """Call a test of an example."""
    test = names[name]
    assert callable(test)
    test()
