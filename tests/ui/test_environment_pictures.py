"""Snapshots of the environment's screens. After a wanted change: `--snapshot-update`."""

from collections.abc import Awaitable, Callable

import pytest
from textual.pilot import Pilot

from pixel_tui.settings import Settings
from screens.environment.screen import EnvironmentScreen
from tests.ui.picturing import quiet, settle, still_app, until

Compare = Callable[..., bool]
SIZES = [(80, 24), (160, 45)]


def opened(*pressed: str, at: str = "GH_TOKEN", words: str = "") -> Callable[..., Awaitable[None]]:
    """Open the environment with the cursor on a key, press keys, and wait for a text."""

    async def run(pilot: Pilot[None]) -> None:
        await settle(pilot)
        app = pilot.app
        app._disable_notifications = True  # on a slow machine they are gone before the picture
        await pilot.press("E")

        def is_read() -> bool:
            screen = app.screen
            return isinstance(screen, EnvironmentScreen) and screen.overview is not None

        await until(pilot, is_read)
        screen = app.screen
        assert isinstance(screen, EnvironmentScreen)
        screen.table.cursor_key = at
        await until(pilot, lambda: at in str(screen.query_one("#environment-words").render()))
        await pilot.press(*pressed)
        await until(pilot, lambda: words in app.export_screenshot().replace("&#160;", " "))
        await quiet(pilot)

    return run


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("theme", ["pixel-dark", "pixel-light", "pixel-ansi"])
def test_the_keys(snap_compare: Compare, size: tuple[int, int], theme: str) -> None:
    app = still_app(Settings(theme=theme))
    assert snap_compare(app, terminal_size=size, run_before=opened())


@pytest.mark.parametrize("size", SIZES)
def test_read_only(snap_compare: Compare, size: tuple[int, int]) -> None:
    app = still_app(Settings(read_only=True))
    assert snap_compare(app, terminal_size=size, run_before=opened())


@pytest.mark.parametrize("size", SIZES)
def test_a_value(snap_compare: Compare, size: tuple[int, int]) -> None:
    pressed = opened("enter", at="NEXT_PUBLIC_API_URL", words="Compose reads")
    assert snap_compare(still_app(), terminal_size=size, run_before=pressed)


@pytest.mark.parametrize("size", SIZES)
def test_a_save(snap_compare: Compare, size: tuple[int, int]) -> None:
    pressed = opened("number_sign", "s", at="LOG_LEVEL", words="Compose accepts the file")
    app = still_app()
    assert snap_compare(app, terminal_size=size, run_before=pressed)


@pytest.mark.parametrize("size", SIZES)
def test_a_comparison(snap_compare: Compare, size: tuple[int, int]) -> None:
    pressed = opened("c", "enter", words="Only in")
    assert snap_compare(still_app(), terminal_size=size, run_before=pressed)


@pytest.mark.parametrize("size", SIZES)
def test_the_versions(snap_compare: Compare, size: tuple[int, int]) -> None:
    pressed = opened("h", words="Changes to the")
    assert snap_compare(still_app(), terminal_size=size, run_before=pressed)
