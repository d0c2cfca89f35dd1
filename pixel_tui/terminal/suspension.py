"""Ctrl+Z and `fg`: returns the terminal to the shell, and takes it again.

Textual's own way stops one process where the shell waits for the complete command line, stops it
even if no shell could continue it, and takes every SIGCONT for a return from its own stop:
after a SIGSTOP it would read keys twice and lose the terminal's original state.
"""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from types import FrameType
from typing import TYPE_CHECKING, Final

from pixel_tui.terminal.job_control import in_foreground, stop_group

if TYPE_CHECKING:
    from textual.app import App
    from textual.driver import Driver

POLL_SECONDS: Final = 0.05
"""How long another signal that came with SIGCONT may take to arrive."""


class Suspension:
    """Stops the console and continues it.

    Args:
        app: The app on the screen.
        driver: Controls the terminal.
        descriptor: The terminal's descriptor.
        leaving: Whether the app is about to exit.
        refused: Called if the console can't be stopped, because no shell could continue it.
        redraw: Repaints everything, in the terminal's current size.
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
        """Handle SIGTSTP and SIGCONT; call it on the main thread, in the event loop."""
        loop = asyncio.get_running_loop()

        def handle(number: signal.Signals, callback: Callable[[], Awaitable[object]]) -> None:
            def handler(_number: int, _frame: FrameType | None) -> None:
                loop.call_soon_threadsafe(self._app.call_later, callback)

            signal.signal(number, handler)

        handle(signal.SIGTSTP, self.stop)
        handle(signal.SIGCONT, self._on_continue)

    async def stop(self) -> None:
        """Restore the terminal and stop; returns after the console was continued and repainted."""
        if not await self._suspend(stop_group):
            self._refused()

    async def _on_continue(self) -> None:
        """Repaint after an unnoticed stop (SIGSTOP), as the terminal may be in any state."""
        if in_foreground(self._descriptor):
            await self._suspend(lambda: True)

    def _exit_in_background(self) -> None:
        """Exit in the background: the terminal is the shell's, and already restored."""
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)  # it would stop Textual's cleanup
        vars(self._driver)["attrs_before"] = None

    async def _suspend(self, stop: Callable[[], bool]) -> bool:
        if self._busy or self._leaving():
            return True
        self._busy = True
        try:
            # Paint nothing on a terminal that belongs to the shell.
            with self._app.batch_update():
                self._driver.suspend_application_mode()
                stopped = stop()
                while stopped and not in_foreground(self._descriptor):
                    # After `bg`, wait for the foreground. `kill` sends SIGCONT too, and is obeyed.
                    await asyncio.sleep(POLL_SECONDS)
                    if self._leaving():
                        self._exit_in_background()
                        return True
                    stopped = stop_group(signal.SIGTTOU)
                self._driver.resume_application_mode()
        finally:
            self._busy = False
        self._redraw()
        return stopped
