"""A list to choose from that stands a terminal in which it has no room."""

from textual.widgets import OptionList


class Options(OptionList):
    """Textual's list, in which a page of no lines is no way to go anywhere."""

    def action_page_up(self) -> None:
        """Move up by one page."""
        if self.scrollable_content_region:
            super().action_page_up()  # type: ignore[no-untyped-call]

    def action_page_down(self) -> None:
        """Move down by one page."""
        if self.scrollable_content_region:
            super().action_page_down()  # type: ignore[no-untyped-call]
