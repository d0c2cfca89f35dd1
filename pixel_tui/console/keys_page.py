"""Generates docs/keys.md from the key bindings."""

import re
from collections.abc import Iterable

from textual.binding import Binding, BindingType
from textual.dom import DOMNode
from textual.keys import format_key

from pixel_tui.console.keymap import BINDING_OWNERS

_WORD_START = re.compile(r"(?<=[a-z])(?=[A-Z])")
_HEAD = """# Keys

Made by `scripts/keys` from the program itself. The names are for the `[keys]` table of the
settings file ([configuration.md](configuration.md)).
"""


def keys_page(everywhere: Iterable[BindingType] = ()) -> str:
    """Return the page as Markdown.

    Args:
        everywhere: The bindings of the app.
    """
    parts = [_HEAD, _table("Everywhere", everywhere)]
    parts += [_table(_title(owner), _own_bindings(owner)) for owner in BINDING_OWNERS]
    return "\n".join(parts)


def _own_bindings(owner: type[DOMNode]) -> list[BindingType]:
    """Return the bindings of a class without inherited ones."""
    others = [item for kind in owner.__mro__[1:] for item in vars(kind).get("BINDINGS", ())]
    return [item for item in owner.BINDINGS if item not in others]


def _title(owner: type[DOMNode]) -> str:
    title = _WORD_START.sub(" ", owner.__name__.removesuffix("Screen")).capitalize()
    return owner.BINDING_GROUP_TITLE or title


def _table(title: str, bindings: Iterable[BindingType]) -> str:
    named = [item for item in bindings if isinstance(item, Binding) and item.id]
    if not named:
        return ""
    rows = [
        f"| {_keys(item)} | {item.tooltip or item.description} | `{item.id}` |" for item in named
    ]
    return "\n".join([f"## {title}\n", "| key | what it does | name |", "|---|---|---|", *rows, ""])


def _keys(binding: Binding) -> str:
    return " ".join(f"`{_shown(key.strip())}`" for key in binding.key.split(","))


def _shown(key: str) -> str:
    return key if len(key) == 1 else format_key(key)
