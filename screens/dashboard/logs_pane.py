"""The logs pane: the logs of the selected rows, and the dialogs that the log asks for."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from textual import on

from pixel_tui.clock import Clock
from pixel_tui.stack.watch.observer import Observer
from screens.logs.followed import FollowedLogs
from screens.shared.composed import when_composed
from widgets.logs.pane import LogPane
from widgets.logs.view import LogView
from widgets.rows.service_row import Row

# A dialog is imported when it is opened: the table stands before that.
if TYPE_CHECKING:
    from screens.logs.dialogs import LogDialogs


class LogsPane(LogPane):
    """Follows the logs of what is selected.

    Args:
        observer: Where logs come from.
        clock: The time.
        selected: The rows whose logs are followed unless services were chosen.
        copy: Puts text on the clipboard.
        reveals: Whether a key may show secrets.
    """

    def __init__(
        self,
        observer: Observer,
        clock: Clock,
        *,
        selected: Callable[[], Sequence[Row]],
        copy: Callable[[str], None],
        reveals: bool,
        id: str,  # noqa: A002  Textual's own name for it
    ) -> None:
        super().__init__(reveals=reveals, id=id)
        self.logs = FollowedLogs(observer)
        self._observer = observer
        self._clock = clock
        self._selected = selected
        self._copy_text = copy

    def on_unmount(self) -> None:
        """End what is followed."""
        self.logs.close()

    @when_composed
    def follow_selected(self) -> None:
        """Follow what is selected, where it can be seen."""
        if self.display:
            self.logs.follow(self._selected(), self)

    @property
    def dialogs(self) -> "LogDialogs":
        """What the log asks for."""
        from screens.logs.dialogs import LogDialogs

        return LogDialogs(
            self.screen,
            self,
            self.logs,
            self._clock,
            services=lambda: [service.name for service in self._observer.snapshot.services],
            copy=self._copy_text,
            follow=self.follow_selected,
        )

    @on(LogPane.Wished)
    def _dialog_wished(self, event: LogPane.Wished) -> None:
        self.dialogs.wished(event.wish)

    @on(LogPane.SearchAllWished)
    def _search_all_wished(self, event: LogPane.SearchAllWished) -> None:
        self.dialogs.search_all(event.matcher)

    @on(LogView.Opened)
    def _line_opened(self, event: LogView.Opened) -> None:
        self.dialogs.open(event.line, event.group, event.mask)

    @on(LogPane.Left)
    def _reader_left(self) -> None:
        self.logs.looked_away(self)

    @on(LogPane.Returned)
    def _reader_returned(self) -> None:
        self.logs.returned(self)
