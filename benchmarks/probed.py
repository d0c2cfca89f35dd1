"""The console, with a look at its inside: `python -m benchmarks.probed FILE ARGUMENTS`.

What no one sees from outside, asyncio's tasks and Python's memory blocks, is written to a
file every few seconds by a thread that does nothing else. Where somebody puts a file beside it
that wishes for a census, that is taken too. When a loop stands still for long, what every thread is
doing is written to another.
"""

import asyncio
import faulthandler
import gc
import json
import os
import sys
import threading
import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Final

from benchmarks.census import take_census
from pixel_tui.cli import main

EVERY_SECONDS: Final = 1.0
WISH: Final = ".wish"
"""The suffix of the file that wishes for a census; it is gone when there is one."""
CENSUS: Final = ".census"
FROZEN: Final = ".frozen"
"""The suffix of the file that says what every thread did while nothing was handled."""
FROZEN_SECONDS: Final = 20.0


def _report(path: Path, loops: list[asyncio.AbstractEventLoop]) -> None:
    beaten = time.monotonic()

    def beat() -> None:
        nonlocal beaten
        beaten = time.monotonic()

    while True:
        time.sleep(EVERY_SECONDS)
        tasks = 0
        for loop in loops:
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(beat)
                tasks += len(asyncio.all_tasks(loop))
        frozen = path.with_suffix(FROZEN)
        if loops and time.monotonic() - beaten > FROZEN_SECONDS and not frozen.exists():
            with frozen.open("w") as file:
                faulthandler.dump_traceback(file)
        seen = {"tasks": tasks, "blocks": sys.getallocatedblocks(), "garbage": len(gc.garbage)}
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps(seen))
        fresh.replace(path)
        wish = path.with_suffix(WISH)
        if wish.exists():
            _take_census(path.with_suffix(CENSUS))
            wish.unlink()


def _take_census(path: Path) -> None:
    """Write a census to a file, in a child: counting would change what is counted."""
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    try:
        path.write_text(json.dumps(asdict(take_census())))
    finally:
        os._exit(0)


def run() -> int:
    """Run the console; returns its exit code."""
    path, sys.argv = Path(sys.argv[1]), ["pixel-tui", *sys.argv[2:]]
    loops: list[asyncio.AbstractEventLoop] = []
    make = asyncio.events.new_event_loop

    def remember() -> asyncio.AbstractEventLoop:
        loops.append(make())
        return loops[-1]

    asyncio.events.new_event_loop = remember
    threading.Thread(target=_report, args=(path, loops), name="probe", daemon=True).start()
    return main()


if __name__ == "__main__":
    sys.exit(run())
