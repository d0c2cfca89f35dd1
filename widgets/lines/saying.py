"""A few words above a list, which are often said again and seldom change."""

from textual.content import Content
from textual.widgets import Static


class StatusLine(Static):
    """Words; the style class `-shown` says whether there are any."""

    def __init__(self, words: str = "", *, id: str | None = None) -> None:  # noqa: A002  Textual's own name for it
        self._said = Content(words)
        super().__init__(self._said, id=id, classes="-shown" if words else None)

    def say(self, words: Content) -> None:
        """Say this. Where it is said already nothing is laid out or painted."""
        if words.is_same(self._said):
            return
        # One that is of one height whatever it says moves nothing else.
        self.update(words, layout=bool(self.styles.height and self.styles.height.is_auto))
        self.set_class(bool(words), "-shown")
        self._said = words
