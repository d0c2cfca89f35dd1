"""A console that runs for weeks frees the memory of closed screens."""

import ctypes
import gc
import subprocess
import sys
import threading
import weakref

import psutil
import pytest
from textual._styles_cache import StylesCache
from textual.geometry import Region

from pixel_tui.terminal import app
from pixel_tui.terminal import memory as allocator
from tests.ui.driving import console

OPENINGS = 6


async def test_the_pictures_of_closed_dialogs_are_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "CLEANUP_SECONDS", 0.05)
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


async def test_cached_places_are_freed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "CLEANUP_SECONDS", 0.05)
    async with console() as it:
        places = [Region(0, 0, number, 1) for number in range(1, 500)]
        for place in places:
            place.intersection(Region(0, 0, 3, 3))
        await it.until(lambda: Region.intersection.cache_info().currsize < len(places))


glibc = pytest.mark.skipif(
    not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="another C library than glibc"
)
MIB = 1024 * 1024


@glibc
def test_memory_freed_by_a_thread_is_returned_to_the_system() -> None:
    kept: list[bytes] = []

    def use() -> None:
        blobs = [bytes(4000) for _ in range(10_000)]
        kept.append(blobs[-1])  # above what is freed: without it the system gets all at once

    thread = threading.Thread(target=use)
    thread.start()
    thread.join()
    process = psutil.Process()
    before = process.memory_info().rss
    allocator.trim_heap()
    assert before - process.memory_info().rss > 20 * MIB


THREADS_THAT_READ = """
import threading, psutil
from pixel_tui.commands.console import prepare_process
prepare_process()
kept, together = [], threading.Barrier(4)
def read():
    together.wait()
    del together_once[:1]  # a large block that is freed: glibc takes such from its heap from now on
    blocks = [b"x" * (1 << 20) for _ in range(10)]
    kept.append(b"x" * 4000)  # above them
together_once = [bytes(20 << 20)]
before = psutil.Process().memory_info().rss
threads = [threading.Thread(target=read) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(psutil.Process().memory_info().rss - before)
"""


@glibc
def test_dropped_data_takes_no_memory() -> None:
    done = subprocess.run(
        [sys.executable, "-c", THREADS_THAT_READ], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) < 4 * MIB
