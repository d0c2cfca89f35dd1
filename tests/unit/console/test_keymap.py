"""The names of keys that the settings file may use."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator

from textual.dom import DOMNode

import screens
import widgets
from pixel_tui.console.keymap import PLACES


def with_keys() -> Iterator[type[DOMNode]]:
    """Every screen and widget that binds keys itself."""
    for package in (screens, widgets):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            module = importlib.import_module(found.name)
            for _, kind in inspect.getmembers(module, inspect.isclass):
                if kind.__module__ == found.name and vars(kind).get("BINDINGS"):
                    assert issubclass(kind, DOMNode)
                    yield kind


def test_the_keys_of_every_screen_and_widget_have_names() -> None:
    """A forgotten one would be neither in docs/keys.md nor pressed by the read-only test."""
    assert {kind.__name__ for kind in with_keys()} == {
        kind.__name__ for kind in PLACES if vars(kind).get("BINDINGS")
    }
