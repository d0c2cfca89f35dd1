"""The user-visible strings in the source code."""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.builders.parsed import parsed, parsed_text

FILLED_IN: Final = "…"
"""Replaces the values in f-strings."""

SHOWN: Final[Mapping[str, frozenset[int | str]]] = {
    "Action": frozenset({"verb", "menu_title", "when", "failure_hint"}),
    "Binding": frozenset({2, "description", "tooltip"}),
    "Button": frozenset({0}),
    "ColumnFormat": frozenset({0}),
    "Content": frozenset({0}),
    "DiscoveryHit": frozenset({"help"}),
    "Finding": frozenset({"what", "why", "message", "advice", "hint"}),
    "SafeText": frozenset({0}),
    "Static": frozenset({0}),
    "add_argument": frozenset({"help", "metavar"}),
    "add_argument_group": frozenset({0, "description"}),
    "affect": frozenset({1, 2}),
    "affect_dependants": frozenset({0}),
    "add_parser": frozenset({"help", "description", "epilog"}),
    "assemble": frozenset({0, 1, 2, 3, 4, 5, 6, 7, 8, 9}),
    "Trouble": frozenset({0, 1}),
    "complain": frozenset({0}),
    "file_finding": frozenset({2, 3}),
    "finding": frozenset({3, 4}),
    "interrupt": frozenset({1}),
    "notify": frozenset({0, "title"}),
    "print": frozenset({0}),
    "plain": frozenset({0}),
    "say": frozenset({0}),
    "styled": frozenset({0}),
    "warn": frozenset({1}),
}
"""Which arguments of a call are shown: by position, or by name.

It is named as it is called: `Content.assemble(...)` and `self.notify(...)` by their last name.
"""
ERRORS: Final = frozenset({0, "what", "on", "hint"})
"""The same of every error: it is a call whose name ends as those of `pixel_tui/errors.py` do."""
ERROR_NAMES: Final = (
    "Error", "Unreachable", "Denied", "Refused", "Invalid", "Missing", "NothingToDo", "LockHeld",
    "PlanOutdated",
)  # fmt: skip

LOGGING: Final = frozenset({"debug", "info", "warning", "error", "exception", "critical"})
NOT_READ: Final = LOGGING | {"compile", "LatePattern"}
"""Calls whose texts are patterns, or go to the log."""
_WORDS: Final = re.compile(r"[A-Za-z…][\w'…]*[,.:;]? +[A-Za-z…]|[A-Z][a-z]+\Z")
"""Two words, or one that begins as a label does."""


@dataclass(frozen=True, slots=True)
class ShownString:
    """A string that people read, and where it is."""

    text: str
    path: str
    line: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text}"


def shown_strings(folders: Iterable[Path]) -> Iterator[ShownString]:
    """Every string below these folders that people read.

    Args:
        folders: Of Python files.
    """
    for folder in folders:
        for path in sorted(folder.rglob("*.py")):
            yield from shown_in(path.read_text(), str(path))


def shown_in(source: str, path: str = "") -> Iterator[ShownString]:
    """The strings of one module that people read.

    These are what is passed to the calls above, and every other text of words: the values of
    enums and mappings, class attributes, what a function returns.
    """
    tree = parsed_text(source)
    found: dict[tuple[int, int], ShownString] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            for argument in _shown_arguments(node):
                for at, text in _texts(argument):
                    found.setdefault(at, ShownString(text, path, at[0]))
    for node in _read(tree):
        for at, text in _texts(node):
            if _WORDS.search(text):
                found.setdefault(at, ShownString(text, path, at[0]))
    yield from (found[at] for at in sorted(found))


def logged_strings(folders: Iterable[Path]) -> Iterator[ShownString]:
    """Every message below these folders that goes to the log."""
    for folder in folders:
        for path in sorted(folder.rglob("*.py")):
            for node in ast.walk(parsed(path)):
                if _is_logging(node) and isinstance(node, ast.Call):
                    for at, text in _texts(node.args[0]):
                        yield ShownString(text, str(path), at[0])


def _is_logging(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id="log"), attr=name), args=[_, *_]):
            return name in LOGGING
        case _:
            return False


def _read(node: ast.AST) -> Iterator[ast.Constant | ast.JoinedStr]:
    """Every text below a node but docstrings, types, styles, patterns and what is logged."""
    match node:
        case ast.Constant(value=str()) | ast.JoinedStr():
            yield node
            return
        case ast.Expr(value=ast.Constant()):
            return
        case ast.Call() if _name(node.func) in NOT_READ:
            return
        case ast.Assign(targets=[ast.Name(id=name)]) if name.endswith("CSS"):
            return
        case ast.AnnAssign(target=ast.Name(id=name), value=value):
            below: list[ast.AST | None] = [None if name.endswith("CSS") else value]
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            below = [*node.args.defaults, *node.args.kw_defaults, *node.decorator_list, *node.body]
        case _:
            below = list(ast.iter_child_nodes(node))
    for each in below:
        if each is not None:
            yield from _read(each)


def _shown_arguments(call: ast.Call) -> Iterator[ast.expr]:
    name = _name(call.func)
    shown = ERRORS if name.endswith(ERROR_NAMES) else SHOWN.get(name, frozenset())
    yield from (argument for at, argument in enumerate(call.args) if at in shown)
    yield from (keyword.value for keyword in call.keywords if keyword.arg in shown)


def _name(called: ast.expr) -> str:
    if isinstance(called, ast.Attribute):
        return called.attr
    return called.id if isinstance(called, ast.Name) else ""


def _texts(node: ast.expr) -> Iterator[tuple[tuple[int, int], str]]:
    """The texts that an argument may be, and where; a call in it is looked at for itself."""
    at = (node.lineno, node.col_offset)
    match node:
        case ast.Constant(value=str(text)) if text.strip():
            yield at, text
        case ast.JoinedStr(values=parts):
            words = [part.value if isinstance(part, ast.Constant) else FILLED_IN for part in parts]
            yield at, "".join(map(str, words))
        case ast.IfExp(body=body, orelse=other):
            yield from _texts(body)
            yield from _texts(other)
        case ast.Tuple(elts=[first, *_]):  # a text and its style
            yield from _texts(first)
        case _:
            return
