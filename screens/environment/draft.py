"""Unsaved edits of an earlier session, which are offered when the environment is opened."""

from collections.abc import Callable

from textual.content import Content
from textual.screen import Screen

from pixel_tui.environment.editing.workspace import SavedDraft
from pixel_tui.terminal.keys import IgnoresTypeAhead
from pixel_tui.text import SafeText
from screens.shared.pick import Choices, PickScreen


class _DraftOffer(IgnoresTypeAhead, PickScreen):
    """Comes by itself when the environment is opened; what is thrown away is gone."""


def offer_draft(
    screen: Screen[None],
    draft: SavedDraft,
    resume: Callable[[], None],
    discard: Callable[[], None],
) -> None:
    """Ask what becomes of the edits of an earlier session.

    Args:
        screen: What the dialog opens over.
        draft: The edits.
        resume: Continues with them.
        discard: Throws them away.
    """
    lines = (Content("Continue editing"), Content("Discard them"))
    said = SafeText(
        f"Edits of {draft.saved_at.astimezone():%Y-%m-%d %H:%M} were not saved. Esc continues "
        "editing."
    )

    def picked(at: int | None) -> None:
        if at == 1:
            discard()
        else:
            resume()

    screen.app.push_screen(_DraftOffer("Unsaved edits", lambda: Choices(lines, said)), picked)
