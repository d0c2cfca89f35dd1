"""The line in which words to search, or to filter by, are typed."""

from dataclasses import dataclass, replace
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input

from pixel_tui.logs.search import BadPattern, CaseSensitivity, Matcher, Query, compile_query
from pixel_tui.text import SafeText


class QueryBox(Input):
    """Enter takes the words, Escape closes. One key makes a regular expression of them.

    Args:
        title: What the words are for.
        invertible: A `!` before the words asks for the lines that have them not.
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
    class Asked(Message):
        """Words were taken, typed, or done without."""

        box: "QueryBox"
        matcher: Matcher | None
        """None where there are no words, or where they are no pattern."""
        wrong: SafeText
        """What is wrong with them; empty where nothing is."""
        taken: bool
        """Enter was pressed; else they are still being typed."""

        @property
        def control(self) -> "QueryBox":
            """Where it comes from."""
            return self.box

    @dataclass
    class Closed(Message):
        """It was closed without a word."""

        box: "QueryBox"

    def __init__(self, title: str, *, id: str, invertible: bool = False) -> None:  # noqa: A002  Textual's own name for it
        super().__init__(id=id)
        self._title = title
        self._invertible = invertible
        self._how = Query("")
        self.cursor_blink = False
        self._say_how()

    def open(self) -> None:
        """Show it, empty, and type in it."""
        # At once: the letter that is typed next is meant for it already.
        self.value = ""
        self.display = True
        self.screen.set_focus(self)

    @property
    def query_typed(self) -> Query:
        """What is typed, and how it is meant."""
        inverted = self._invertible and self.value.startswith("!")
        return replace(
            self._how, text=self.value[1:] if inverted else self.value, inverted=inverted
        )

    def action_close(self) -> None:
        """Close, and leave everything as it was."""
        self.display = False
        self.post_message(self.Closed(self))

    def action_regex(self) -> None:
        """Plain words, or a regular expression."""
        self._how = replace(self._how, regex=not self._how.regex)
        self._say_how()
        self._ask(taken=False)

    def action_case(self) -> None:
        """Another way to read upper and lower case."""
        order = list(CaseSensitivity)
        at = order.index(self._how.case)
        self._how = replace(self._how, case=order[(at + 1) % len(order)])
        self._say_how()
        self._ask(taken=False)

    @property
    def how(self) -> str:
        """How the words are meant, in words."""
        kind = "regex" if self._how.regex else "words"
        case = {
            CaseSensitivity.SMART: "smart case",
            CaseSensitivity.SAME: "ignore case",
            CaseSensitivity.EXACT: "exact case",
        }
        return f"{kind}, {case[self._how.case]}"

    def _say_how(self) -> None:
        inverted = ", ! excludes them" if self._invertible else ""
        self.placeholder = f"{self._title}: {self.how}{inverted}"

    def on_input_changed(self, event: Input.Changed) -> None:
        """A letter was typed."""
        event.stop()  # it is nobody else's input
        self._ask(taken=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter."""
        event.stop()
        self._ask(taken=True)

    def _ask(self, *, taken: bool) -> None:
        query = self.query_typed
        compiled = compile_query(query) if query.text else None
        if isinstance(compiled, BadPattern):
            words = SafeText(f"{compiled.what} (at {compiled.position + 1})")
            self.post_message(self.Asked(self, None, words, taken=False))
            return
        if taken:
            self.display = False
        self.post_message(self.Asked(self, compiled, SafeText(""), taken=taken))
