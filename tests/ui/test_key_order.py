"""Keys that are pressed before a screen is shown, and in bursts."""

import asyncio
from math import inf

import pytest
from textual.screen import Screen

from pixel_tui.terminal import keys as key_order
from pixel_tui.terminal.keys import KeysInOrder, hold_keys
from tests.ui.driving import console
from widgets.filter_box import FilterBox


class Opening(Screen[None]):
    """Records its actions."""

    done = False

    def action_leave(self) -> None:
        """The action of a key."""
        self.done = True


async def test_nothing_is_done_to_a_screen_that_is_not_there_yet() -> None:
    app, opening = KeysInOrder(), Opening()
    async with app.run_test():
        assert not await app.run_action("leave", opening)
        assert not opening.done
        await app.push_screen(opening)
        assert await app.run_action("leave", opening)
        assert opening.done


async def test_a_key_is_pending_until_its_effect_is_complete() -> None:
    app, gate = KeysInOrder(), asyncio.Event()

    async def make() -> None:
        await gate.wait()

    async with app.run_test():
        worker = app.run_worker(make())
        hold_keys(worker)
        assert app.keys_pending
        gate.set()
        await worker.wait()
        assert not app.keys_pending


TYPED = {
    "the filter": (("slash", *"web", "enter"), "filter: web"),
    "the log's search": (("2", "slash", *"retry", "enter"), "“retry”"),
    "the log's filter": (("2", "ampersand", *"retry", "enter"), "“retry”"),
    "a time of the log": (("2", "J", "minus", *"5m"), "11:55:00"),
    "the tasks' search": (("W", "slash", *"1f5b", "enter"), "with “1f5b”"),
    "a task": (("W", "enter", "escape", "enter"), "1 Task"),
    "the environment's filter": (("E", "slash", *"DATA", "enter"), "filter: DATA"),
    "a value": (("E", "slash", *"THEME", "enter", "enter", *"xyz"), "xyz"),
    "the audit's filter": (("U", "slash", *"restart", "enter"), "restart"),
    "the palette": (("colon", *"Refr"), "Refresh"),
    "behind a dialog": (("question_mark", "escape", "W", "escape", "slash", *"web"), "web"),
}
"""Keys that open an input together with the text typed into it, and the text shown then."""


async def test_enter_from_before_the_terminal_was_the_consoles_is_enter() -> None:
    async with console(still=True) as it:
        it.app.ready_at = inf
        await it.burst("slash", *"web", "ctrl+j")
        await it.until(lambda: "filter: web" in it.text())
        assert not it.app.screen.query_one(FilterBox).display


@pytest.mark.parametrize("where", TYPED)
async def test_no_key_after_one_that_opens_an_input_is_lost_on_a_slow_machine(
    monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    # Any time there is has passed before the first step is done.
    monkeypatch.setattr(key_order, "CHECK_SECONDS", 0.0)
    keys, wanted = TYPED[where]
    async with console(still=True) as it:
        await it.burst(*keys)
        await it.until(lambda: wanted in it.text())
