"""A console that runs for weeks keeps nothing of what was closed."""

import gc
import weakref

import pytest
from textual._styles_cache import StylesCache

from pixel_tui import app
from tests.ui.driving import console

OPENINGS = 6


async def test_the_pictures_of_closed_dialogs_are_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "LET_GO_SECONDS", 0.05)
    pictures: list[list[weakref.ref[StylesCache]]] = []
    async with console() as it:
        for _ in range(OPENINGS):
            await it.press("question_mark")
            await it.until(lambda: it.app.screen is not it.dashboard)
            widgets = it.app.screen.query("*")
            pictures.append([weakref.ref(widget._styles_cache) for widget in widgets])
            await it.press("escape")
            await it.until(lambda: it.app.screen is it.dashboard)

        def kept() -> int:
            gc.collect()
            return sum(any(ref() is not None for ref in opening) for opening in pictures)

        # A widget may hold the last message that it had, and with it one that is closed.
        await it.until(lambda: kept() <= 2)
