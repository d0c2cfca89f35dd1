"""The filters of a log, each as a chip that can be removed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from rich.cells import cell_len
from textual.content import Content
from textual.widgets import Static

from pixel_tui.logs.level import LogLevel
from pixel_tui.logs.shown import View
from pixel_tui.plurals import counted
from pixel_tui.redaction.known import masked_text
from pixel_tui.text import SafeText, plain
from widgets.bound_key import bound_key

_LEVELS: Final = {
    LogLevel.TRACE: "trace and above",
    LogLevel.DEBUG: "debug and above",
    LogLevel.INFO: "info and above",
    LogLevel.WARN: "warnings and errors",
    LogLevel.ERROR: "errors only",
    LogLevel.FATAL: "fatal only",
}


@dataclass(frozen=True, slots=True)
class Chip:
    """One filter."""

    words: SafeText
    without: View
    """The view without this filter."""


def chips_of(view: View, hidden: Sequence[str] = ()) -> tuple[Chip, ...]:
    """The filters of a view; the last one is removed first.

    Args:
        view: The view.
        hidden: The labels of the hidden containers.
    """
    filters = view.filters
    chips: list[Chip] = []
    if filters.sources is not None:
        words = plain(f"without {', '.join(hidden)}" if hidden else "some containers")
        chips.append(Chip(words, replace(view, filters=replace(filters, sources=None))))
    if filters.level:
        without = replace(view, filters=replace(filters, level=LogLevel.UNKNOWN))
        chips.append(Chip(SafeText(_LEVELS[filters.level]), without))
    for at, matcher in enumerate(filters.queries):
        query = matcher.query
        rest = filters.queries[:at] + filters.queries[at + 1 :]
        text = masked_text(query.text)
        words = plain(f"{'not ' if query.inverted else ''}“{text}”")
        if query.regex:
            words = plain(f"{'not ' if query.inverted else ''}/{text}/")
        chips.append(Chip(words, replace(view, filters=replace(filters, queries=rest))))
    if view.context and not filters.empty:
        around = SafeText(f"±{counted(view.context, 'line')}")
        chips.append(Chip(around, replace(view, context=0)))
    return tuple(chips)


class LogChips(Static):
    """One line of chips; hidden if there are none."""

    DEFAULT_CSS = """
    LogChips { display: none; height: 1; padding: 0 1; color: $foreground; }
    LogChips.-some { display: block; }
    """

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._chips: tuple[Chip, ...] = ()

    @property
    def chips(self) -> tuple[Chip, ...]:
        """The chips that are shown."""
        return self._chips

    def show(self, chips: tuple[Chip, ...]) -> None:
        """Show these filters, and the key that removes the last one."""
        self._chips = chips
        self.set_class(bool(chips), "-some")
        hint = f"  {bound_key(self, 'log.unfilter', 'backspace')} removes the last"
        room = max(self.size.width or self.app.size.width, 20) - 2 - len(hint)
        parts: list[tuple[str, str] | str] = [("only ", "$foreground-muted")]
        for chip in chips:
            words = f"[{chip.words}]"
            room -= cell_len(words) + 1
            if room < 0:
                parts.append(("… ", "$foreground-muted"))
                break
            parts += [(words, "$accent bold"), " "]
        self.update(Content.assemble(*parts, (hint, "$foreground-muted")) if chips else "")
