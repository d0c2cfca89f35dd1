"""Ctrl+Z and fg: the terminal given back to the shell, and taken again.

The toolkit's own way stops one process where the shell waits for the whole command line,
stops it also where no shell could bring it back, and takes every SIGCONT for a return from
its own stop: after a SIGSTOP it would read keys twice and forget how the terminal was.
"""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable
from types import FrameType
from typing import TYPE_CHECKING, Final

from pixel_tui.terminal.job_control import in_foreground, stop_group

if TYPE_CHECKING:
    from textual.app import App
    from textual.driver import Driver

log = logging.getLogger(__name__)

HEAR_SECONDS: Final = 0.05
"""How long another signal that came with the one to go on may take to be heard."""


class Suspension:
    """Stops the console and brings it back.

    Args:
        app: What is drawn.
        driver: What has the terminal.
        descriptor: The terminal.
        leaving: Whether the console is about to end.
        refused: Called where the console was asked to stop and nobody could bring it back.
        redraw: Paints everything anew, in whatever size the terminal has now.
    """

    def __init__(
        self,
        app: "App[None]",
        driver: "Driver",
        descriptor: int,
        *,
        leaving: Callable[[], bool],
        refused: Callable[[], None],
        redraw: Callable[[], None],
    ) -> None:
        self._app = app
        self._driver = driver
        self._descriptor = descriptor
        self._leaving = leaving
        self._refused = refused
        self._redraw = redraw
        self._busy = False

    def listen(self) -> None:
        """Hear SIGTSTP and SIGCONT; to be called on the main thread, in the event loop."""
        loop = asyncio.get_running_loop()

        def hear(number: signal.Signals, act: Callable[[], Awaitable[object]]) -> None:
            def heard(_number: int, _frame: FrameType | None) -> None:
                loop.call_soon_threadsafe(self._app.call_later, act)

            signal.signal(number, heard)

        hear(signal.SIGTSTP, self.stop)
        hear(signal.SIGCONT, self._continued)

    async def stop(self) -> None:
        """Give the terminal back and stop; returns after it went on, with a whole picture."""
        if not await self._away(stop_group):
            self._refused()

    async def _continued(self) -> None:
        """It was stopped in a way that can't be heard: the terminal may be anyhow."""
        if in_foreground(self._descriptor):
            await self._away(lambda: True)

    def _let_be(self) -> None:
        """End in the background: the terminal is the shell's, and was restored before."""
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)  # it would stop the toolkit's farewell
        vars(self._driver)["attrs_before"] = None

    async def _away(self, stop: Callable[[], bool]) -> bool:
        if self._busy or self._leaving():
            return True
        self._busy = True
        try:
            # A terminal that is the shell's is not painted on.
            with self._app.batch_update():
                self._driver.suspend_application_mode()
                stopped = stop()
                while stopped and not in_foreground(self._descriptor):
                    # `bg`: it waits to be drawn. `kill` sends SIGCONT too, and is obeyed.
                    await asyncio.sleep(HEAR_SECONDS)
                    if self._leaving():
                        self._let_be()
                        return True
                    stopped = stop_group(signal.SIGTTOU)
                self._driver.resume_application_mode()
        finally:
            self._busy = False
        self._redraw()
        return stopped
