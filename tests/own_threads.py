"""The threads that a test has started: others of the same process may have left some."""

import threading

_FOREIGN: set[threading.Thread] = set()


def begin() -> None:
    """A test begins: whatever runs now is not its own."""
    _FOREIGN.clear()
    _FOREIGN.update(threading.enumerate())


def own_threads(*beginnings: str) -> list[threading.Thread]:
    """Its threads whose names begin so."""
    running = [item for item in threading.enumerate() if item not in _FOREIGN]
    return [item for item in running if item.name.startswith(beginnings)]
