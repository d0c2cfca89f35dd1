"""An application that treats its terminal well: the one way in to Textual's inside.

It sends only the cells that changed, paints nothing on a terminal that takes nothing, hands out
keys one after the other, stops and continues as a shell wants it, copies through tmux and screen,
gives memory back, and crashes with one sentence. Where this Textual lacks a private part that one
of these needs, Textual's own way is taken (`private_parts.py`).
"""

import gc
import logging
import sys
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Final

from rich.console import RenderableType
from rich.text import Text
from textual.css.query import NoMatches
from textual.driver import Driver
from textual.geometry import Region
from textual.screen import Screen
from textual.worker import WorkerFailed

from pixel_tui.terminal import memory
from pixel_tui.terminal.clipboard import osc52
from pixel_tui.terminal.keys import KeysInOrder
from pixel_tui.terminal.private_parts import CACHES, CRASH, DRIVER, HOLDING, PAINTING, has_all
from pixel_tui.terminal.suspension import Suspension

if TYPE_CHECKING:
    from pixel_tui.terminal.painting import Painting

log = logging.getLogger(__name__)

HELD_SECONDS: Final = 0.02
"""Between two looks at a terminal that takes nothing."""
FREE_SECONDS: Final = 30.0
"""How long what nobody needs any more may stay in memory."""


class TerminalApp(KeysInOrder):
    """The base of a full-screen program.

    Args:
        environment: The variables of this process.
        ansi_color: As Textual takes it.
    """

    def __init__(self, environment: Mapping[str, str], *, ansi_color: bool | None = None) -> None:
        self._holds = has_all(HOLDING)  # before Textual, which asks for the driver at once
        super().__init__(ansi_color=ansi_color)
        self._environment = environment
        self._painting: Painting | None = _painting()
        self._suspension: Suspension | None = None

    @property
    def crash_words(self) -> str:
        """What is said when it fails; the details are in the log file."""
        return f"{self.title} stopped over a fault of its own."

    def get_driver_class(self) -> type[Driver]:
        """What has the terminal; it waits for none that takes nothing."""
        if not self._holds:
            return super().get_driver_class()
        from pixel_tui.terminal.driver import NonBlockingDriver

        return NonBlockingDriver

    def on_mount(self) -> None:
        """Stop and continue as a shell wants it, and give memory back now and then."""
        if has_all(DRIVER) and self._driver is not None and not self.is_headless:
            self._suspension = Suspension(
                self,
                self._driver,
                sys.stdin.fileno(),
                leaving=lambda: self.leaving,
                refused=partial(
                    self.notify, "No shell could bring it back: it stays.", severity="warning"
                ),
                redraw=self.action_redraw,
            )
            self._suspension.listen()
        self.set_interval(FREE_SECONDS, self.free_memory)

    def free_memory(self) -> None:
        """Empty the caches that grow with each dialog and each size, and return what is free."""
        # What was reckoned of places on the screen is bounded, but by tens of thousands of
        # entries, for which it takes an hour of use to come together.
        for method in vars(Region).values():
            if hasattr(method, "cache_clear"):
                method.cache_clear()
        if has_all(CACHES):
            from textual._styles_cache import StylesCache

            # The colours of a border, by the cache of lines of the widget that had them first: of
            # a thousand closed dialogs and messages it would keep whole pictures.
            StylesCache.get_inner_outer.cache_clear()
        gc.collect()  # all of it; by itself only the younger is
        memory.trim_heap()

    async def action_suspend(self) -> None:
        """Stop, as every program does at Ctrl+Z."""
        if self._suspension is not None:
            await self._suspension.stop()

    def on_resize(self) -> None:
        """Paint everything: a terminal moves its lines about when its size changes.

        Also where it has the old size again by the time that this is heard.
        """
        self.action_redraw()

    def action_redraw(self) -> None:
        """Paint everything again, over whatever else was written to the terminal."""
        if self._painting is not None:
            self._painting.torn = True
        self.refresh(layout=True)

    def copy_to_clipboard(self, text: str) -> None:
        """Put text on the clipboard of the operator's terminal, through tmux and screen."""
        if not has_all(DRIVER):
            super().copy_to_clipboard(text)
            return
        self._clipboard = text
        if self._driver is not None:
            self._driver.write(osc52(text, self._environment))

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        """Send what differs from what the terminal shows, as soon as it takes something."""
        painting = self._painting
        if painting is None or not painting.is_update(renderable):
            super()._display(screen, renderable)
        elif self._is_held:
            self._paint_later(painting)
        else:
            super()._display(screen, painting.changes(screen, renderable))

    @property
    def _is_held(self) -> bool:
        """Whether the terminal takes nothing at the moment."""
        return bool(getattr(self._driver, "is_held", False))

    def _paint_later(self, painting: "Painting") -> None:
        """Look in a moment whether the terminal takes something: then it gets all it lacks."""
        if not painting.owed:
            painting.owed = True
            self.set_timer(HELD_SECONDS, partial(self._paint_what_is_owed, painting))

    def _paint_what_is_owed(self, painting: "Painting") -> None:
        if not painting.owed:
            return
        if self._is_held:
            self.set_timer(HELD_SECONDS, partial(self._paint_what_is_owed, painting))
        else:
            painting.owed = False
            self._display(self.screen, painting.full_update(self.screen))

    def _handle_exception(self, error: Exception) -> None:
        """Say one sentence; the details go to the log file, without secrets."""
        if isinstance(error, WorkerFailed) and isinstance(error.error, NoMatches):
            # A worker outlived its screen: the palette's does when it is closed in mid-search.
            log.warning("a worker looked for a widget that is gone: %s", error.error)
            return
        log.critical("the console failed", exc_info=(type(error), error, error.__traceback__))
        if not has_all(CRASH):
            super()._handle_exception(error)
            return
        self._return_code = 1
        if self._exception is None:
            self._exception = error
            self._exception_event.set()
        self.panic(Text(self.crash_words))


def _painting() -> "Painting | None":
    """What sends the changes alone; None where Textual is to paint in its own way."""
    if not has_all(PAINTING):
        return None
    from pixel_tui.terminal.painting import Painting

    return Painting()
