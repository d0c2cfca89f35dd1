"""The base app, and the only access to Textual's internals for the console.

It sends only changed cells, paints nothing while the terminal accepts no output, handles keys
in order, stops and continues like any shell job, copies through tmux and screen, frees memory,
and crashes with one sentence. If this Textual lacks a private part that one of these needs,
Textual's own behaviour is used (`private_parts.py`).
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

RETRY_SECONDS: Final = 0.02
"""Seconds between two checks of a terminal that accepts no output."""
CLEANUP_SECONDS: Final = 30.0
"""Seconds between two cleanups of memory."""


class TerminalApp(KeysInOrder):
    """The base class of a full-screen program.

    Args:
        environment: The variables of this process.
        ansi_color: As in Textual.
    """

    def __init__(self, environment: Mapping[str, str], *, ansi_color: bool | None = None) -> None:
        self._can_hold = has_all(HOLDING)  # before Textual's, which asks for the driver
        super().__init__(ansi_color=ansi_color)
        self._environment = environment
        self._painting: Painting | None = _painting()
        self._suspension: Suspension | None = None

    @property
    def crash_words(self) -> str:
        """The message after a crash; the details are in the log file."""
        return f"{self.title} crashed because of a bug."

    def get_driver_class(self) -> type[Driver]:
        """Return a driver that never blocks on the terminal."""
        if not self._can_hold:
            return super().get_driver_class()
        from pixel_tui.terminal.driver import NonBlockingDriver

        return NonBlockingDriver

    def on_mount(self) -> None:
        """Handle stop and continue signals, and free memory now and then."""
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
        self.set_interval(CLEANUP_SECONDS, self.free_memory)

    def free_memory(self) -> None:
        """Empty caches that grow with each dialog and each size, and return free memory."""
        # Textual's caches of regions are bounded, but by tens of thousands of entries, which takes
        # an hour of use.
        for method in vars(Region).values():
            if hasattr(method, "cache_clear"):
                method.cache_clear()
        if has_all(CACHES):
            from textual._styles_cache import StylesCache

            # Its keys refer to the line cache of the first widget with such a border: of a thousand
            # closed dialogs and messages it would keep all rendered lines.
            StylesCache.get_inner_outer.cache_clear()
        gc.collect()  # all generations; the automatic collection covers only the younger
        memory.trim_heap()

    async def action_suspend(self) -> None:
        """Stop, like any program at Ctrl+Z."""
        if self._suspension is not None:
            await self._suspension.stop()

    def on_resize(self) -> None:
        """Repaint everything, because a terminal moves lines when its size changes.

        Even if the size is the old one again by now.
        """
        self.action_redraw()

    def action_redraw(self) -> None:
        """Repaint everything, over whatever else was written to the terminal."""
        if self._painting is not None:
            self._painting.overwritten = True
        self.refresh(layout=True)

    def copy_to_clipboard(self, text: str) -> None:
        """Copy text to the clipboard of the user's terminal, through tmux and screen."""
        if not has_all(DRIVER):
            super().copy_to_clipboard(text)
            return
        self._clipboard = text
        if self._driver is not None:
            self._driver.write(osc52(text, self._environment))

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        """Send what differs from the terminal's content, once it accepts output."""
        painting = self._painting
        if painting is None or not painting.is_update(renderable):
            super()._display(screen, renderable)
        elif self._is_held:
            self._schedule_repaint(painting)
        else:
            super()._display(screen, painting.changes(screen, renderable))

    @property
    def _is_held(self) -> bool:
        """Whether the terminal accepts no output at the moment."""
        return bool(getattr(self._driver, "is_held", False))

    def _schedule_repaint(self, painting: "Painting") -> None:
        """Schedule a repaint of everything once the terminal accepts output."""
        if not painting.behind:
            painting.behind = True
            self.set_timer(RETRY_SECONDS, partial(self._repaint, painting))

    def _repaint(self, painting: "Painting") -> None:
        if not painting.behind:
            return
        if self._is_held:
            self.set_timer(RETRY_SECONDS, partial(self._repaint, painting))
        else:
            painting.behind = False
            self._display(self.screen, painting.full_update(self.screen))

    def _handle_exception(self, error: Exception) -> None:
        """Show one sentence; the details go to the log file, without secrets."""
        if isinstance(error, WorkerFailed) and isinstance(error.error, NoMatches):
            # A worker outlived its screen: the command palette's does if closed during a search.
            log.warning("a worker's widget no longer exists: %s", error.error)
            return
        log.critical("pixel-tui failed", exc_info=(type(error), error, error.__traceback__))
        if not has_all(CRASH):
            super()._handle_exception(error)
            return
        self._return_code = 1
        if self._exception is None:
            self._exception = error
            self._exception_event.set()
        self.panic(Text(self.crash_words))


def _painting() -> "Painting | None":
    """Return what sends only changes; None to paint as Textual does."""
    if not has_all(PAINTING):
        return None
    from pixel_tui.terminal.painting import Painting

    return Painting()
