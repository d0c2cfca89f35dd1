"""One line above a log: lines per minute and errors of its containers."""

from collections.abc import Callable, Sequence
from typing import Final

from rich.cells import cell_len
from textual.content import Content
from textual.widgets import Static

from pixel_tui.logs.activity import ActivitySummary, SourceActivity
from pixel_tui.plurals import counted
from pixel_tui.redaction.known import LineMasker
from pixel_tui.text import SafeText, plain

_BARS: Final = " ▁▂▃▄▅▆▇█"
LONGEST_SAMPLE: Final = 48


def sparkline(counts: Sequence[int]) -> str:
    """Counts as bars of eight heights; blank for zero."""
    most = max(counts, default=0)
    if not most:
        return " " * len(counts)
    return "".join(_BARS[-(-count * 8 // most)] for count in counts)


def strip_of(
    summary: ActivitySummary,
    label_of: Callable[[str], SafeText],
    width: int,
    mask: Callable[[bytes], bytes],
) -> Content:
    """The text of the line: the containers with most problems first, as many as fit.

    Args:
        summary: The activity.
        label_of: Returns the label of a container.
        width: The cells of the line.
        mask: Masks the secrets of a message.
    """
    parts: list[tuple[str, str] | str] = []
    room = width
    for at, source in enumerate(summary.sources):
        pieces = _pieces(source, label_of(source.source))
        size = sum(cell_len(text) for text, _ in pieces)
        left = len(summary.sources) - at
        more = f"+{left}" if left > 1 else ""
        if size + (len(more) + 1 if more else 0) > room:
            parts.append((f"+{left}", "$foreground-muted"))
            break
        parts += pieces
        room -= size
    if len(summary.sources) == 1 and summary.groups:
        group = summary.groups[0]
        sample = plain(group.masked_shape(mask))[:LONGEST_SAMPLE]
        words = f"{group.count:,}× {sample}"
        if cell_len(words) < room:
            parts.append((words, "$text-error"))
    return Content.assemble(*parts)


def _pieces(source: SourceActivity, label: SafeText) -> list[tuple[str, str]]:
    errors = sum(source.errors)
    pieces = [
        (f"{label} ", "bold"),
        (sparkline(source.lines), "$text-primary"),
        (f" {source.lines[-2]:,}/min", "$foreground-muted"),
    ]
    if errors:
        pieces.append((f" {counted(errors, 'error')}", "$text-error bold"))
    return [*pieces, ("   ", "")]


class ActivityStrip(Static):
    """Shows the activity; hidden if there is little room."""

    DEFAULT_CSS = """
    ActivityStrip { height: 1; padding: 0 1; display: none; }
    ActivityStrip.-shown { display: block; }
    """

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._summary = ActivitySummary()
        self._label_of: Callable[[str], SafeText] = plain
        self._mask = LineMasker()
        self._shown = Content()

    def show(self, summary: ActivitySummary, label_of: Callable[[str], SafeText]) -> None:
        """Show an activity."""
        self._summary, self._label_of = summary, label_of
        self._paint()

    def reveal(self, revealed: bool) -> None:
        """Show the secrets of a message, or mask them."""
        if revealed != self._mask.revealed:
            self._mask = LineMasker(revealed=revealed)
            self._paint()

    def _paint(self) -> None:
        width = max(self.size.width - 2, 20)
        content = strip_of(self._summary, self._label_of, width, self._mask)
        if not content.is_same(self._shown):  # most often it is: spare the repaint
            self._shown = content
            self.update(content, layout=False)  # always one line
