"""A line of text that is set often and changes seldom."""

from textual.content import Content
from textual.widgets import Static


class StatusLine(Static):
    """A text; it has the class `-shown` unless it is empty."""

    def __init__(self, words: str = "", *, id: str | None = None) -> None:  # noqa: A002  Textual's own name for it
        self._text = Content(words)
        super().__init__(self._text, id=id, classes="-shown" if words else None)

    def set_text(self, words: Content) -> None:
        """Show a text; does nothing if it is shown already."""
        if words.is_same(self._text):
            return
        # With a fixed height, no layout is needed.
        self.update(words, layout=bool(self.styles.height and self.styles.height.is_auto))
        self.set_class(bool(words), "-shown")
        self._text = words
