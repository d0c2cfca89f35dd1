"""Lists to choose from: where the cursor stands is seen without colours."""

import pytest
from textual.widgets import OptionList

from pixel_tui.settings import Settings
from tests.ui.driving import console
from widgets.lines.options import BAR


@pytest.mark.parametrize(
    "opened",
    [("a",), ("c",), ("2", "f"), ("A",), ("E", "h"), ("E", "c"), ("colon",)],
    ids=["actions", "columns", "log services", "recovery", "versions", "files", "menu"],
)
async def test_a_bar_stands_at_the_cursor_of_every_list(opened: tuple[str, ...]) -> None:
    async with console(settings=Settings(theme="pixel-ansi"), size=(80, 24)) as it:
        await it.press(*opened)
        await it.until(lambda: it.app.screen.query(OptionList))
        options = it.app.screen.query_one(OptionList)
        await it.until(lambda: options.highlighted is not None and options.display)
        for key in ("down", "up"):
            await it.press(key)
            await it.until(lambda: BAR in it.text())
            lines = barred(it.app.screen.query_one(OptionList))
            assert lines == {options.highlighted}


def barred(options: OptionList) -> set[int | None]:
    """The options at whose lines the bar stands."""
    shown = range(options.scrollable_content_region.height)
    return {
        options._lines[options.scroll_offset.y + y][0]
        for y in shown
        if options.render_line(y).text.startswith(BAR)
    }
