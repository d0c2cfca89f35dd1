"""A console that runs for weeks keeps nothing of what was closed."""

import ctypes
import gc
import os
import threading
import weakref

import psutil
import pytest
from textual._styles_cache import StylesCache
from textual.geometry import Region

from pixel_tui import app
from pixel_tui.spare_memory import give_back
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


async def test_what_was_reckoned_of_places_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "LET_GO_SECONDS", 0.05)
    async with console() as it:
        places = [Region(0, 0, number, 1) for number in range(1, 500)]
        for place in places:
            place.intersection(Region(0, 0, 3, 3))
        await it.until(lambda: Region.intersection.cache_info().currsize < len(places))


@pytest.mark.skipif(
    not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="another C library than glibc"
)
def test_memory_that_a_thread_has_freed_goes_back_to_the_system() -> None:
    kept: list[bytes] = []

    def use() -> None:
        blobs = [bytes(4000) for _ in range(10_000)]
        kept.append(blobs[-1])  # above what is freed: without it the system gets all at once

    thread = threading.Thread(target=use)
    thread.start()
    thread.join()
    process = psutil.Process(os.getpid())
    before = process.memory_info().rss
    give_back()
    assert before - process.memory_info().rss > 20 * 1024 * 1024
