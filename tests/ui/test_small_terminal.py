"""A terminal that is too small for the open screen."""

import pytest

from screens.changes.job import JobScreen
from tests.ui.driving import console

SIZES = ((20, 5), (20, 3), (3, 5), (1, 1))


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_every_list_stands_it(size: tuple[int, int]) -> None:
    async with console() as it:
        await it.press("r", "y", "enter")
        await it.until(lambda: isinstance(it.app.screen, JobScreen))
        await it.press("escape")
        await it.until(lambda: it.app.screen is it.dashboard)
        await it.pilot.resize_terminal(*size)
        for opened in ("5", "c", "colon"):
            await it.press(opened, "pagedown", "pageup", "down", "up", "end", "home")
            await it.press("escape", "escape")
        await it.pilot.resize_terminal(80, 24)
        await it.until(lambda: it.app.screen is it.dashboard)
