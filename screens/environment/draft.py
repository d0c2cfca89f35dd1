"""The offer to resume unsaved edits when the environment is opened."""

from collections.abc import Callable

from textual.content import Content
from textual.screen import Screen

from pixel_tui.environment.editing.workspace import SavedDraft
from pixel_tui.terminal.keys import IgnoresTypeAhead
from pixel_tui.text import plain
from screens.shared.pick import Choices, PickScreen
from widgets.bound_key import bound_key


class _DraftOffer(IgnoresTypeAhead, PickScreen):
    """The dialog. It opens by itself, so keys typed ahead must not discard anything."""


def offer_draft(
    screen: Screen[None],
    draft: SavedDraft,
    resume: Callable[[], None],
    discard: Callable[[], None],
) -> None:
    """Ask whether to resume or discard the edits of an earlier session.

    Args:
        screen: The screen below the dialog.
        draft: The edits.
        resume: Called to resume them.
        discard: Called to discard them.
    """
    lines = (Content("Continue editing"), Content("Discard them"))
    close = bound_key(screen, "pick.close", "escape")
    caption = plain(
        f"Edits of {draft.saved_at.astimezone():%Y-%m-%d %H:%M} were not saved. "
        f"Close ({close}) continues editing."
    )

    def picked(at: int | None) -> None:
        if at == 1:
            discard()
        else:
            resume()

    screen.app.push_screen(_DraftOffer("Unsaved edits", lambda: Choices(lines, caption)), picked)
