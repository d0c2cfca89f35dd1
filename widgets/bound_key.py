"""The key of a binding, for messages."""

from typing import TypeVar

from textual.screen import Screen

from pixel_tui.text import SafeText, plain

Result = TypeVar("Result")


def bound_key(screen: Screen[Result], name: str, default: str) -> SafeText:
    """Return the key of a binding as the footer shows it.

    Args:
        screen: A screen on which the key works.
        name: The binding's name, as in `[keys]` of the settings.
        default: Its key if it is not available now.
    """
    for active in screen.active_bindings.values():
        if active.binding.id == name:
            return plain(screen.app.get_key_display(active.binding))
    return SafeText(default)
