"""Keeps C's allocator from holding memory that nobody uses: a console is left open for weeks.

Python takes what is larger than 512 bytes from it: what is read of a log, long lists.
"""

import ctypes
from typing import Final

_TRIM_THRESHOLD: Final = -1
_MMAP_THRESHOLD: Final = -3
_ARENA_MAX: Final = -8
"""Names of glibc's `mallopt`, see its manual page."""
_LARGE: Final = 128 * 1024
"""glibc's own values to begin with; it raises them with each large block that is freed."""

_libc: Final = ctypes.CDLL(None)


def limit_malloc_arenas() -> None:
    """Let all threads use the same memory, and return what is free at its end. Takes no time.

    Else glibc gives each thread memory of its own, where what is freed stays with it: after some
    minutes of use 31 MiB of 63 held nothing. Python's threads take turns anyway. To be
    called before there are threads; does nothing where the C library is another one.
    """
    mallopt = getattr(_libc, "mallopt", None)
    if mallopt is not None:
        mallopt(_ARENA_MAX, 1)
        mallopt(_MMAP_THRESHOLD, _LARGE)
        mallopt(_TRIM_THRESHOLD, _LARGE)


def trim_heap() -> None:
    """Return what is free between what is in use. Takes 2 ms at most."""
    malloc_trim = getattr(_libc, "malloc_trim", None)
    if malloc_trim is not None:
        malloc_trim(0)
