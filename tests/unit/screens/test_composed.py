"""Data that arrives before a screen is composed, or after it is closed."""

import asyncio
from pathlib import Path

import pytest
from textual.app import App, ComposeResult
from textual.css.query import NoMatches
from textual.screen import Screen
from textual.widgets import Static

from screens.shared.composed import when_composed

ROOT = Path(__file__).parents[3]


class Answers(Screen[None]):
    """Draws data as it arrives."""

    def __init__(self) -> None:
        super().__init__()
        self.drawn: list[str] = []
        self.asked, self.answered = asyncio.Event(), asyncio.Event()

    def compose(self) -> ComposeResult:
        yield Static(id="answer")

    def on_unmount(self) -> None:
        self.draw("without its widgets")

    @when_composed
    def draw(self, answer: str, selector: str = "#answer") -> None:
        self.query_one(selector, Static).update(answer)
        self.drawn.append(answer)

    @when_composed
    async def draw_later(self, answer: str) -> None:
        self.asked.set()
        await self.answered.wait()
        self.query_one("#answer", Static).update(answer)
        self.drawn.append(answer)


async def test_nothing_is_drawn_before_a_screen_is_shown_or_after_it_is_closed() -> None:
    app = App[None]()
    async with app.run_test():
        screen = Answers()
        screen.draw("before")
        await app.push_screen(screen)
        screen.draw("shown")
        await app.pop_screen()
        screen.draw("closed")
        await screen.draw_later("closed")
    assert screen.drawn == ["shown"]


async def test_a_screen_may_be_closed_while_it_awaits_data() -> None:
    app = App[None]()
    async with app.run_test():
        screen = Answers()
        await app.push_screen(screen)
        drawing = asyncio.create_task(screen.draw_later("late"))
        await screen.asked.wait()
        await app.pop_screen()
        screen.answered.set()
        await drawing
    assert not screen.drawn


async def test_a_missing_widget_on_a_shown_screen_is_an_error() -> None:
    app = App[None]()
    async with app.run_test():
        screen = Answers()
        await app.push_screen(screen)
        with pytest.raises(NoMatches):
            screen.draw("drawn", "#misspelled")


def test_only_one_module_handles_missing_widgets() -> None:
    naming = [
        str(path.relative_to(ROOT))
        for room in ("screens", "widgets", "pixel_tui/console")
        for path in sorted((ROOT / room).rglob("*.py"))
        if "NoMatches" in path.read_text()
    ]
    assert naming == ["screens/shared/composed.py"]
