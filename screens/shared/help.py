"""The keys of the current view, taken from its bindings."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.dom import DOMNode
from textual.screen import ModalScreen
from textual.widgets import Static

from screens.shared.scrolling import ScrollingDialog
from widgets.key_bar import KeyBar

KEY_CELLS: Final = 18


class HelpScreen(ScrollingDialog[None]):
    """Lists keys, grouped by the part of the screen that they belong to.

    Args:
        bindings: The bindings that were active when help was opened.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark,enter", "dismiss(None)", "Close", show=False, id="help.close"),
    ]

    def __init__(self, bindings: Mapping[str, ActiveBinding]) -> None:
        super().__init__()
        self._shown = dict(bindings)

    def compose(self) -> ComposeResult:
        """One scrolled text."""
        with Vertical(classes="dialog -tall") as dialog:
            dialog.border_title = "Keys of this view"
            with VerticalScroll(can_focus=False):
                yield Static(_content(self._shown.values(), self.app.get_key_display))
        yield KeyBar()


def _title(node: DOMNode) -> str:
    return "This dialog" if isinstance(node, ModalScreen) else "Everywhere"


def _content(bindings: Iterable[ActiveBinding], display: object) -> Content:
    groups: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for active in bindings:
        binding = active.binding
        if binding.system or not binding.description or not callable(display):
            continue
        title = active.node.BINDING_GROUP_TITLE or _title(active.node)
        description = binding.tooltip or binding.description
        if not binding.id:  # Textual's own, in title case: Focus Next
            description = description.capitalize()
        groups[title][description].append(str(display(binding)))
    parts: list[Content] = []
    for title, lines in groups.items():
        if parts:
            parts.append(Content(""))
        parts.append(Content.styled(title, "$text-accent bold"))
        for description, keys in lines.items():
            shown = " ".join(dict.fromkeys(keys))
            parts.append(
                Content.assemble(("  ", ""), (f"{shown:<{KEY_CELLS}}", "bold"), (description, ""))
            )
    return Content("\n").join(parts)
