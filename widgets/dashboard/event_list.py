"""The list of Docker's events, newest last."""

from collections.abc import Sequence
from typing import ClassVar, Final

from textual.binding import Binding, BindingType

from pixel_tui.stack.model.snapshot import StackEvent
from widgets.lines.text_lines import TextLine, TextLines
from widgets.rows.table import Tone

MAX_EVENTS: Final = 200
_BAD: Final = ("oom", "health_status: unhealthy")
_GOOD: Final = ("start", "health_status: healthy", "unpause")


class EventList(TextLines):
    """Shows one line an event; stays at the end unless the user has scrolled."""

    BINDING_GROUP_TITLE = "Events"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("k", "scroll_up", "Up", show=False, id="events.up"),
        Binding("j", "scroll_down", "Down", show=False, id="events.down"),
        Binding("g", "scroll_home", "Top", show=False, id="events.top"),
        Binding("G", "scroll_end", "Bottom", show=False, id="events.bottom"),
    ]

    _at_end = True
    """Whether it stays at the end; another height is no reason to leave it."""

    def on_mount(self) -> None:
        """Show that there are no events yet."""
        self.show_lines([(("No events yet.", "muted"),)])

    def show(self, events: Sequence[StackEvent]) -> None:
        """Show the newest of these events."""
        if not events:
            return
        at_end = self._at_end
        self.show_lines([_line(event) for event in events[-MAX_EVENTS:]])
        if at_end:
            self.scroll_end(animate=False)

    def on_resize(self) -> None:
        """Stay at the end."""
        if self._at_end:
            self.scroll_end(animate=False)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Notice whether the user has left the end."""
        super().watch_scroll_y(old_value, new_value)
        self._at_end = new_value >= self.max_scroll_y


def _line(event: StackEvent) -> TextLine:
    local = event.at.astimezone()
    failed = event.action == "die" and event.exit_code != 0
    tone = Tone.PLAIN
    if event.action in _BAD or failed:
        tone = Tone.BAD
    elif event.action in _GOOD:
        tone = Tone.GOOD
    return (
        (f"{local:%H:%M:%S}  ", "label"),
        (f"{event.container:<28} ", "plain"),
        (event.action, tone.value),
        (f"  {event.detail}" if event.detail else "", "label"),
    )
