"""The footer: the keys of the focused view, in one line."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol, runtime_checkable

from textual import events
from textual.app import RenderResult
from textual.binding import ActiveBinding
from textual.content import Content
from textual.reactive import reactive
from textual.screen import ModalScreen, Screen
from textual.signal import Signal
from textual.widget import Widget

GAPS: Final = (2, 1)
"""Cells between two keys: with and without enough room."""
GENERAL: Final = 3
"""The last keys, which every view has; they are always shown."""
HELP: Final = "app.help"
"""The action that lists every key."""


@runtime_checkable
class NoticeSource(Protocol):
    """An app with a notice that every screen shows."""

    notice: str
    notice_signal: Signal[str]
    """Published with each new notice. A watcher of `notice` would keep every closed bar alive."""


@dataclass(frozen=True, slots=True)
class _Key:
    """A key in the line."""

    key: str
    shown: str
    description: str
    action: str

    @property
    def cells(self) -> int:
        return len(self.shown) + 1 + len(self.description)


class KeyBar(Widget):
    """The keys as one painted line; Textual's footer has a widget for each key.

    A click on a key presses it. The app's notice, if there is one, is shown above the keys.

    Args:
        notices: Whether to show it; False on screens that show the same themselves.
    """

    DEFAULT_CSS = """
    KeyBar {
        dock: bottom; height: 1; padding: 0 1;
        background: $footer-background; color: $footer-description-foreground;
    }
    KeyBar.-notice { height: 2; }
    """

    notice: reactive[str] = reactive("", toggle_class="-notice")

    def __init__(self, *, notices: bool = True) -> None:
        super().__init__()
        self._notices = notices

    def on_mount(self) -> None:
        """Follow the screen's bindings and the app's notice."""
        self.screen.bindings_updated_signal.subscribe(self, self._bindings_updated)
        if self._notices and isinstance(self.app, NoticeSource):
            self.notice = self.app.notice
            self.app.notice_signal.subscribe(self, self._set_notice)

    def on_unmount(self) -> None:
        """Stop following the app's notice."""
        if isinstance(self.app, NoticeSource):
            self.app.notice_signal.unsubscribe(self)

    def watch_notice(self, notice: str) -> None:
        """Let the screen keep its messages off the notice."""
        self.screen.set_class(bool(notice), "-notice")

    def _set_notice(self, notice: str) -> None:
        self.notice = notice

    def _bindings_updated(self, _screen: Screen[object]) -> None:
        self.refresh()

    def _keys(self) -> list[_Key]:
        """The keys in order; in a dialog, help and Esc are last."""
        keys = list(self._shown_keys())
        if isinstance(self.screen, ModalScreen):
            keys.sort(key=lambda item: (item.action == HELP, item.key == "escape"))
        return keys

    def _shown_keys(self) -> Iterator[_Key]:
        seen: set[str] = set()
        for active in self.screen.active_bindings.values():
            binding = active.binding
            if not binding.show or not active.enabled or binding.action in seen:
                continue
            seen.add(binding.action)
            yield _Key(binding.key, self._shown(active), binding.description, binding.action)

    def _shown(self, active: ActiveBinding) -> str:
        return active.binding.key_display or self.app.get_key_display(active.binding)

    def _line(self) -> tuple[list[_Key], int]:
        """The keys that fit, and the gap between them; the last local keys are dropped first."""
        keys, width = self._keys(), self.content_size.width
        for gap in GAPS:
            if _cells(keys, gap) <= width:
                return keys, gap
        while len(keys) > GENERAL and _cells(keys, GAPS[-1]) > width:
            del keys[-GENERAL - 1]
        return keys, GAPS[-1]

    def render(self) -> RenderResult:
        """The notice, if there is one, and the keys."""
        keys, gap = self._line()
        parts = [
            Content.assemble((key.shown, "$footer-key-foreground bold"), f" {key.description}")
            for key in keys
        ]
        line = Content(" " * gap).join(parts)
        if not self.notice:
            return line
        return Content("\n").join([Content.styled(self.notice, "$text-warning bold"), line])

    def on_click(self, event: events.Click) -> None:
        """Press the key under the mouse."""
        if event.y < self.size.height - 1:
            return
        keys, gap = self._line()
        left = 1
        for key in keys:
            if left <= event.x < left + key.cells:
                self.app.simulate_key(key.key)
                return
            left += key.cells + gap


def _cells(keys: list[_Key], gap: int) -> int:
    return sum(key.cells for key in keys) + gap * (len(keys) - 1)
