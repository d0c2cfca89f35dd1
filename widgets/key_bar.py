"""The footer: the keys of the focused view, in one line."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from textual import events
from textual.app import RenderResult
from textual.binding import ActiveBinding
from textual.content import Content
from textual.reactive import reactive
from textual.screen import ModalScreen, Screen
from textual.widget import Widget

GAPS: Final = (2, 1)
"""Cells between two keys: where there is room, and where there is not."""
GENERAL: Final = 3
"""The last keys are those of every place, the way out among them: they are always there."""
HELP: Final = "app.help"
"""The action that lists every key."""


@dataclass(frozen=True, slots=True)
class _Key:
    """A key as it stands in the line."""

    key: str
    shown: str
    description: str
    action: str

    @property
    def cells(self) -> int:
        return len(self.shown) + 1 + len(self.description)


class KeyBar(Widget):
    """One painted line in place of a widget a key: it changes with every focus.

    A click on a key presses it. The app's notice, if there is one, is shown above the keys.

    Args:
        notices: Whether it is; a screen that shows the same itself needs no notice.
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
        if self._notices:
            self.watch(self.app, "notice", self._set_notice)

    def _set_notice(self, notice: str | None) -> None:
        self.notice = notice or ""

    def _bindings_updated(self, _screen: Screen[object]) -> None:
        self.refresh()

    def _keys(self) -> list[_Key]:
        """The keys in their order; in a dialog the last are the way out and that to all others."""
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
        """The keys that fit, and the gap between them: the last local ones make room first."""
        keys, width = self._keys(), self.content_size.width
        for gap in GAPS:
            if _cells(keys, gap) <= width:
                return keys, gap
        while len(keys) > GENERAL and _cells(keys, GAPS[-1]) > width:
            del keys[-GENERAL - 1]
        return keys, GAPS[-1]

    def render(self) -> RenderResult:
        """The keys, left to right."""
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
        """Press the key that was clicked on."""
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
