"""The log pane: a log with its status, filters, activity and search."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, Final

from rich.cells import cell_len
from textual import getters, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from pixel_tui.logs.activity import Activity
from pixel_tui.logs.search import Matcher
from pixel_tui.plurals import counted
from pixel_tui.redaction.known import masked_text
from pixel_tui.stack.feed.feed import FeedState, FeedStatus, LogFeed, Source
from pixel_tui.stack.model.times import timestamp_at
from pixel_tui.text import SafeText, plain
from widgets.bound_key import bound_key
from widgets.logs.activity_strip import ActivityStrip
from widgets.logs.chips import LogChips, chips_of
from widgets.logs.query import QueryBox
from widgets.logs.view import LogView
from widgets.rows.log_line import local_second

REFRESH_SECONDS: Final = 0.5
ACTIVITY_ROWS: Final = 12
"""The rows from which on one shows the activity."""
BESIDE_TITLE: Final = 4
"""The cells of the border beside the title."""
LEAST_FOUND: Final = 36
"""The cells of the title that are reserved for a search and its count."""
SHORTEST_QUERY: Final = 8
"""The least cells for the text of a search."""
_STATES: Final = {
    FeedState.CONNECTING: "opening…",
    FeedState.WAITING: "waiting",
    FeedState.REFUSED: "not readable",
    FeedState.CLOSED: "closed",
}


class LogPane(Vertical):
    """Shows the logs of one or several services.

    Args:
        reveals: Whether a key may show secrets.
    """

    DEFAULT_CSS = """
    LogPane > #log-reason { display: none; padding: 1 2; height: auto; color: $foreground-muted; }
    LogPane.-reason > #log-reason { display: block; }
    LogPane.-empty > LogView { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "search", "Search", id="log.search", tooltip="Search these lines"),
        Binding("S", "search_all", "Search all", show=False, id="log.search-all",
                tooltip="Search the complete logs, from the first line"),
        Binding("ampersand", "filter", "Filter", id="log.filter",
                tooltip="Show only lines with these words; ! excludes them"),
        Binding("backspace", "unfilter", "Unfilter", show=False, id="log.unfilter",
                tooltip="Remove the last filter"),
        Binding("J", "dialog('jump')", "Go to time", show=False, id="log.jump",
                tooltip="10:42, -15m, or a date"),
        Binding("f", "dialog('services')", "Services", id="log.services",
                tooltip="Choose the services"),
        Binding("H", "hide", "Hide", show=False, id="log.hide",
                tooltip="Hide the service of this line"),
        Binding("exclamation_mark", "dialog('errors')", "Errors", id="log.errors",
                tooltip="Repeating errors, with counts"),
        Binding("e", "dialog('export')", "Export", show=False, id="log.export",
                tooltip="Write lines to a file"),
    ]  # fmt: skip

    @dataclass
    class DialogRequested(Message):
        """A key was pressed that needs a dialog: jump, services, errors or export."""

        dialog: str

    class Left(Message):
        """The focus has left the pane."""

    class Returned(Message):
        """The focus is back in the pane."""

    @dataclass
    class SearchAllRequested(Message):
        """The complete history is to be searched."""

        matcher: Matcher

    log_view = getters.query_one(LogView)
    _strip = getters.query_one(ActivityStrip)
    _chips = getters.query_one(LogChips)
    _reason = getters.query_one("#log-reason", Static)
    _search_box = getters.query_one("#log-search-box", QueryBox)
    _filter_box = getters.query_one("#log-filter-box", QueryBox)

    def __init__(
        self,
        *,
        reveals: bool = False,
        id: str | None = None,  # noqa: A002  Textual's own name for it
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._reveals = reveals
        self._feed: LogFeed | None = None
        self._activity: Activity | None = None
        self._left = True
        self._reason_shown = ("", "")
        """The reason and the hint that are shown."""
        self._pattern_error = SafeText("")
        """The error of the pattern that is being typed."""
        self._searching = False
        """Whether a search has started and its first match is not found yet."""
        self._title = plain("Logs")
        self._titled = ""
        self._hidden: tuple[str, ...] = ()

    def compose(self) -> ComposeResult:
        """The activity, the filters, the reason for no lines, the lines, and two inputs."""
        yield ActivityStrip()
        yield LogChips()
        yield Static(id="log-reason", markup=False)
        yield LogView(reveals=self._reveals)
        yield QueryBox("search", id="log-search-box")
        yield QueryBox("show only", id="log-filter-box", invertible=True)

    def on_mount(self) -> None:
        """Update the status regularly; new lines post messages."""
        self.border_title = self._title
        self.set_interval(REFRESH_SECONDS, self._draw)

    def show(
        self,
        feed: LogFeed | None,
        title: str,
        activity: Activity | None = None,
        since: bytes = b"",
    ) -> None:
        """Show a log.

        Args:
            feed: The log.
            title: The title of the pane.
            activity: Counts its lines.
            since: The stamp of the last line that was read.
        """
        self._feed, self._hidden, self._activity = feed, (), activity
        self._title = plain(title)
        view = self.log_view
        view.set_filters(replace(view.filters, sources=None))
        view.show(feed, activity, since)
        if feed is None:
            self._set_title(self._title)
            self.remove_class("-reason", "-empty")
        self._draw()

    def on_descendant_focus(self) -> None:
        """Post `Returned` if the focus was outside."""
        if self._left:
            self._left = False
            self.post_message(self.Returned())

    def on_descendant_blur(self) -> None:
        """The focus may have left the pane, or gone to an input or dialog of it."""
        self.call_later(self._leave)

    def _leave(self) -> None:
        if self.screen.is_current and not self.has_focus_within and not self._left:
            self._left = True
            self.log_view.show_secrets(False)
            self.post_message(self.Left())

    def on_resize(self) -> None:
        """Show the activity if there is room."""
        self._show_activity()

    def tick(self, now: datetime) -> None:
        """Update the activity and the ages."""
        stamp = timestamp_at(now)
        self.log_view.tick(stamp)
        self._show_activity()
        strip = self._strip
        if strip.display and self._activity is not None:
            labels = {str(item.container): item.label for item in self._sources}
            strip.show(self._activity.summary(stamp), lambda name: labels.get(name, plain(name)))

    def _show_activity(self) -> None:
        roomy = self.size.height >= ACTIVITY_ROWS and self._activity is not None
        self._strip.set_class(roomy, "-shown")

    # Searching and filtering.

    def action_search(self) -> None:
        """Open the input of the search."""
        self._search_box.open()

    def action_filter(self) -> None:
        """Open the input of the filter."""
        self._filter_box.open()

    def action_search_all(self) -> None:
        """Search the complete history for the text of the last search."""
        matcher = self.log_view.page.matcher
        if matcher is None:
            self.action_search()
        else:
            self.post_message(self.SearchAllRequested(matcher))

    def action_unfilter(self) -> None:
        """Remove the last filter."""
        chips = self._chips.chips
        if chips:
            self._hidden = () if len(chips) == 1 else self._hidden
            self.log_view.set_view(chips[-1].without)

    def action_hide(self) -> None:
        """Hide the service of the line under the cursor."""
        view = self.log_view
        service = next(
            (item.service for item in self._sources if item.container == view.cursor_source), None
        )
        shown = view.filters.sources
        left = [
            item
            for item in self._sources
            if item.service != service and (shown is None or item.container in shown)
        ]
        if service is not None and left:
            self._hidden = (*self._hidden, service)
            names = frozenset(str(item.container) for item in left)
            view.set_filters(replace(view.filters, sources=names))

    @property
    def _sources(self) -> Sequence[Source]:
        return self._feed.sources if self._feed is not None else ()

    def add_filter(self, matcher: Matcher) -> None:
        """Add a filter: show only lines that match."""
        filters = self.log_view.filters
        self.log_view.set_filters(replace(filters, queries=(*filters.queries, matcher)))

    @property
    def filtered(self) -> bool:
        """Whether there are filters."""
        return not self.log_view.filters.empty

    def action_dialog(self, dialog: str) -> None:
        """Request a dialog by its name."""
        self.post_message(self.DialogRequested(dialog))

    @on(QueryBox.QueryChanged, "#log-search-box")
    def _search_asked(self, event: QueryBox.QueryChanged) -> None:
        event.stop()
        self._pattern_error = event.error
        self.log_view.search(event.matcher)
        if event.submitted:
            self._searching = event.matcher is not None
            self.screen.set_focus(self.log_view)
        self._draw()

    @on(QueryBox.QueryChanged, "#log-filter-box")
    def _filter_asked(self, event: QueryBox.QueryChanged) -> None:
        event.stop()
        self._pattern_error = event.error
        if event.submitted:
            self.screen.set_focus(self.log_view)
            if event.matcher is not None:
                if not self.log_view.page.state.matches:
                    self.log_view.search(None)  # drop "not found"
                self.add_filter(event.matcher)
        self._draw()

    @on(QueryBox.Closed)
    def _box_closed(self, event: QueryBox.Closed) -> None:
        event.stop()
        self._pattern_error = SafeText("")
        if event.box.id == "log-search-box":
            self.log_view.search(None)
        self.screen.set_focus(self.log_view)
        self._draw()

    @on(LogView.FiltersChanged)
    def _filters_changed(self, event: LogView.FiltersChanged) -> None:
        event.stop()
        if event.view.filters.sources is None:
            self._hidden = ()
        self._chips.show(chips_of(event.view, self._hidden))
        self._draw()

    @on(LogView.Moved)
    def _moved(self) -> None:
        if self._searching and self.log_view.page.settled:
            # The search is done: go to the nearest match, backwards.
            self._searching = False
            if self.log_view.match_at(0) is not None:
                self.log_view.action_match(0)
                return
        self._draw()

    # Status.

    def _draw(self) -> None:
        self._strip.reveal(self.log_view.secrets_shown)
        if self._feed is None:
            return
        view, status = self.log_view, self._feed.status
        if self._searching and view.page.settled:
            self._moved()
            return
        room = max(self.size.width - BESIDE_TITLE, 0)
        title = str(self._title)
        if view.page.matcher is not None:
            title = Content(title).truncate(max(room - LEAST_FOUND, 0), ellipsis=True).plain
        status_text = self._status(view, status, room - cell_len(title) - len(" · "))
        self._set_title(f"{title} · {status_text}")
        reason, hint = status.reason, status.hint
        if not reason and self._nothing_matches(view):
            reason = SafeText("No line matches.")
            unfilter = bound_key(self, "log.unfilter", "backspace")
            hint = plain(f"{unfilter} removes the last filter.")
        self.set_class(bool(reason), "-reason")
        # By the feed: a hidden view is not updated.
        extent = self._feed.ring.extent
        self.set_class(bool(status.reason) and extent.first == extent.following, "-empty")
        if (reason, hint) != self._reason_shown:
            self._reason_shown = reason, hint  # another text causes a layout
            self._reason.update(Content.assemble((reason, "bold"), (f"\n{hint}" if hint else "")))

    def _nothing_matches(self, view: LogView) -> bool:
        page = view.page
        held = page.stop > page.first
        return self.filtered and page.settled and held and not page.shown

    def _set_title(self, title: str) -> None:
        if title != self._titled:
            self._titled = title
            self.border_title = Content(title).markup

    def _status(self, view: LogView, status: FeedStatus, room: int) -> str:
        parts: list[str] = [self._pattern_error] if self._pattern_error else []
        parts += filter(None, (self._search_status(view, room), view.selection_status))
        feed, end = self._feed, bound_key(self, "log.follow", "end")
        if feed is not None and feed.reach.trouble:
            parts.append(feed.reach.trouble)
        if feed is not None and feed.reach.loading:
            parts.append(SafeText("reading older lines…"))
        elif feed is not None and not feed.reach.last:
            parts.append(plain(f"older lines ({end} goes to the newest)"))
        elif not view.following:
            new = view.new_lines
            parts.append(plain(f"paused · {counted(new, 'new line')} ({end} follows)"))
        elif status.state is FeedState.LIVE:
            parts.append(SafeText("following"))
        if status.state is not FeedState.LIVE:
            parts.append(SafeText(_STATES[status.state]))
        parts.append(view.secrets_status)
        if view.since_left:
            mark = bound_key(self, "log.previous-bookmark", "left_square_bracket")
            parts.append(plain(f"{view.since_left:,} since your last visit ({mark} goes there)"))
        if view.page.behind > view.page.height:
            parts.append(SafeText(f"{view.page.behind:,} lines behind"))
        parts.append(self._extent(view))
        return " · ".join(part for part in parts if part)

    def _search_status(self, view: LogView, room: int) -> str:
        """The search and its count; the text gives way to the count."""
        matcher = view.page.matcher
        if matcher is None or not view.page.settled:
            return ""
        words, total = plain(masked_text(matcher.query.text)), view.page.state.matches
        key = bound_key(self, "log.search-all", "S")
        status = view.match_status if total else f"is not in these lines ({key} searches all)"
        left = max(room - cell_len(f"“” {status}"), SHORTEST_QUERY)
        return f"“{Content(words).truncate(left, ellipsis=True).plain}” {status}"

    def _extent(self, view: LogView) -> SafeText:
        """How much of the log is held, which is all that filters and searches cover."""
        page, feed = view.page, self._feed
        held = page.stop - page.first
        if not held or feed is None:
            return SafeText("")
        shown = f"{page.shown:,} of " if self.filtered else ""
        first = local_second(page.first_stamp)
        since = "from the first" if feed.reach.first or not first else f"since {first}"
        if not (self.filtered or page.matcher is not None or not view.following):
            return SafeText("")
        return SafeText(f"{shown}{counted(held, 'line')} {since}")
