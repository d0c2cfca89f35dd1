"""Driving the environment screen."""

from pixel_tui.environment.editing.session import EditSession
from screens.environment.editor import EnvironmentEditor
from screens.environment.screen import EnvironmentScreen
from tests.ui.driving import Console
from widgets.key_bar import KeyBar

SIZE = (160, 45)


def screen_of(it: Console) -> EnvironmentScreen:
    screen = it.app.screen
    assert isinstance(screen, EnvironmentScreen)
    return screen


def editor_of(it: Console) -> EnvironmentEditor:
    screen = it.app.screen
    assert isinstance(screen, EnvironmentEditor)
    return screen


def line_of(it: Console, key: str) -> str:
    return next(line for line in it.text("#environment-keys").splitlines() if f" {key}" in line)


def bar(it: Console) -> str:
    return str(it.app.screen.query_one(KeyBar).render())


def session_of(screen: EnvironmentScreen) -> EditSession:
    assert screen.session is not None
    return screen.session


async def opened(it: Console, at: str = "") -> EnvironmentScreen:
    """The screen once it is read, with the cursor on a key."""
    await it.press("E")
    await it.until(
        lambda: isinstance(it.app.screen, EnvironmentScreen) and it.app.screen.overview is not None
    )
    if at:
        screen_of(it).table.cursor_key = at
        await it.until(lambda: at in it.text("#environment-details"))
    return screen_of(it)
