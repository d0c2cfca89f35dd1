"""Programs that hang, and what tells that they are gone."""

import time
from collections.abc import Callable
from pathlib import Path

from tests.patience import PATIENCE

LONG = 4 * PATIENCE
"""Seconds that the children here would take, where nobody ended them."""


def gone(pid: int) -> bool:
    """Whether it is no more, or nobody has taken notice of its end yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def noting_its_child(folder: Path) -> str:
    """A script that has a child and waits for it; the child's number is in `pid`."""
    return f"sleep {LONG} & echo $! > {folder}/new; mv {folder}/new {folder}/pid; wait"


def soon(check: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while not check():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True
