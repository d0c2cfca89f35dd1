"""Driving the console without a terminal."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from textual import events
from textual.geometry import Region
from textual.pilot import Pilot
from textual.strip import Strip

from pixel_tui.clock import Clock, FixedClock, SystemClock
from pixel_tui.console.app import PixelTui
from pixel_tui.demo.parts import demo_parts
from pixel_tui.demo.stack.world import DemoWorld
from pixel_tui.settings import Settings
from screens.dashboard.logs_pane import LogsPane
from screens.dashboard.screen import DashboardScreen
from tests.builders.sessions import session
from tests.patience import PATIENCE
from widgets.logs.view import LogView
from widgets.tables.service_table import ServiceTable

CHARACTERS = {"slash": "/", "enter": "\r", "minus": "-", "colon": ":", "ampersand": "&"}
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@dataclass
class Console:
    """A console on the demo stack, with methods to press keys and read the screen."""

    app: PixelTui
    pilot: Pilot[None]
    world: DemoWorld
    clock: Clock

    @property
    def dashboard(self) -> DashboardScreen:
        """The screen below every dialog."""
        screen = self.app.screen_stack[0]
        assert isinstance(screen, DashboardScreen)
        return screen

    @property
    def table(self) -> ServiceTable:
        """The service table."""
        return self.dashboard.table

    @property
    def logs_pane(self) -> LogsPane:
        """The pane of the logs."""
        return self.dashboard.query_one(LogsPane)

    @property
    def log(self) -> LogView:
        """The log of the selected row."""
        return self.dashboard.query_one("#logs-pane LogView", LogView)

    async def press(self, *keys: str) -> None:
        """Press keys, and wait until they have taken effect."""
        await self.pilot.press(*keys)
        await self._handled()

    async def _handled(self) -> None:
        await self.until(lambda: not self.app.keys_pending)
        await self.pilot.pause()

    async def burst(self, *keys: str) -> None:
        """Press keys without waiting in between, as they arrive over a slow line."""
        for key in keys:
            character = key if len(key) == 1 else CHARACTERS.get(key)
            self.app.post_message(events.Key(key, character))
        await self.pilot.pause()
        await self._handled()

    async def until(self, condition: Callable[[], object], seconds: float = PATIENCE) -> None:
        """Wait until a condition is true, and still is when pending messages are handled.

        In between the console is left alone: a pause of the pilot sends a message to every
        widget and paints, and a wait of seconds has hundreds of them.
        """
        deadline, holds = time.monotonic() + seconds, bool(condition())
        while not holds:
            assert time.monotonic() < deadline, "the condition did not become true"
            await asyncio.sleep(0.05)
            if condition():
                if self.app.is_running:
                    await self.pilot.pause(0)
                holds = bool(condition())

    def all_lines_counted(self) -> bool:
        """Whether the log has come to the last line that is held; lines are counted in batches."""
        page = self.log.page
        if page.feed is None:
            return False
        held = page.feed.ring.extent
        return (page.state.epoch, page.state.stop) == (held.epoch, held.following)

    def names(self) -> list[str]:
        """The keys of the rows, top to bottom."""
        return [row.key for row in self.table.rows]

    def text(self, selector: str = "") -> str:
        """The painted text of the screen or of a widget."""
        screen = self.app.screen
        region = screen.query_one(selector).region if selector else screen.region
        # Of the complete screen only these lines are painted: most of what a test does is to look.
        lines = Region(0, region.y, screen.size.width, region.height).intersection(screen.region)
        painted = screen._compositor._render_chops(lines, lines.line_range.__contains__)
        strips = (Strip.join(painted[y].values()) for y in lines.line_range)
        shown = [strip.crop(region.x, region.right) for strip in strips]
        return "\n".join(strip.text.rstrip() for strip in shown)


def still_clock() -> FixedClock:
    """A clock that is fixed at noon."""
    return FixedClock(NOON)


@asynccontextmanager
async def console(
    *,
    settings: Settings | None = None,
    size: tuple[int, int] = (100, 36),
    still: bool = False,
) -> AsyncIterator[Console]:
    """A console with a complete table and a log with lines.

    Args:
        settings: The settings.
        size: Columns and rows.
        still: Whether the clock is fixed.
    """
    clock: Clock = still_clock() if still else SystemClock()
    world = DemoWorld(clock)
    parts = demo_parts(session(settings), clock=clock, world=world)
    app = PixelTui(parts)
    async with app.run_test(size=size, notifications=True) as pilot:
        driven = Console(app, pilot, world, clock)
        await driven.until(lambda: app.screen_stack[0].query("#logs-pane LogView"))
        await driven.until(lambda: parts.observer.snapshot.complete and driven.names())
        await driven.until(lambda: driven.log.page.shown > 0 and driven.all_lines_counted())
        yield driven
