"""The events pane: what the engine reported about the stack, newest last."""

from collections.abc import Sequence
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from pixel_tui.stack.model import StackEvent

SHOWN: Final = 200
_BAD: Final = ("oom", "health_status: unhealthy")
_GOOD: Final = ("start", "health_status: healthy", "unpause")


class EventList(VerticalScroll, can_focus=True):
    """One line an event. It stays at the end unless somebody scrolled away."""

    BINDING_GROUP_TITLE = "Events"
    DEFAULT_CSS = """
    EventList { padding: 0 1; scrollbar-size-vertical: 1; }
    EventList > Static { width: 1fr; height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("k", "scroll_up", "Up", show=False, id="events.up"),
        Binding("j", "scroll_down", "Down", show=False, id="events.down"),
        Binding("g", "scroll_home", "Top", show=False, id="events.top"),
        Binding("G", "scroll_end", "Bottom", show=False, id="events.bottom"),
    ]

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  Textual's own name for it
        super().__init__(id=id)
        self._text = Static("No events yet.", markup=False)

    def compose(self) -> ComposeResult:
        """One text that holds them all."""
        yield self._text

    def show(self, events: Sequence[StackEvent]) -> None:
        """Show the last of these events."""
        if not events:
            return
        at_end = self.is_vertical_scroll_end
        self._text.update(Content("\n").join([_line(event) for event in events[-SHOWN:]]))
        if at_end:
            self.call_after_refresh(self.scroll_end, animate=False)


def _line(event: StackEvent) -> Content:
    local = event.at.astimezone()
    failed = event.action == "die" and not event.detail.startswith("0")
    style = "$foreground"
    if event.action in _BAD or failed:
        style = "$text-error bold"
    elif event.action in _GOOD:
        style = "$text-success"
    return Content.assemble(
        (f"{local:%H:%M:%S}  ", "$foreground-muted"),
        (f"{event.container:<28} ", ""),
        (event.action, style),
        (f"  {event.detail}" if event.detail else "", "$foreground-muted"),
    )
