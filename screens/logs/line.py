"""A complete log line: its time, its source and its text."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import ClassVar

from rich.cells import chop_cells
from textual import getters
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from pixel_tui.humanize import ago
from pixel_tui.logs.level import LogLevel, level_of
from pixel_tui.logs.pretty import pretty
from pixel_tui.logs.structure import parse_structured
from pixel_tui.redaction.known import LineMasker
from pixel_tui.stack.feed.feed import Source
from pixel_tui.stack.feed.ring import LineKind, LogLine
from pixel_tui.stack.model.times import parse_timestamp
from pixel_tui.text import SafeText, plain
from screens.shared.composed import when_composed
from screens.shared.scrolling import ScrollingDialog
from widgets.copying import CopyRequested
from widgets.key_bar import KeyBar
from widgets.lines.text_lines import TextLine, TextLines
from widgets.rows.log_line import Mask


class LogLineScreen(ScrollingDialog[None]):
    """Shows a line, and the lines that belong to it.

    Args:
        line: The line.
        group: The lines that belong together, such as a stack trace, with this line.
        source: Its container; None if the feed does not know it.
        now: The time.
        mask: Masks secrets in the lines.
    """

    SCROLLED = "TextLines"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "dismiss(None)", "Close", show=False, id="line.close"),
        Binding("y", "copy", "Copy", id="line.copy"),
    ]

    _text = getters.query_one(TextLines)

    def __init__(
        self,
        line: LogLine,
        group: Sequence[LogLine],
        source: Source | None,
        now: datetime,
        mask: LineMasker,
    ) -> None:
        super().__init__()
        self._line = line
        self._group = tuple(group) or (line,)
        self._source = source
        self._now = now
        self._mask = mask
        self._text_lines: tuple[SafeText, ...] = ()

    def compose(self) -> ComposeResult:
        """One scrolled text."""
        with Vertical(classes="dialog -tall -wide") as dialog:
            dialog.border_title = "Line" if len(self._group) == 1 else f"{len(self._group)} lines"
            yield TextLines(id="line-text")
        yield KeyBar()

    def on_mount(self) -> None:
        """Parse the lines in a thread: a long one takes a moment."""
        self.run_worker(self._parse, thread=True, exit_on_error=True)

    def on_resize(self) -> None:
        """Fold the text for the new width."""
        self.run_worker(self._fold, thread=True, exclusive=True, group="fold")

    def _parse(self) -> None:
        self._text_lines = tuple(pretty_lines(self._group, self._mask))
        self._fold()

    @when_composed
    def _fold(self) -> None:
        width = max(self._text.width, 20)
        lines = [*self._facts(), (("", "plain"),), *_folded(self._text_lines, width)]
        self.app.call_from_thread(self._show, lines)

    @when_composed
    def _show(self, lines: Sequence[TextLine]) -> None:
        self._text.show_lines(lines)

    def _facts(self) -> Iterator[TextLine]:
        line = self._line
        at = parse_timestamp(line.stamp)
        if at is not None:
            nanos = line.stamp[19:29].decode("ascii", "replace")
            local = at.astimezone()
            yield _fact(
                "time", f"{local:%Y-%m-%d %H:%M:%S}{nanos} {local:%Z}, {ago(at, self._now)}"
            )
            yield _fact("UTC", f"{at:%Y-%m-%d %H:%M:%S}{nanos}")
        if self._source is not None:
            yield _fact("service", self._source.service)
        yield _fact("container", plain(line.source))
        stream = {LineKind.STDOUT: "stdout", LineKind.STDERR: "stderr"}.get(line.kind, "console")
        yield _fact("stream", stream)
        level = level_of(self._group[0].text)
        if level is not LogLevel.UNKNOWN:
            yield _fact("level", level.name.lower())
        yield _fact("size", f"{sum(len(item.text) for item in self._group):,} bytes")
        if self._mask.found:
            yield _fact("secrets", "shown" if self._mask.revealed else "masked")

    def action_copy(self) -> None:
        """Copy the complete text."""
        self.post_message(CopyRequested("\n".join(self._text_lines)))


def pretty_lines(group: Sequence[LogLine], mask: Mask) -> Iterator[SafeText]:
    """The text of lines that belong together: JSON and logfmt pretty-printed, others as they are.

    A line that was overwritten is shown in each state.

    Args:
        group: The lines.
        mask: Masks secrets in the lines.
    """
    for line in group:
        text = mask(line.text)
        if parse_structured(text) is None:
            yield from map(plain, map(mask, text.replace(b"\r", b"\n").rstrip(b"\n").split(b"\n")))
        else:  # an escape may have hidden a secret until it was decoded
            yield from (plain(mask(part.encode())) for part in pretty(text))


def _fact(name: str, value: str) -> TextLine:
    return (f"{name:<10}", "label"), (value, "plain")


def _folded(words: Sequence[SafeText], width: int) -> Iterator[TextLine]:
    for line in words:
        if line.isascii():  # the usual case for millions of characters
            parts = [line[at : at + width] for at in range(0, len(line), width)]
        else:
            parts = chop_cells(line, width)
        for part in parts or [""]:
            yield ((part, "plain"),)
