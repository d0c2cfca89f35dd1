"""Lists to choose from: their cursor is visible without colours."""

import pytest
from textual.containers import VerticalScroll
from textual.widgets import OptionList

from pixel_tui.settings import Settings
from screens.shared.dialog import Dialog
from screens.shared.help import HelpScreen
from tests.builders.audit import change
from tests.builders.ui_audit import trail
from tests.ui.driving import console
from widgets.lines.options import BAR


@pytest.mark.parametrize(
    "opened",
    [("a",), ("c",), ("2", "f"), ("A",), ("E", "h"), ("E", "c"), ("colon",)],
    ids=["actions", "columns", "log services", "recovery", "versions", "files", "menu"],
)
async def test_every_list_has_a_bar_at_its_cursor(opened: tuple[str, ...]) -> None:
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


LISTS = [("a",), ("c",), ("2", "f"), ("A",), ("E", "h"), ("E", "c")]


@pytest.mark.parametrize("opened", LISTS, ids=" ".join)
async def test_g_goes_to_the_first_line_of_every_list_and_shift_g_to_the_last(
    opened: tuple[str, ...],
) -> None:
    async with console(size=(80, 24)) as it:
        await it.press(*opened)
        await it.until(lambda: it.app.screen.query(OptionList))
        options = it.app.screen.query_one(OptionList)
        await it.until(lambda: options.highlighted is not None)
        await it.press("G")
        lines = [at for at, option in enumerate(options.options) if not option.disabled]
        assert options.highlighted == lines[-1]
        await it.press("g")
        assert options.highlighted == lines[0]


@pytest.mark.parametrize(
    "opened",
    [*LISTS, ("U",), ("W",), ("E",), ("r",), ("p",), ("2", "k", "enter")],
    ids=" ".join,
)
async def test_the_question_mark_lists_the_keys_of_every_dialog(opened: tuple[str, ...]) -> None:
    async with console(size=(80, 24)) as it:
        await it.press(*opened)
        await it.until(lambda: isinstance(it.app.screen, Dialog))
        below = it.app.screen
        assert "? Help" in it.text("KeyBar")
        await it.press("question_mark")
        assert isinstance(it.app.screen, HelpScreen)
        assert "esc Close" in it.text("KeyBar")
        await it.press("G")
        scroll = it.app.screen.query_one(VerticalScroll)
        assert scroll.scroll_y == scroll.max_scroll_y
        await it.press("question_mark")
        assert it.app.screen is below


async def test_a_question_mark_that_is_typed_is_text() -> None:
    async with console(size=(80, 24)) as it:
        await it.press("2", "J")
        await it.until(lambda: isinstance(it.app.screen, Dialog))
        assert "? Help" not in it.text("KeyBar")
        await it.press("question_mark")
        assert not isinstance(it.app.screen, HelpScreen)


async def test_the_menu_lists_the_keys_as_the_question_mark_does() -> None:
    async with console(size=(80, 24)) as it:
        await it.press("colon", *"keys of this view")
        await it.until(lambda: "Keys of this view" in it.text("CommandOptions"))
        await it.press("enter")
        await it.until(lambda: isinstance(it.app.screen, HelpScreen))


async def test_in_an_open_record_of_the_audit_they_scroll_to_its_ends() -> None:
    async with console(size=(80, 24)) as it:
        change(trail(it), "one", "Restart agent")
        await it.press("U")
        await it.until(lambda: "Restart agent" in it.text("#audit-list"))
        await it.press("enter")
        record = it.app.screen.query_one("#audit-record")
        await it.until(lambda: record.max_scroll_y > 0)
        await it.press("G")
        assert record.scroll_y == record.max_scroll_y
        await it.press("g")
        assert record.scroll_y == 0


def barred(options: OptionList) -> set[int | None]:
    """The options with the bar."""
    shown = range(options.scrollable_content_region.height)
    return {
        options._lines[options.scroll_offset.y + y][0]
        for y in shown
        if options.render_line(y).text.startswith(BAR)
    }
