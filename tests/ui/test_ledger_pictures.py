"""Snapshots of the ledger. After a wanted change: `--snapshot-update`."""

from collections.abc import Callable

import pytest
from textual.pilot import Pilot

from pixel_tui.demo.ledger import ORPHAN, RUNNING
from pixel_tui.settings import Settings
from screens.ledger.screen import LedgerScreen
from tests.ui.picturing import quiet, settle, still_app, until
from widgets.logs.view import LogView

Compare = Callable[..., bool]
SIZES = [(80, 24), (160, 45)]


async def ledger(pilot: Pilot[None], cursor: str) -> LedgerScreen:
    await settle(pilot)
    await pilot.press("W")
    screen = pilot.app.screen
    assert isinstance(screen, LedgerScreen)
    await until(pilot, lambda: len(screen.table.keys) > 5 and bool(screen._shown.findings))
    screen.table.cursor_key = cursor
    await quiet(pilot)
    return screen


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("theme", ["pixel-dark", "pixel-ansi"])
def test_the_list(snap_compare: Compare, size: tuple[int, int], theme: str) -> None:
    async def run(pilot: Pilot[None]) -> None:
        await ledger(pilot, ORPHAN)

    assert snap_compare(still_app(Settings(theme=theme)), terminal_size=size, run_before=run)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("part", ["1", "2", "4"], ids=["text", "timeline", "log"])
def test_a_task(snap_compare: Compare, size: tuple[int, int], part: str) -> None:
    async def run(pilot: Pilot[None]) -> None:
        await ledger(pilot, RUNNING)
        await pilot.press("enter", part)
        await quiet(pilot)
        if part == "4":
            view = pilot.app.screen.query_one("#task-log LogView", LogView)
            lines = 0
            while not view.page.shown or view.page.shown != lines or not view.page.settled:
                lines = view.page.shown
                await pilot.pause(0.3)
            screen = pilot.app.screen
            screen.call_later(screen._tick)  # type: ignore[attr-defined]
            await pilot.pause()

    assert snap_compare(still_app(), terminal_size=size, run_before=run)


@pytest.mark.parametrize("size", SIZES)
def test_the_figures(snap_compare: Compare, size: tuple[int, int]) -> None:
    async def run(pilot: Pilot[None]) -> None:
        await ledger(pilot, ORPHAN)
        await pilot.press("i")
        await quiet(pilot)

    assert snap_compare(still_app(), terminal_size=size, run_before=run)
