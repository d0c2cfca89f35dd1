"""The keys of dialogs with a scrolling text."""

from datetime import UTC, datetime

import pytest
from textual.app import App, ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Static

from pixel_tui.stack.model.snapshot import StackEvent
from pixel_tui.text import SafeText
from screens.shared.scrolling import ScrollingDialog
from tests.ui.driving import console
from widgets.dashboard.event_list import EventList

LINES = 100
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class LongText(ScrollingDialog[str]):
    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog -tall"), VerticalScroll(can_focus=False):
            yield Static("\n".join(f"line {number}" for number in range(LINES)))


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        ("j", 1), ("down", 1), ("j j k", 1), ("j down up", 1), ("G", "last"), ("end", "last"),
        ("G g", 0), ("end home", 0), ("pagedown", "page"), ("ctrl+f", "page"),
        ("pagedown pageup", 0), ("ctrl+f ctrl+b", 0), ("k", 0), ("G j", "last"),
    ],
)  # fmt: skip
async def test_each_key_scrolls_to_a_line(keys: str, line: int | str) -> None:
    app = App[None]()
    async with app.run_test() as pilot:
        await app.push_screen(LongText())
        await pilot.pause()
        text = app.screen.query_one(VerticalScroll)
        height = text.size.height
        assert 2 < height < LINES
        await pilot.press(*keys.split())
        wanted = {"last": LINES - height, "page": height - 1}
        assert text.scroll_y == (wanted[line] if isinstance(line, str) else line)


@pytest.mark.parametrize("key", ["escape", "q"])
async def test_it_closes_without_a_result(key: str) -> None:
    app, results = App[None](), list[str | None]()
    async with app.run_test() as pilot:
        await app.push_screen(LongText(), results.append)
        await pilot.press(key)
    assert results == [None]


OPENED = [("question_mark",), ("p",), ("2", "k", "enter"), ("W", "i"), ("r",)]


@pytest.mark.parametrize("opened", OPENED, ids=" ".join)
async def test_they_are_the_same_in_each_of_them(opened: tuple[str, ...]) -> None:
    async with console(size=(80, 14)) as it:
        await it.press(*opened)
        await it.until(lambda: isinstance(it.app.screen, ScrollingDialog))
        screen = it.app.screen
        assert isinstance(screen, ScrollingDialog)
        await it.until(lambda: screen.scrolled.max_scroll_y > 0)
        await it.press("G")
        assert screen.scrolled.scroll_y == screen.scrolled.max_scroll_y
        await it.press("g", "pagedown")
        assert 0 < screen.scrolled.scroll_y < screen.scrolled.size.height


class Events(App[None]):
    def compose(self) -> ComposeResult:
        yield EventList()


def some_events(count: int) -> list[StackEvent]:
    name = SafeText("api")
    return [
        StackEvent(NOON, SafeText(f"action-{number}"), "a", name, name) for number in range(count)
    ]


async def test_events_stay_at_the_end_when_the_height_changes_and_where_the_user_is() -> None:
    app = Events()
    async with app.run_test(size=(80, 20)) as pilot:
        view = app.query_one(EventList)
        view.show(some_events(LINES))
        await pilot.pause()
        assert view.scroll_y == LINES - 20
        for height in (10, 30, 12):
            await pilot.resize_terminal(80, height)
            await pilot.pause()
            assert view.scroll_y == LINES - height
        view.show(some_events(LINES + 1))
        await pilot.pause()
        assert view.scroll_y == LINES + 1 - 12
        view.focus()
        await pilot.press("g")
        await pilot.resize_terminal(80, 20)
        view.show(some_events(LINES + 2))
        await pilot.pause()
        assert view.scroll_y == 0
