"""Gives back the memory that nobody needs any more: a console is left open for weeks."""

from functools import cache
from typing import TYPE_CHECKING, Final

from textual._styles_cache import StylesCache
from textual.geometry import Region

if TYPE_CHECKING:
    from collections.abc import Callable

_CACHES: Final = (
    # The colours of borders, by the cache of pictures of the widget that was painted first with
    # them: of a thousand closed dialogs and messages it would keep whole pictures.
    StylesCache.get_inner_outer,
    # What was reckoned of places on the screen: bounded, but by tens of thousands of entries,
    # which take an hour of use to come together.
    *(method for method in vars(Region).values() if hasattr(method, "cache_clear")),
)


def give_back() -> None:
    """Empty what grows with each dialog and each size, and return what is free to the system."""
    for method in _CACHES:
        method.cache_clear()
    trim = _trim()
    if trim is not None:
        trim()


@cache
def _trim() -> "Callable[[], object] | None":
    """What returns the free pages of C's allocator; None where that is not glibc.

    Each thread that reads a log or asks the engine may have an arena of its own there, and what
    is freed inside one stays with it: it was seen to add up to 20 MiB. Takes 2 ms at most.
    """
    import ctypes  # late: a start has no use for it

    try:
        trim = ctypes.CDLL(None).malloc_trim
    except AttributeError:
        return None
    return lambda: trim(0)
