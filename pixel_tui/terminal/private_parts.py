"""The private parts of Textual that pixel-tui uses, and whether this Textual has them.

Each group belongs to one feature that goes beyond Textual. If a part of a group is missing,
Textual's own behaviour is used for it, and the log says so once.
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
"""Sending only the changed cells."""
LINES: Final = (
    "textual._compositor:Compositor._dirty_regions",
    "textual._compositor:Compositor._get_renders",
    "textual._compositor:Compositor.render_partial_update",
    "textual._compositor:Compositor.visible_widgets",
    "textual.screen:Screen._compositor",
)
"""Rendering only the changed lines."""
HOLDING: Final = (
    "textual.drivers._writer_thread:WriterThread._queue",
    "textual.drivers.linux_driver:LinuxDriver._writer_thread",
)
"""Holding output back while the terminal accepts none."""
DRIVER: Final = (
    "textual.app:App._clipboard",
    "textual.app:App._driver",
    "textual.app:App._exit",
    "textual.drivers.linux_driver:LinuxDriver.attrs_before",
)
"""Job control at Ctrl+Z, and copying through tmux and screen."""
CRASH: Final = (
    "textual.app:App._exception",
    "textual.app:App._exception_event",
    "textual.app:App._handle_exception",
    "textual.app:App._return_code",
)
"""One sentence on the screen instead of a traceback."""
CACHES: Final = ("textual._styles_cache:StylesCache.get_inner_outer",)
"""Emptying a cache that grows with each dialog."""
SCROLL_BAR: Final = (
    "textual.app:App._start_widget",
    "textual.scrollbar:ScrollBar._dirty_regions",
    "textual.scrollbar:ScrollBarRender.render_bar",
    "textual.widget:Widget._vertical_scrollbar",
)
"""A scroll bar that is repainted only where its thumb moved."""
OPTIONS: Final = (
    "textual.widgets:OptionList._get_left_gutter_width",
    "textual.widgets:OptionList._lines",
)
"""A bar at the cursor of a list, for terminals without colours."""

ALL_PARTS: Final = (*PAINTING, *LINES, *HOLDING, *DRIVER, *CRASH, *CACHES, *SCROLL_BAR, *OPTIONS)


def missing(parts: Iterable[str]) -> tuple[str, ...]:
    """Return the parts that this Textual lacks."""
    return tuple(part for part in parts if not _exists(part))


@cache
def has_all(parts: tuple[str, ...]) -> bool:
    """Whether this Textual has a complete group; if not, the log says once what it lacks."""
    lacking = missing(parts)
    if lacking:
        log.warning("Textual lacks %s: its default behaviour is used", ", ".join(lacking))
    return not lacking


def _exists(part: str) -> bool:
    """Whether a class has a member, or a constructor of it sets an attribute of this name."""
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


_NOTHING: Final = _exists.__code__.replace(co_names=())
