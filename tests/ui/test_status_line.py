"""A text that is set again without a change costs nothing."""

from unittest.mock import Mock

from textual.app import App, ComposeResult
from textual.content import Content

from widgets.lines.status_line import StatusLine


class Said(App[None]):
    """An app with one status line of automatic height, and one of fixed height."""

    CSS = "StatusLine { height: auto; } #flat { height: 1; }"

    def compose(self) -> ComposeResult:
        """Both lines."""
        yield StatusLine("at first", id="tall")
        yield StatusLine(id="flat")


async def test_only_another_text_or_style_causes_a_layout() -> None:
    app = Said()
    async with app.run_test() as pilot:
        tall = app.query_one("#tall", StatusLine)
        tall.refresh = Mock(wraps=tall.refresh)  # type: ignore[method-assign]
        tall.set_text(Content("at first"))
        assert not tall.refresh.called
        tall.set_text(Content.styled("at first", "bold"))
        tall.refresh.assert_called_with(layout=True)
        tall.set_text(Content("two\nlines"))
        await pilot.pause()
        assert tall.size.height == 2


async def test_one_of_a_fixed_height_causes_no_layout() -> None:
    app = Said()
    async with app.run_test():
        flat = app.query_one("#flat", StatusLine)
        flat.refresh = Mock(wraps=flat.refresh)  # type: ignore[method-assign]
        flat.set_text(Content("news"))
        flat.refresh.assert_any_call(layout=False)
        assert str(flat.render()) == "news"


async def test_its_class_shows_whether_it_has_a_text() -> None:
    app = Said()
    async with app.run_test():
        tall = app.query_one("#tall", StatusLine)
        assert tall.has_class("-shown")
        tall.set_text(Content(""))
        assert not tall.has_class("-shown")
