"""A decorator for methods that draw: they run only while their screen is composed.

Results of threads, timers and messages may arrive before a screen is composed, or while it is
being removed. Then it has no widgets, and a query for one of them raises `NoMatches`.
"""

from collections.abc import Callable, Coroutine
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any, Concatenate, ParamSpec, TypeVar, overload

from textual.css.query import NoMatches
from textual.widget import MountError, Widget

W = TypeVar("W", bound=Widget)
P = ParamSpec("P")
Draw = Callable[Concatenate[W, P], None]
AsyncDraw = Callable[Concatenate[W, P], Coroutine[Any, Any, None]]


def is_composed(widget: Widget) -> bool:
    """Whether a screen or a widget has its children and is not being removed."""
    # Textual reports a screen as not displayed as soon as its removal starts.
    return widget.is_attached and widget.screen.display and bool(widget.children)


@overload
def when_composed(draw: AsyncDraw[W, P]) -> AsyncDraw[W, P]: ...
@overload
def when_composed(draw: Draw[W, P]) -> Draw[W, P]: ...
def when_composed(draw: Callable[Concatenate[W, P], Any]) -> Callable[Concatenate[W, P], Any]:
    """Make a method that draws do nothing unless its screen is composed.

    A screen may also be removed while the method awaits something or runs in a thread: missing
    widgets are ignored then. On a composed screen they are still an error.
    """
    if iscoroutinefunction(draw):

        @wraps(draw)
        async def draw_later(self: W, /, *args: P.args, **kwargs: P.kwargs) -> None:
            if is_composed(self):
                try:
                    await draw(self, *args, **kwargs)
                except (NoMatches, MountError):
                    if is_composed(self):
                        raise

        return draw_later

    @wraps(draw)
    def draw_now(self: W, /, *args: P.args, **kwargs: P.kwargs) -> None:
        if is_composed(self):
            try:
                draw(self, *args, **kwargs)
            except NoMatches:
                if is_composed(self):
                    raise

    return draw_now
