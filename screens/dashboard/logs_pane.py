"""The logs pane: the logs of the selected rows, and the dialogs of the log."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual import on

from pixel_tui.clock import Clock
from pixel_tui.stack.watch.observer import Observer
from screens.logs.followed import FollowedLogs
from screens.shared.composed import when_composed
from screens.shared.pane_title import pane_title
from widgets.logs.pane import LogPane
from widgets.logs.view import LogView
from widgets.rows.service_row import Row

# A dialog is imported when it is opened: the table stands before that.
if TYPE_CHECKING:
    from screens.logs.dialogs import LogDialogs


class LogsPane(LogPane):
    """Shows the logs of the selected rows or of chosen services.

    Args:
        observer: The source of logs.
        clock: The time.
        reveals: Whether a key may show secrets.
    """

    def __init__(
        self,
        observer: Observer,
        clock: Clock,
        *,
        reveals: bool,
        id: str,  # noqa: A002  Textual's own name for it
    ) -> None:
        super().__init__(reveals=reveals, id=id)
        self.logs = FollowedLogs(observer)
        self._observer = observer
        self._clock = clock
        self._rows: Sequence[Row] = ()

    def on_mount(self) -> None:
        """Show the title until a log is followed."""
        self._title = pane_title(self, "logs", "2")

    def on_unmount(self) -> None:
        """Close the feed."""
        self.logs.close()

    def follow(self, rows: Sequence[Row]) -> None:
        """Follow the logs of these rows, unless services were chosen.

        Args:
            rows: The marked rows, else the one under the cursor.
        """
        self._rows = rows
        self.follow_selected()

    @when_composed
    def follow_selected(self) -> None:
        """Follow the rows or the chosen services, if the pane is shown."""
        if self.display:
            self.logs.follow(self._rows, self)

    @property
    def dialogs(self) -> "LogDialogs":
        """The dialogs of the log."""
        from screens.logs.dialogs import LogDialogs

        return LogDialogs(
            self.screen,
            self,
            self.logs,
            self._clock,
            services=lambda: [service.name for service in self._observer.snapshot.services],
            follow=self.follow_selected,
        )

    @on(LogPane.DialogRequested)
    def _dialog_requested(self, event: LogPane.DialogRequested) -> None:
        self.dialogs.open_dialog(event.dialog)

    @on(LogPane.SearchAllRequested)
    def _search_all_requested(self, event: LogPane.SearchAllRequested) -> None:
        self.dialogs.search_all(event.matcher)

    @on(LogView.Opened)
    def _line_opened(self, event: LogView.Opened) -> None:
        self.dialogs.open_line(event.line, event.group, event.mask)

    @on(LogPane.Left)
    def _reader_left(self) -> None:
        self.logs.save_position(self)

    @on(LogPane.Returned)
    def _reader_returned(self) -> None:
        self.logs.mark_position(self)
