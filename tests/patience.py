"""How long a test waits for what has to come."""

import time
from collections.abc import Callable
from typing import Final

PATIENCE: Final = 120.0
"""Seconds. What comes at all comes within them, whatever else the machine is busy with; so a
failure says that it does not come, and never that it was late."""


def await_calm(count: Callable[[], int], most: int, seconds: float) -> None:
    """Wait for a time in which a count grows by no more than this.

    What began before may end late on a busy machine; what never stops is not waited out.
    """
    deadline = time.monotonic() + PATIENCE
    while True:
        before = count()
        time.sleep(seconds)
        if count() <= before + most:
            return
        assert time.monotonic() < deadline, f"it goes on and on: {before}, then {count()}"
