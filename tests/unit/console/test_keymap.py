"""The names of keys for the settings file."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator

from textual.dom import DOMNode

import screens
import widgets
from pixel_tui.console.keymap import BINDING_OWNERS


def with_keys() -> Iterator[type[DOMNode]]:
    """Return all screens and widgets with their own bindings."""
    for package in (screens, widgets):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            module = importlib.import_module(found.name)
            for _, kind in inspect.getmembers(module, inspect.isclass):
                if kind.__module__ == found.name and vars(kind).get("BINDINGS"):
                    assert issubclass(kind, DOMNode)
                    yield kind


def test_the_keys_of_every_screen_and_widget_have_names() -> None:
    """A missing one would be neither in docs/keys.md nor pressed by the read-only test."""
    assert {kind.__name__ for kind in with_keys()} == {
        kind.__name__ for kind in BINDING_OWNERS if vars(kind).get("BINDINGS")
    }
