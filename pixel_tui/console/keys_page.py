"""The page of all keys, made from the bindings themselves."""

import re
from collections.abc import Iterable

from textual.binding import Binding, BindingType
from textual.dom import DOMNode
from textual.keys import format_key

from pixel_tui.console.keymap import PLACES

_WORD_START = re.compile(r"(?<=[a-z])(?=[A-Z])")
_HEAD = """# Keys

Made by `scripts/keys` from the program itself. The names are for the `[keys]` table of the
settings file ([configuration.md](configuration.md)).
"""


def keys_page(everywhere: Iterable[BindingType] = ()) -> str:
    """The page as Markdown.

    Args:
        everywhere: The application's own bindings.
    """
    parts = [_HEAD, _table("Everywhere", everywhere)]
    parts += [_table(_title(place), _own(place)) for place in PLACES]
    return "\n".join(parts)


def _own(place: type[DOMNode]) -> list[BindingType]:
    """The bindings of a place, without those of the place that it is a kind of."""
    others = [item for kind in place.__mro__[1:] for item in vars(kind).get("BINDINGS", ())]
    return [item for item in place.BINDINGS if item not in others]


def _title(place: type[DOMNode]) -> str:
    words = _WORD_START.sub(" ", place.__name__.removesuffix("Screen")).capitalize()
    return place.BINDING_GROUP_TITLE or words


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
