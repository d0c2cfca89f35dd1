"""The dialogs of the log pane: go to a time, services, errors, export, search of the history."""

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from textual.content import Content
from textual.screen import Screen

from pixel_tui.clock import Clock
from pixel_tui.errors import ConsoleError, OperationError, UsageError
from pixel_tui.humanize import ago
from pixel_tui.logs.activity import ActivitySummary
from pixel_tui.logs.export import ExportFormat, export
from pixel_tui.logs.history_search import HistorySearch
from pixel_tui.logs.search import BadPattern, Matcher, Query, compile_query
from pixel_tui.plurals import counted
from pixel_tui.redaction.known import MASK, LineMasker, known, masked_text
from pixel_tui.stack.feed.history import LogHistory
from pixel_tui.stack.feed.ring import LogLine
from pixel_tui.stack.model.times import jump_target, parse_timestamp, timestamp_at
from pixel_tui.text import SafeText, plain
from screens.logs.followed import FollowedLogs
from screens.logs.line import LogLineScreen
from screens.logs.services import LogServicesScreen
from screens.shared.ask import AskScreen
from screens.shared.pick import Choices, PickScreen
from widgets.bound_key import bound_key
from widgets.logs.pane import LogPane
from widgets.rows.log_line import local_second, text_of

log = logging.getLogger(__name__)

PAGE: Final = 5000
MAX_LISTED: Final = 1000
"""Matches in the list; a longer list would block the console."""


class LogDialogs:
    """Opens the dialogs of the log pane and applies their results.

    Args:
        screen: The dashboard.
        pane: The log pane.
        logs: The followed logs.
        clock: The time.
        services: Returns the names of all services.
        follow: Follows the chosen services.
    """

    def __init__(
        self,
        screen: Screen[object],
        pane: LogPane,
        logs: FollowedLogs,
        clock: Clock,
        *,
        services: Callable[[], Sequence[SafeText]],
        follow: Callable[[], None],
    ) -> None:
        self._screen = screen
        self._pane = pane
        self._logs = logs
        self._clock = clock
        self._services = services
        self._follow = follow

    def open_dialog(self, name: str) -> None:
        """Open a dialog by its name: jump, services, errors or export."""
        {
            "jump": self._jump,
            "services": self._choose_services,
            "errors": self._errors,
            "export": self._export,
        }[name]()

    def open_line(self, line: LogLine, group: Sequence[LogLine], mask: LineMasker) -> None:
        """Show a complete line, with its secrets masked or not."""
        feed = self._logs.feed
        sources = feed.sources if feed is not None else ()
        source = next((item for item in sources if item.container == line.source), None)
        now = self._clock.now()
        self._screen.app.push_screen(LogLineScreen(line, group, source, now, mask))

    # A time.

    def _jump(self) -> None:
        def target(text: str) -> datetime:
            now = self._clock.now()
            return jump_target(text, now=now, zone=now.astimezone().tzinfo or UTC)

        def describe(text: str) -> SafeText:
            return SafeText(f"{target(text).astimezone():%A %Y-%m-%d %H:%M:%S %Z}")

        def answered(text: str | None) -> None:
            if text:
                self._pane.log_view.go_to(timestamp_at(target(text)))

        hint = "10:42, 10:42:07, -15m, -2h30m, or a date such as 2026-03-01 10:42"
        self._screen.app.push_screen(AskScreen("Go to a time", hint, describe), answered)

    # Services.

    def _choose_services(self) -> None:
        every = self._services()

        def answered(chosen: tuple[str, ...] | None) -> None:
            if chosen is not None:
                self._logs.choose_services(chosen, every)
                self._follow()

        shown = self._logs.services or every
        self._screen.app.push_screen(LogServicesScreen(every, shown), answered)

    # Errors.

    def summary(self) -> ActivitySummary:
        """The activity of the last minutes."""
        return self._logs.activity.summary(timestamp_at(self._clock.now()))

    def _errors(self) -> None:
        groups = self.summary().groups
        mask = self._pane.log_view.masker()

        def choices() -> Choices:
            now = self._clock.now()
            lines = []
            for group in groups:
                at = parse_timestamp(group.last)
                last = f"{ago(at, now)}  " if at else ""
                lines.append(
                    Content.assemble(
                        (f"{group.count:>7,}×  ", "bold"),
                        (f"{plain(group.source)}  ", "$text-primary"),
                        (last, "$foreground-muted"),
                        plain(group.masked_shape(mask)),
                    )
                )
            key = bound_key(self._screen, "pick.pick", "enter")
            caption = f"Errors that differ only in numbers and ids. {key} shows only these."
            return Choices(
                tuple(lines), plain(caption if lines else "No errors in the lines read here.")
            )

        def picked(at: int | None) -> None:
            if at is not None:
                matcher = _shape_matcher(groups[at].masked_shape())
                if matcher is not None:
                    self._pane.add_filter(matcher)

        self._screen.app.push_screen(PickScreen("Repeating errors", choices), picked)

    # A file.

    def _export(self) -> None:
        name = "-".join(self._logs.services[:2]) or "stack"
        value = f"{name}-{self._clock.now().astimezone():%Y%m%d-%H%M%S}.log"

        def describe(text: str) -> SafeText:
            path = Path(text).expanduser()
            if not text.strip():
                raise UsageError("A name is required", hint="Type one.")
            if path.exists():
                raise UsageError("The file exists already", hint="Choose another name.")
            if not path.absolute().parent.is_dir():
                raise UsageError("No such folder", hint="Choose another folder.")
            what = "raw bytes" if path.suffix == ".raw" else "time, container and text"
            if known.any:
                shown = self._pane.log_view.secrets_shown
                what = f"{what}, secrets {'shown' if shown else 'masked'},"
            much = "the lines shown" if self._pane.filtered else "the complete log"
            return plain(f"Writes {much} as {what} to {path.absolute()}")

        def answered(text: str | None) -> None:
            if text:
                path = Path(text).expanduser().absolute()
                form = ExportFormat.RAW if path.suffix == ".raw" else ExportFormat.PLAIN
                self._screen.run_worker(self._write(path, form), group="export")

        hint = "A file name; .raw keeps the original bytes. With a filter: the lines shown."
        self._screen.app.push_screen(AskScreen("Export", hint, describe, value), answered)

    async def _write(self, path: Path, form: ExportFormat) -> None:
        history = self._logs.history()
        shown = self._pane.log_view.shown_lines() if self._pane.filtered else None
        lines = all_lines(history) if shown is None else shown
        mask = self._pane.log_view.masker()
        try:
            done = await asyncio.to_thread(export, path, lines, form, mask)
        except asyncio.CancelledError:
            history.close()  # pixel-tui quits: the partial file is removed
            raise
        except ConsoleError as error:
            self._screen.notify(str(error), severity="error", timeout=15, markup=False)
            return
        words = (
            f"{counted(done.lines, 'line')}, {counted(done.bytes, 'byte')}: {plain(str(done.path))}"
        )
        if mask.found:
            done_with = "not masked" if mask.revealed else f"masked as {MASK}"
            words = f"{words}. Secrets {done_with} in {mask.found:,} of them."
        self._screen.notify(words, title="Exported", timeout=8, markup=False)

    # The history.

    def search_all(self, matcher: Matcher) -> None:
        """Search all logs that Docker has, and list the matches."""
        history = self._logs.history()
        search = HistorySearch(history, history.containers, matcher)
        shown: list[LogLine] = []
        feed = self._logs.feed
        labels = {str(item.container): item.label for item in (feed.sources if feed else ())}
        mask = self._pane.log_view.masker()

        def choices() -> Choices:
            now = search.progress
            pick = bound_key(self._screen, "pick.pick", "enter")
            close = bound_key(self._screen, "pick.close", "escape")
            if now.done and not shown:
                shown.extend(search.found[:MAX_LISTED])
            words = f"{now.matches:,} found in {counted(now.lines, 'line')}"
            if now.trouble:
                words = f"{words}. {now.trouble}"
            elif not now.done:
                words = f"{words}, reading {now.reading}… {close} stops it."
            elif now.matches > len(shown):
                words = f"{words}; the first {len(shown):,} of them"
            elif shown:
                words = f"{words}. {pick} goes there."
            return Choices(tuple(_match_line(line, labels, mask) for line in shown), plain(words))

        def picked(at: int | None) -> None:
            search.cancel()
            if at is not None:
                self._pane.log_view.go_to(shown[at].stamp)

        threading.Thread(target=search.run, name="log-search", daemon=True).start()
        title = f"Complete log: {masked_text(matcher.query.text)}"
        self._screen.app.push_screen(PickScreen(title, choices), picked)


def _match_line(line: LogLine, labels: dict[str, SafeText], mask: LineMasker) -> Content:
    return Content.assemble(
        (f"{local_second(line.stamp)}  ", "$foreground-muted"),
        (f"{labels.get(line.source, plain(line.source))}  ", "$text-primary"),
        text_of(line, mask)[:500],
    )


def all_lines(history: LogHistory) -> Iterator[LogLine]:
    """All lines that Docker has.

    Raises:
        OperationError: The history was closed before its end.
    """
    reader, complete = history.reader(), False
    while not complete:
        page = reader.read(PAGE)
        yield from page.lines
        complete = page.complete
    if history.closed:
        raise OperationError("The log was not read completely.")


def _shape_matcher(shape: bytes) -> Matcher | None:
    """A matcher for lines of a shape: its longest constant part."""
    parts = [part.strip() for part in _placeholders(shape.decode("utf-8", "replace"))]
    words = max(parts, key=len, default="")
    matcher = compile_query(Query(words)) if words else None
    return None if isinstance(matcher, BadPattern) else matcher


def _placeholders(shape: str) -> Sequence[str]:
    for name in ("<time>", "<uuid>", "<ip>", "<hex>", "<n>", "<text>", MASK):
        shape = shape.replace(name, "\0")
    return shape.split("\0")
