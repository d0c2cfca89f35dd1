"""Keys that come before a screen is there."""

from textual.screen import Screen

from pixel_tui.key_order import KeysInOrder


class Opening(Screen[None]):
    """Says what was done to it."""

    done = False

    def action_leave(self) -> None:
        """What a key does here."""
        self.done = True


async def test_nothing_is_done_to_a_screen_that_is_not_there_yet() -> None:
    app, opening = KeysInOrder(), Opening()
    async with app.run_test():
        assert not await app.run_action("leave", opening)
        assert not opening.done
        await app.push_screen(opening)
        assert await app.run_action("leave", opening)
        assert opening.done
