"""The panes of the dashboard: which are shown, which has the focus, how they share the room."""

from enum import StrEnum
from typing import Final

from textual.containers import Container
from textual.reactive import var
from textual.widget import Widget

TALL: Final = 30
"""From this height on, the table may take more than half."""


class Pane(StrEnum):
    """The panes, by the id of the widget that holds each."""

    SERVICES = "services-pane"
    LOGS = "logs-pane"
    DETAILS = "details-pane"
    EVENTS = "events-pane"
    JOBS = "jobs-pane"


class Panes(Container):
    """The table and one other pane below it; in a wide terminal the details beside them.

    Its children are widgets whose ids are those of `Pane`; the style sheet of the
    dashboard places them by the classes that are set here and by the width.
    """

    zoomed: var[bool] = var(default=False, toggle_class="-zoomed")

    def show(self, pane: Pane) -> None:
        """Show a pane and give it the focus."""
        if pane is not Pane.SERVICES and not self._beside(pane):
            for other in self.query(".lower"):
                other.set_class(other.id == pane.value, "-current")
        if self.zoomed:
            self._alone(pane)
        # At once: the key that is typed next is meant for it already.
        self.screen.set_focus(self._focusable(pane))

    async def replace(self, pane: Pane, widget: Widget) -> None:
        """Put a widget in the place of the one that holds a pane, with its look and its focus."""
        holder, focused = self.query_one(f"#{pane}"), self.focused is pane
        at = self.children.index(holder)
        widget.add_class(*holder.classes)
        with self.app.batch_update():
            await holder.remove()
            await self.mount(widget, before=at)
        if focused:
            self.show(pane)

    @property
    def focused(self) -> Pane:
        """The pane that the focus is in."""
        node = self.screen.focused
        ids = {pane.value for pane in Pane}
        for ancestor in node.ancestors_with_self if node else ():
            if ancestor.id in ids:
                return Pane(str(ancestor.id))
        return Pane.SERVICES

    def shows(self, pane: Pane) -> bool:
        """Whether a pane can be seen."""
        return bool(self.query_one(f"#{pane}").display)

    def toggle_zoom(self) -> None:
        """Show the focused pane alone, or all again."""
        pane = self.focused
        self.zoomed = not self.zoomed
        self._alone(pane)

    def share_height(self, wanted: int) -> None:
        """Give the services what they need, and leave the rest to the pane below.

        Args:
            wanted: How many lines the services pane would fill.
        """
        if self.zoomed:
            self.styles.grid_rows = "1fr"
            return
        # Before the first layout: all but the header and the keys.
        height = self.size.height or self.app.size.height - 2
        most = height * (60 if height >= TALL else 55) // 100
        self.styles.grid_rows = f"{min(wanted, max(most, 5))} 1fr"

    def _beside(self, pane: Pane) -> bool:
        wide = self.screen.has_class("-wide") or self.screen.has_class("-very-wide")
        return pane is Pane.DETAILS and wide

    def _focusable(self, pane: Pane) -> Widget:
        holder = self.query_one(f"#{pane}")
        inner = (item for item in holder.query("*") if item.can_focus and item.display)
        return next(inner, holder)

    def _alone(self, pane: Pane) -> None:
        for other in self.query(".pane"):
            other.set_class(self.zoomed and other.id == pane.value, "-alone")
