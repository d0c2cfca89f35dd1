"""The footer: the keys of where one is, in one line."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from textual import events
from textual.app import RenderResult
from textual.binding import ActiveBinding
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget

GAP: Final = 2


@dataclass(frozen=True, slots=True)
class _Key:
    """A key as it stands in the line."""

    key: str
    shown: str
    description: str

    @property
    def cells(self) -> int:
        return len(self.shown) + 1 + len(self.description)


class KeyBar(Widget):
    """One painted line in place of a widget a key: it changes with every focus.

    A click on a key presses it.
    """

    DEFAULT_CSS = """
    KeyBar {
        dock: bottom; height: 1; padding: 0 1;
        background: $footer-background; color: $footer-description-foreground;
    }
    """

    def on_mount(self) -> None:
        """Hear when other keys count."""
        self.screen.bindings_updated_signal.subscribe(self, self._bindings_updated)

    def _bindings_updated(self, _screen: Screen[object]) -> None:
        self.refresh()

    def _keys(self) -> Iterator[_Key]:
        seen: set[str] = set()
        for active in self.screen.active_bindings.values():
            binding = active.binding
            if not binding.show or not active.enabled or binding.action in seen:
                continue
            seen.add(binding.action)
            yield _Key(binding.key, self._shown(active), binding.description)

    def _shown(self, active: ActiveBinding) -> str:
        return active.binding.key_display or self.app.get_key_display(active.binding)

    def render(self) -> RenderResult:
        """The keys, left to right, as they fit."""
        parts = [
            Content.assemble((key.shown, "$footer-key-foreground bold"), f" {key.description}")
            for key in self._keys()
        ]
        return Content(" " * GAP).join(parts)

    def on_click(self, event: events.Click) -> None:
        """Press the key that was clicked on."""
        left = 1
        for key in self._keys():
            if left <= event.x < left + key.cells:
                self.app.simulate_key(key.key)
                return
            left += key.cells + GAP
