"""Driving the environment screen."""

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
