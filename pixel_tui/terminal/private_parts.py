"""The private parts of Textual that are used here, and whether this Textual has them.

Each group belongs to one thing that the console does beyond Textual. Where a part of a group is
missing, that one thing is done in Textual's own way, and the log says so once.
"""

import logging
from collections.abc import Iterable
from functools import cache
from importlib import import_module
from typing import Final

log = logging.getLogger(__name__)

PAINTING: Final = (
    "textual._compositor:ChopsUpdate.chops",
    "textual._compositor:ChopsUpdate.chop_ends",
    "textual._compositor:ChopsUpdate.spans",
    "textual._compositor:CompositorUpdate.render_segments",
    "textual._compositor:LayoutUpdate.region",
    "textual._compositor:LayoutUpdate.strips",
    "textual._compositor:Compositor.render_full_update",
    "textual._compositor:Compositor.size",
    "textual.app:App._display",
    "textual.screen:Screen._compositor",
)
"""Sending the cells that changed, and no others."""
LINES: Final = (
    "textual._compositor:Compositor._dirty_regions",
    "textual._compositor:Compositor._get_renders",
    "textual._compositor:Compositor.render_partial_update",
    "textual._compositor:Compositor.visible_widgets",
    "textual.screen:Screen._compositor",
)
"""Rendering the lines that changed, and no others."""
HOLDING: Final = (
    "textual.drivers._writer_thread:WriterThread._queue",
    "textual.drivers.linux_driver:LinuxDriver._writer_thread",
)
"""Painting nothing on a terminal that takes nothing."""
DRIVER: Final = (
    "textual.app:App._clipboard",
    "textual.app:App._driver",
    "textual.app:App._exit",
    "textual.drivers.linux_driver:LinuxDriver.attrs_before",
)
"""Stopping at Ctrl+Z as a shell wants it, and copying through tmux and screen."""
CRASH: Final = (
    "textual.app:App._exception",
    "textual.app:App._exception_event",
    "textual.app:App._handle_exception",
    "textual.app:App._return_code",
)
"""One sentence on the screen in place of a traceback."""
CACHES: Final = ("textual._styles_cache:StylesCache.get_inner_outer",)
"""Emptying a cache that grows with each dialog."""
SCROLL_BAR: Final = (
    "textual.app:App._start_widget",
    "textual.scrollbar:ScrollBar._dirty_regions",
    "textual.scrollbar:ScrollBarRender.render_bar",
    "textual.widget:Widget._vertical_scrollbar",
)
"""A scroll bar that is painted where its thumb moved."""
OPTIONS: Final = (
    "textual.widgets:OptionList._get_left_gutter_width",
    "textual.widgets:OptionList._lines",
)
"""A bar at the cursor of a list, for terminals without colours."""

EVERY: Final = (*PAINTING, *LINES, *HOLDING, *DRIVER, *CRASH, *CACHES, *SCROLL_BAR, *OPTIONS)


def missing(parts: Iterable[str]) -> tuple[str, ...]:
    """Which of these this Textual lacks."""
    return tuple(part for part in parts if not _is_there(part))


@cache
def has_all(parts: tuple[str, ...]) -> bool:
    """Whether this Textual has a complete group; one line of the log says what it lacks."""
    lacking = missing(parts)
    if lacking:
        log.warning("this Textual lacks %s; its own way is taken", ", ".join(lacking))
    return not lacking


def _is_there(part: str) -> bool:
    """Whether a class has a member, or its constructors set an attribute of this name."""
    place, _, names = part.partition(":")
    owner_name, _, name = names.partition(".")
    try:
        owner = getattr(import_module(place), owner_name, None)
    except ImportError:
        return False
    if not isinstance(owner, type):
        return False
    return hasattr(owner, name) or any(
        name in getattr(vars(base).get("__init__"), "__code__", _NOTHING).co_names
        for base in owner.__mro__
    )


_NOTHING: Final = _is_there.__code__.replace(co_names=())
