"""Pictures of the console on the demo stack, taken once everything is painted."""

import asyncio
import os
import re
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from textual.pilot import Pilot

from pixel_tui.clock import FixedClock
from pixel_tui.console.app import PixelTui
from pixel_tui.demo.parts import demo_parts
from pixel_tui.demo.stack.world import DemoWorld
from pixel_tui.settings import Settings
from pixel_tui.stack.model.container import ContainerState
from tests.builders.sessions import session
from tests.patience import PATIENCE
from tests.ui.driving import still_clock
from widgets.logs.view import LogView

README_SIZE = (120, 36)


def still_app(settings: Settings | None = None) -> PixelTui:
    """A console with a fixed clock."""
    clock = still_clock()
    return PixelTui(demo_parts(session(settings), clock=clock, world=DemoWorld(clock)))


async def until(pilot: Pilot[None], condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "the console never came to rest"
        await pilot.pause(0.02)


async def settle(pilot: Pilot[None]) -> None:
    """Wait until the table, the stats and the log are complete.

    Rates want two samples, so that time moves on once, by the same step each time.
    """
    app = pilot.app
    assert isinstance(app, PixelTui)
    observer, clock = app.parts.observer, app.parts.clock
    assert isinstance(clock, FixedClock)

    def sampled(*, rates: bool) -> bool:
        running = [
            container.id
            for service in observer.snapshot.services
            for container in service.containers
            if container.state is ContainerState.RUNNING
        ]
        usage = observer.usage
        return bool(running) and all(
            item in usage and (usage[item].cpu is not None or not rates) for item in running
        )

    await until(pilot, lambda: bool(app.screen_stack[0].query("#logs-pane LogView")))
    await until(pilot, lambda: observer.snapshot.complete and sampled(rates=False))
    await until(pilot, lambda: log(pilot).page.shown > 0)
    await quiet(pilot)
    lines = log(pilot).page.shown
    clock.advance(2.0)
    observer.refresh()
    await until(pilot, lambda: observer.snapshot.taken_at == clock.now())
    await until(pilot, lambda: sampled(rates=True) and log(pilot).page.shown > lines)
    await quiet(pilot)


def log(pilot: Pilot[None]) -> LogView:
    return pilot.app.screen_stack[0].query_one("#logs-pane LogView", LogView)


async def quiet(pilot: Pilot[None]) -> None:
    """Wait until the log has stopped growing and everything is painted."""
    await until(pilot, lambda: bool(pilot.app.screen_stack[0].query("#logs-pane LogView")))
    view = log(pilot)
    same, before = 0, -1
    while same < 8:
        await pilot.pause(0.05)
        still = view.page.shown == before and view.page.shown and view.page.settled
        same = same + 1 if still else 0
        before = view.page.shown
        if not view.is_on_screen and pilot.app.screen is not pilot.app.screen_stack[0]:
            same += 1  # a dialog covers it: it grows no more
    dashboard = pilot.app.screen_stack[0]
    dashboard.call_later(dashboard._tick)  # type: ignore[attr-defined]
    await pilot.pause()


def readme_picture() -> str:
    """The picture of the README, the same each time."""
    with tempfile.TemporaryDirectory() as home:
        os.environ["XDG_STATE_HOME"] = home
        os.environ["TZ"] = "UTC"
        time.tzset()
        return asyncio.run(_draw())


async def _draw() -> str:
    app = still_app()
    async with app.run_test(size=README_SIZE) as pilot:
        await settle(pilot)
        svg = app.export_screenshot(title="pixel-tui")
    # Textual names its classes after a random number.
    return re.sub(r"terminal-\d+", "terminal", svg)


def main() -> None:
    """Write the picture."""
    path = Path(__file__).parents[2] / "docs" / "dashboard.svg"
    path.write_text(readme_picture(), encoding="utf-8")


if __name__ == "__main__":
    main()
