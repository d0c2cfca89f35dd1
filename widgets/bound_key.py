"""The key of a binding, for texts."""

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from textual.dom import DOMNode

from pixel_tui.confirm_keys import shown_key
from pixel_tui.text import SafeText


@runtime_checkable
class HasBoundKeys(Protocol):
    """An app whose keys the settings can change."""

    bound: Mapping[str, str]
    """Names of bindings to keys, comma-separated (`[keys]` of the settings)."""


def bound_key(node: DOMNode, name: str, default: str) -> SafeText:
    """Return the first key of a binding as texts name it: `Esc`, `^x`, `F8`.

    Args:
        node: Any node of the app.
        name: The binding's name, as in `[keys]` of the settings.
        default: Its key if the settings don't bind it, as in its `Binding`.
    """
    app = node.app
    return shown_key(app.bound if isinstance(app, HasBoundKeys) else {}, name, default)
