"""Keeps the C allocator from holding free memory: a console is left open for weeks.

Python allocates objects of more than 512 bytes with it, such as log data and long lists.
"""

import ctypes
from typing import Final

_TRIM_THRESHOLD: Final = -1
_MMAP_THRESHOLD: Final = -3
_ARENA_MAX: Final = -8
"""Parameters of glibc's `mallopt`, see its manual page."""
_LARGE: Final = 128 * 1024
"""glibc's initial values; it raises them with each large block that is freed."""

_libc: Final = ctypes.CDLL(None)


def limit_malloc_arenas() -> None:
    """Make all threads share one arena, and return free memory at its end. Takes no time.

    Otherwise glibc gives each thread an arena of its own, which keeps freed memory: after some
    minutes of use, 31 of 63 MiB were free. Python's threads take turns anyway. Call it before
    starting threads; does nothing with another C library.
    """
    mallopt = getattr(_libc, "mallopt", None)
    if mallopt is not None:
        mallopt(_ARENA_MAX, 1)
        mallopt(_MMAP_THRESHOLD, _LARGE)
        mallopt(_TRIM_THRESHOLD, _LARGE)


def trim_heap() -> None:
    """Return free memory between used blocks to the system. Takes 2 ms at most."""
    malloc_trim = getattr(_libc, "malloc_trim", None)
    if malloc_trim is not None:
        malloc_trim(0)
