"""The scalars of a compose file with their paths."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixel_tui.stack.compose.yaml_scalars import Path, scalars


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("include: [a.yml, 'b c.yml']", [(("include", 0), "a.yml"), (("include", 1), "b c.yml")]),
        ("include:\n- a.yml # x\n- b.yml", [(("include", 0), "a.yml"), (("include", 1), "b.yml")]),
        (
            "include:\n  - path: a.yml\n    env_file: [x, y]\n  - {path: b.yml}\n",
            [
                (("include", 0, "path"), "a.yml"),
                (("include", 0, "env_file", 0), "x"),
                (("include", 0, "env_file", 1), "y"),
                (("include", 1, "path"), "b.yml"),
            ],
        ),
        ("a:\n  b: 1\nc: 2", [(("a", "b"), "1"), (("c",), "2")]),
        ("a: |\n  include: x\n\n  y\nb: z", [(("b",), "z")]),
        ("a:\n  - |\n    k: v\n  - b", [(("a", 1), "b")]),
        ("a: \"x\\\"y\" # c\nb: 'it''s'", [(("a",), 'x"y'), (("b",), "it's")]),
        ("a: &x !tag v\nb: {k: &y w}", [(("a",), "v"), (("b", "k"), "w")]),
        ("a: {b: http://c:1/d, # x\n  e: f}", [(("a", "b"), "http://c:1/d"), (("a", "e"), "f")]),
        ("---\n# only\nmy key: v\n", [(("my key",), "v")]),
        ("a:\n\t\n", []),
    ],
)
def test_each_scalar_has_its_path(text: str, wanted: list[tuple[Path, str]]) -> None:
    assert list(scalars(text)) == wanted


Tree = dict[str, "Tree"] | list["Tree"] | str
WORDS = st.text("ab .-/_", min_size=1).map(lambda text: f"w{text}w")


def flat(tree: "Tree", path: Path = ()) -> list[tuple[Path, str]]:
    if isinstance(tree, str):
        return [(path, tree)]
    items = tree.items() if isinstance(tree, dict) else enumerate(tree)
    return [pair for key, item in items for pair in flat(item, (*path, key))]


TREES = st.dictionaries(
    WORDS,
    st.recursive(
        WORDS,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
        max_leaves=12,
    ),
    min_size=1,
)


@given(TREES, st.sampled_from([None, 1, 4]))
def test_json_is_read(tree: "Tree", indent: int | None) -> None:
    assert list(scalars(json.dumps(tree, indent=indent))) == flat(tree)


def block(tree: "Tree", depth: int = 0) -> str:
    """Write it as block YAML, with lists at the indentation of their keys."""
    space = "  " * depth
    if isinstance(tree, dict):
        parts = [f"{space}{key}:{below(item, depth)}" for key, item in tree.items()]
        return "\n".join(parts)
    assert isinstance(tree, list)
    return "\n".join(f"{space}-{below(item, depth)}" for item in tree)


def below(item: "Tree", depth: int) -> str:
    if isinstance(item, str):
        return f" {item}"
    if not item:
        return " []" if isinstance(item, list) else " {}"
    return "\n" + block(item, depth + 1)


@given(TREES)
def test_indentation_gives_the_structure(tree: "Tree") -> None:
    assert list(scalars(block(tree))) == flat(tree)


@given(st.text("ab:- \n\t[]{},\"'#&!*|>\\$%."))
def test_any_text_can_be_read(text: str) -> None:
    assert len(list(scalars(text))) <= len(text)
