"""The log pane: a log, how it stands, what narrows it down, and a line to search in it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, Final

from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from pixel_tui.logs.activity import Activity
from pixel_tui.logs.search import FilterStack, Matcher
from pixel_tui.plurals import counted
from pixel_tui.redaction.known import masked_text
from pixel_tui.stack.feed.feed import FeedState, FeedStatus, LogFeed, Source
from pixel_tui.stack.model.times import timestamp_at
from pixel_tui.text import SafeText, plain
from widgets.logs.activity_strip import ActivityStrip
from widgets.logs.chips import LogChips, chips_of
from widgets.logs.query import QueryBox
from widgets.logs.view import LogView
from widgets.rows.log_line import local_second

LOOK_SECONDS: Final = 0.5
ROOMY: Final = 12
"""Rows from which on one is given to what was said in the last minutes."""
BESIDE_TITLE: Final = 4
"""Cells of the border beside the title."""
LEAST_FOUND: Final = 36
"""The cells of the title that are kept for a search and how often it was found."""
SHORTEST_QUERY: Final = 8
"""The cells that are left of the words of a search, if there is no room."""
_SAID: Final = {
    FeedState.CONNECTING: "opening…",
    FeedState.WAITING: "waiting",
    FeedState.REFUSED: "not readable",
    FeedState.CLOSED: "closed",
}


class LogPane(Vertical):
    """The logs of one service or of several.

    Args:
        reveals: Whether a key may show secrets in them.
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
        Binding("J", "wish('jump')", "Go to time", show=False, id="log.jump",
                tooltip="10:42, -15m, or a date"),
        Binding("f", "wish('services')", "Services", id="log.services",
                tooltip="Choose the services"),
        Binding("H", "hide", "Hide", show=False, id="log.hide",
                tooltip="Hide the service of this line"),
        Binding("exclamation_mark", "wish('errors')", "Errors", id="log.errors",
                tooltip="Repeating errors, with counts"),
        Binding("e", "wish('export')", "Export", show=False, id="log.export",
                tooltip="Write lines to a file"),
    ]  # fmt: skip

    @dataclass
    class Wished(Message):
        """The reader wants what a dialog is needed for."""

        wish: str

    class Left(Message):
        """The reader looks elsewhere."""

    class Returned(Message):
        """The reader is back."""

    @dataclass
    class SearchAllWished(Message):
        """The reader wants the whole history searched."""

        matcher: Matcher

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
        self._away = True
        self._said = ("", "")
        """The reason and the hint that are shown."""
        self._wrong = SafeText("")
        """What is wrong with the pattern that is being typed."""
        self._searching = False
        """The search has begun, and its first match is not found yet."""
        self._title = plain("2 Logs")
        self._titled = ""
        self._hidden: tuple[str, ...] = ()

    def compose(self) -> ComposeResult:
        """What narrows it down, the reason where there is one, the lines, the words."""
        yield ActivityStrip()
        yield LogChips()
        yield Static(id="log-reason", markup=False)
        yield LogView(reveals=self._reveals)
        yield QueryBox("search", id="log-search-box")
        yield QueryBox("show only", id="log-filter-box", invertible=True)

    def on_mount(self) -> None:
        """Look how the log stands; lines announce themselves."""
        self.border_title = self._title
        self.set_interval(LOOK_SECONDS, self._draw)

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
            title: What it is of.
            activity: Counts its lines.
            since: The stamp of the last line that the reader has seen of it.
        """
        self._feed, self._hidden, self._activity = feed, (), activity
        self._title = plain(title)
        view = self.log_view
        view.choose_filters(replace(view.filters, sources=None))
        view.show(feed, activity, since)
        if feed is None:
            self._entitle(self._title)
            self.remove_class("-reason", "-empty")
        self._draw()

    @property
    def log_view(self) -> LogView:
        """The lines."""
        return self.query_one(LogView)

    def on_descendant_focus(self) -> None:
        """The reader is back."""
        if self._away:
            self._away = False
            self.post_message(self.Returned())

    def on_descendant_blur(self) -> None:
        """The reader may look elsewhere now; or in a box or a dialog of this pane."""
        self.call_later(self._look_away)

    def _look_away(self) -> None:
        if self.screen.is_current and not self.has_focus_within and not self._away:
            self._away = True
            self.log_view.show_secrets(False)
            self.post_message(self.Left())

    def on_resize(self) -> None:
        """Where there is little room, the lines get it."""
        self._make_room()

    def tick(self, now: datetime) -> None:
        """It is later: count anew, and let ages grow."""
        stamp = timestamp_at(now)
        self.log_view.tick(stamp)
        self._make_room()
        strip = self.query_one(ActivityStrip)
        if strip.display and self._activity is not None:
            labels = {str(item.container): item.label for item in self._sources}
            strip.show(self._activity.summary(stamp), lambda name: labels.get(name, plain(name)))

    def _make_room(self) -> None:
        roomy = self.size.height >= ROOMY and self._activity is not None
        self.query_one(ActivityStrip).set_class(roomy, "-shown")

    # Searching and filtering.

    def action_search(self) -> None:
        """Ask what to search."""
        self.query_one("#log-search-box", QueryBox).open()

    def action_filter(self) -> None:
        """Ask for words that lines must have."""
        self.query_one("#log-filter-box", QueryBox).open()

    def action_search_all(self) -> None:
        """Search the whole history for the words of the last search."""
        matcher = self.log_view.page.matcher
        if matcher is None:
            self.action_search()
        else:
            self.post_message(self.SearchAllWished(matcher))

    def action_unfilter(self) -> None:
        """Remove the last filter."""
        chips = self.query_one(LogChips).chips
        if chips:
            self._hidden = () if len(chips) == 1 else self._hidden
            self.log_view.choose(chips[-1].without)

    def action_hide(self) -> None:
        """Show the lines of the reader's line's service no more."""
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
            view.choose_filters(replace(view.filters, sources=names))

    @property
    def _sources(self) -> Sequence[Source]:
        return self._feed.sources if self._feed is not None else ()

    def only(self, matcher: Matcher) -> None:
        """Show only lines that this looks for, beside what narrows the log down already."""
        filters = self.log_view.filters
        self.log_view.choose_filters(replace(filters, queries=(*filters.queries, matcher)))

    @property
    def narrowed(self) -> bool:
        """Whether anything is filtered."""
        return not self.log_view.filters.empty

    def show_all(self) -> None:
        """Filter by nothing."""
        self._hidden = ()
        self.log_view.choose_filters(FilterStack())

    def action_wish(self, wish: str) -> None:
        """Ask for what a dialog is needed for."""
        self.post_message(self.Wished(wish))

    @on(QueryBox.Asked, "#log-search-box")
    def _search_asked(self, event: QueryBox.Asked) -> None:
        event.stop()
        self._wrong = event.wrong
        self.log_view.search(event.matcher)
        if event.taken:
            self._searching = event.matcher is not None
            self.screen.set_focus(self.log_view)
        self._draw()

    @on(QueryBox.Asked, "#log-filter-box")
    def _filter_asked(self, event: QueryBox.Asked) -> None:
        event.stop()
        self._wrong = event.wrong
        if event.taken:
            self.screen.set_focus(self.log_view)
            if event.matcher is not None:
                if not self.log_view.page.state.matches:
                    self.log_view.search(None)  # what was not found is no news any more
                self.only(event.matcher)
        self._draw()

    @on(QueryBox.Closed)
    def _box_closed(self, event: QueryBox.Closed) -> None:
        event.stop()
        self._wrong = SafeText("")
        if event.box.id == "log-search-box":
            self.log_view.search(None)
        self.screen.set_focus(self.log_view)
        self._draw()

    @on(LogView.FiltersChanged)
    def _filters_changed(self, event: LogView.FiltersChanged) -> None:
        event.stop()
        if event.view.filters.sources is None:
            self._hidden = ()
        self.query_one(LogChips).show(chips_of(event.view, self._hidden), "Backspace")
        self._draw()

    @on(LogView.Moved)
    def _moved(self) -> None:
        if self._searching and self.log_view.page.settled:
            # The first match is found: go to the one that is nearest, backwards.
            self._searching = False
            if self.log_view.match_at(0) is not None:
                self.log_view.action_match(0)
                return
        self._draw()

    # How it stands.

    def _draw(self) -> None:
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
        standing = self._standing(view, status, room - cell_len(title) - len(" · "))
        self._entitle(f"{title} · {standing}")
        reason, hint = status.reason, status.hint
        if not reason and self._nothing_matches(view):
            reason = SafeText("No line matches.")
            hint = SafeText("Backspace removes the last filter.")
        self.set_class(bool(reason), "-reason")
        # By the feed, not by the view: one that is hidden takes nothing in.
        extent = self._feed.ring.extent
        self.set_class(bool(status.reason) and extent.first == extent.following, "-empty")
        if (reason, hint) != self._said:
            self._said = reason, hint  # another text lays the screen out anew
            self.query_one("#log-reason", Static).update(
                Content.assemble((reason, "bold"), (f"\n{hint}" if hint else ""))
            )

    def _nothing_matches(self, view: LogView) -> bool:
        page = view.page
        held = page.stop > page.first
        return self.narrowed and page.settled and held and not page.shown

    def _entitle(self, title: str) -> None:
        if title != self._titled:
            self._titled = title
            self.border_title = Content(title).markup

    def _standing(self, view: LogView, status: FeedStatus, room: int) -> str:
        parts: list[str] = [self._wrong] if self._wrong else []
        parts += [words for words in (self._found(view, room), view.chosen_words) if words]
        feed = self._feed
        if feed is not None and feed.reach.trouble:
            parts.append(feed.reach.trouble)
        if feed is not None and feed.reach.loading:
            parts.append(SafeText("reading older lines…"))
        elif feed is not None and not feed.reach.last:
            parts.append(SafeText("older lines (G goes to the end)"))
        elif not view.following:
            new = view.new_lines
            parts.append(SafeText(f"paused · {counted(new, 'new line')} (G follows)"))
        elif status.state is FeedState.LIVE:
            parts.append(SafeText("following"))
        if status.state is not FeedState.LIVE:
            parts.append(SafeText(_SAID[status.state]))
        parts.append(view.secrets_words)
        if view.since_left:
            parts.append(SafeText(f"{view.since_left:,} since your last visit ([ goes there)"))
        if view.page.behind > view.page.height:
            parts.append(SafeText(f"{view.page.behind:,} lines behind"))
        parts.append(self._how_far(view))
        return " · ".join(part for part in parts if part)

    def _found(self, view: LogView, room: int) -> str:
        """What was searched and how often it was found; the words give way to the count."""
        matcher = view.page.matcher
        if matcher is None or not view.page.settled:
            return ""
        words, total = plain(masked_text(matcher.query.text)), view.page.state.matches
        said = view.match_words if total else "is not in these lines (S searches all)"
        left = max(room - cell_len(f"“” {said}"), SHORTEST_QUERY)
        return f"“{Content(words).truncate(left, ellipsis=True).plain}” {said}"

    def _how_far(self, view: LogView) -> SafeText:
        """How much of the log is held: filters and searches know no more than that."""
        page, feed = view.page, self._feed
        held = page.stop - page.first
        if not held or feed is None:
            return SafeText("")
        shown = f"{page.shown:,} of " if self.narrowed else ""
        first = local_second(page.first_stamp)
        since = "from the first" if feed.reach.first or not first else f"since {first}"
        if not (self.narrowed or page.matcher is not None or not view.following):
            return SafeText("")
        return SafeText(f"{shown}{counted(held, 'line')} {since}")
