"""The input for a search or a filter of a log."""

from dataclasses import dataclass, replace
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input

from pixel_tui.logs.search import BadPattern, CaseSensitivity, Matcher, Query, compile_query
from pixel_tui.text import SafeText


class QueryBox(Input):
    """Enter applies the query, Escape closes. Keys toggle regular expressions and case.

    Args:
        title: The purpose, shown in the placeholder.
        invertible: Whether a leading `!` excludes the lines that match.
    """

    BINDING_GROUP_TITLE = "Search"
    DEFAULT_CSS = """
    QueryBox, QueryBox:focus {
        display: none; height: 1; border: none; padding: 0 1; background: $boost;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Close", id="search.close"),
        Binding("ctrl+r", "regex", "Regex", id="search.regex",
                tooltip="Plain words or a regular expression"),
        Binding("ctrl+t", "case", "Case", id="search.case",
                tooltip="Case: smart, ignore, exact"),
    ]  # fmt: skip

    @dataclass
    class QueryChanged(Message):
        """The query was typed or submitted."""

        box: "QueryBox"
        matcher: Matcher | None
        """None if the query is empty or not a valid pattern."""
        error: SafeText
        """The error of the pattern; empty if it is valid."""
        submitted: bool
        """Whether Enter was pressed."""

        @property
        def control(self) -> "QueryBox":
            """The input, for `@on` selectors."""
            return self.box

    @dataclass
    class Closed(Message):
        """It was closed with Escape."""

        box: "QueryBox"

    def __init__(self, title: str, *, id: str, invertible: bool = False) -> None:  # noqa: A002  Textual's own name for it
        super().__init__(id=id)
        self._title = title
        self._invertible = invertible
        self._mode = Query("")
        self.cursor_blink = False
        self._update_placeholder()

    def open(self) -> None:
        """Clear, show and focus it."""
        # Immediately: the next key is already meant for it.
        self.value = ""
        self.display = True
        self.screen.set_focus(self)

    @property
    def typed_query(self) -> Query:
        """The query as typed."""
        inverted = self._invertible and self.value.startswith("!")
        return replace(
            self._mode, text=self.value[1:] if inverted else self.value, inverted=inverted
        )

    def action_close(self) -> None:
        """Close without a query."""
        self.display = False
        self.post_message(self.Closed(self))

    def action_regex(self) -> None:
        """Toggle regular expressions."""
        self._mode = replace(self._mode, regex=not self._mode.regex)
        self._update_placeholder()
        self._post_query(submitted=False)

    def action_case(self) -> None:
        """Switch to the next case sensitivity."""
        order = list(CaseSensitivity)
        at = order.index(self._mode.case)
        self._mode = replace(self._mode, case=order[(at + 1) % len(order)])
        self._update_placeholder()
        self._post_query(submitted=False)

    @property
    def mode_words(self) -> str:
        """The mode, in words."""
        kind = "regex" if self._mode.regex else "words"
        case = {
            CaseSensitivity.SMART: "smart case",
            CaseSensitivity.SAME: "ignore case",
            CaseSensitivity.EXACT: "exact case",
        }
        return f"{kind}, {case[self._mode.case]}"

    def _update_placeholder(self) -> None:
        inverted = ", ! excludes them" if self._invertible else ""
        self.placeholder = f"{self._title}: {self.mode_words}{inverted}"

    def on_input_changed(self, event: Input.Changed) -> None:
        """Post the query as typed."""
        event.stop()  # handled here
        self._post_query(submitted=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Submit the query."""
        event.stop()
        self._post_query(submitted=True)

    def _post_query(self, *, submitted: bool) -> None:
        query = self.typed_query
        compiled = compile_query(query) if query.text else None
        if isinstance(compiled, BadPattern):
            words = SafeText(f"{compiled.what} (at {compiled.position + 1})")
            self.post_message(self.QueryChanged(self, None, words, submitted=False))
            return
        if submitted:
            self.display = False
        self.post_message(self.QueryChanged(self, compiled, SafeText(""), submitted=submitted))
