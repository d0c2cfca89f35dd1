"""The panes of the dashboard: visibility, focus, zoom and height."""

from enum import StrEnum
from typing import Final

from textual.containers import Container
from textual.reactive import var
from textual.widget import Widget

TALL: Final = 30
"""Lines from which on the table may take 60 % of the height."""


class Pane(StrEnum):
    """The panes, by the id of their widget."""

    SERVICES = "services-pane"
    LOGS = "logs-pane"
    DETAILS = "details-pane"
    EVENTS = "events-pane"
    JOBS = "jobs-pane"


class Panes(Container):
    """The service table with one pane below it, and in a wide terminal the details beside them.

    The ids of its children are the values of `Pane`. The style sheet of the dashboard places them
    by their classes and by the width.
    """

    zoomed: var[bool] = var(default=False, toggle_class="-zoomed")

    def show(self, pane: Pane) -> None:
        """Show a pane and focus it."""
        if pane is not Pane.SERVICES and not self._is_beside(pane):
            for other in self.query(".lower"):
                other.set_class(other.id == pane.value, "-current")
        if self.zoomed:
            self._mark_zoomed(pane)
        # Immediately: the next key is already meant for it.
        self.screen.set_focus(self._focusable(pane))

    async def replace(self, pane: Pane, widget: Widget) -> None:
        """Replace the widget of a pane by another, with its classes and its focus."""
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
        """The pane that has the focus."""
        node = self.screen.focused
        ids = {pane.value for pane in Pane}
        for ancestor in node.ancestors_with_self if node else ():
            if ancestor.id in ids:
                return Pane(str(ancestor.id))
        return Pane.SERVICES

    def shows(self, pane: Pane) -> bool:
        """Whether a pane is shown."""
        return bool(self.query_one(f"#{pane}").display)

    def toggle_zoom(self) -> None:
        """Maximize the focused pane, or restore all."""
        pane = self.focused
        self.zoomed = not self.zoomed
        self._mark_zoomed(pane)

    def share_height(self, wanted: int) -> None:
        """Give the services pane the height it wants, within limits; the pane below gets the rest.

        Args:
            wanted: The lines that the services pane would fill.
        """
        if self.zoomed:
            self.styles.grid_rows = "1fr"
            return
        # Before the first layout: everything but the header and the footer.
        height = self.size.height or self.app.size.height - 2
        most = height * (60 if height >= TALL else 55) // 100
        self.styles.grid_rows = f"{min(wanted, max(most, 5))} 1fr"

    def _is_beside(self, pane: Pane) -> bool:
        wide = self.screen.has_class("-wide") or self.screen.has_class("-very-wide")
        return pane is Pane.DETAILS and wide

    def _focusable(self, pane: Pane) -> Widget:
        holder = self.query_one(f"#{pane}")
        inner = (item for item in holder.query("*") if item.can_focus and item.display)
        return next(inner, holder)

    def _mark_zoomed(self, pane: Pane) -> None:
        for other in self.query(".pane"):
            other.set_class(self.zoomed and other.id == pane.value, "-alone")
