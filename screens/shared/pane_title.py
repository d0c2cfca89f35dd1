"""The titles of the dashboard's panes."""

from textual.dom import DOMNode

from pixel_tui.text import SafeText, plain
from widgets.bound_key import bound_key


def pane_title(node: DOMNode, pane: str, default: str) -> SafeText:
    """Return the key that shows a pane, and the pane's name: `2 Logs`.

    Args:
        node: Any node of the app.
        pane: The pane as the name of its key has it: `logs` in `pane.logs`.
        default: Its key if the settings don't bind it.
    """
    return plain(f"{bound_key(node, f'pane.{pane}', default)} {pane.capitalize()}")
