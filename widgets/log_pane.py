"""The log pane: a log, how it stands, and a line to search in it."""

from typing import ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from pixel_tui.stack.log_feed import FeedState, FeedStatus, LogFeed
from pixel_tui.text import plain
from widgets.log_view import LogView

LOOK_SECONDS: Final = 0.5
_SAID: Final = {
    FeedState.CONNECTING: "opening…",
    FeedState.WAITING: "waiting",
    FeedState.REFUSED: "not readable",
    FeedState.CLOSED: "closed",
}


class SearchBox(Input):
    """A line for words to search. Enter searches, Escape closes."""

    BINDING_GROUP_TITLE = "Search"
    DEFAULT_CSS = """
    SearchBox, SearchBox:focus {
        display: none; height: 1; border: none; padding: 0 1; background: $boost;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Close", id="search.close"),
    ]

    def action_close(self) -> None:
        """Close without searching."""
        self.display = False
        self.screen.query_one(LogView).focus()


class LogPane(Vertical):
    """One service's log."""

    DEFAULT_CSS = """
    LogPane > #log-reason { display: none; padding: 1 2; height: auto; color: $foreground-muted; }
    LogPane.-reason > #log-reason { display: block; }
    LogPane.-empty > LogView { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "search", "Search", id="log.search", tooltip="Search these lines"),
    ]

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002  Textual's own name for it
        super().__init__(id=id, classes=classes)
        self._feed: LogFeed | None = None
        self._said = ("", "")
        """The reason and the remedy that are shown."""
        self._found = ""
        self._title = plain("2 Logs")
        self._titled = ""

    def compose(self) -> ComposeResult:
        """The reason where there is one, the lines, the search."""
        yield Static(id="log-reason", markup=False)
        yield LogView()
        box = SearchBox(placeholder="search")
        box.cursor_blink = False
        yield box

    def on_mount(self) -> None:
        """Look how the log stands; lines announce themselves."""
        self.border_title = self._title
        self.set_interval(LOOK_SECONDS, self._draw)

    def show(self, feed: LogFeed | None, title: str) -> None:
        """Show a log.

        Args:
            feed: The log.
            title: What it is of.
        """
        self._feed, self._found = feed, ""
        self._title = plain(title)
        self.query_one(LogView).show(feed)
        self._draw()

    @on(LogView.Moved)
    def _moved(self) -> None:
        self._draw()

    @on(LogView.Searched)
    def _searched(self, event: LogView.Searched) -> None:
        words = plain(event.words)
        if not event.total:
            self._found = f"“{words}” is not in these lines"
        else:
            around = " (went round)" if event.wrapped else ""
            self._found = f"“{words}” {event.position} of {event.total}{around}"
        self._draw()

    def action_search(self) -> None:
        """Ask what to search."""
        box = self.query_one(SearchBox)
        # At once: the letter that is typed next is meant for it already.
        box.display = True
        self.screen.set_focus(box)

    @on(SearchBox.Changed)
    def _typed(self, event: SearchBox.Changed) -> None:
        event.stop()  # it is nobody else's input

    @on(SearchBox.Submitted)
    def _submitted(self, event: SearchBox.Submitted) -> None:
        event.stop()
        view = self.query_one(LogView)
        self.query_one(SearchBox).display = False
        self.screen.set_focus(view)
        self._found = ""
        view.search(event.value)

    def _draw(self) -> None:
        if self._feed is None:
            return
        view, status = self.query_one(LogView), self._feed.status
        title = f"{self._title} · {self._standing(view, status)}"
        if title != self._titled:
            self._titled = title
            self.border_title = Content(title).markup
        self.set_class(bool(status.reason), "-reason")
        empty = self._feed.ring.bounds[1] == 0
        self.set_class(bool(status.reason) and empty, "-empty")
        if (status.reason, status.remedy) != self._said:
            self._said = status.reason, status.remedy  # another text lays the screen out anew
            self.query_one("#log-reason", Static).update(
                Content.assemble(
                    (status.reason, "bold"), (f"\n{status.remedy}" if status.remedy else "")
                )
            )

    def _standing(self, view: LogView, status: FeedStatus) -> str:
        parts = [self._found] if self._found else []
        if not view.following:
            new = view.new_lines
            parts.append(f"paused · {new:,} new line{'' if new == 1 else 's'} (G follows)")
        elif status.state is FeedState.LIVE:
            parts.append("following")
        if status.state is not FeedState.LIVE:
            parts.append(_SAID[status.state])
        if view.dropped:
            parts.append(f"{view.dropped:,} older lines not kept")
        return " · ".join(parts)
