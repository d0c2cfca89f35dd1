"""The edits of keys, and the dialogs that they need."""

from collections.abc import Callable, Sequence
from typing import Final, Protocol

from textual.screen import Screen

from pixel_tui.environment.checks.overview import KeyRow
from pixel_tui.environment.editing.edits import current_entry, fix_of, with_row_value
from pixel_tui.environment.editing.session import Edit, EditSession, FillInStep
from pixel_tui.environment.editing.typed_value import TypedValue
from pixel_tui.text import SafeText
from screens.environment.value import ValueScreen
from screens.shared.ask import AskScreen
from widgets.bound_key import bound_key

NO_TEXT: Final = SafeText("")


class ChangeDocument(Protocol):
    """Edits the document and shows the result."""

    def __call__(
        self,
        make: Edit,
        message: str = "",
        *,
        cursor: str = "",
        then: Callable[[], None] | None = None,
    ) -> None:
        """Edit the document.

        Args:
            make: Returns the edited document; runs in a thread. A `ConsoleError` is shown.
            message: Shown afterwards.
            cursor: The key to select afterwards; empty to keep the cursor.
            then: Called afterwards.
        """
        ...


class KeyEdits:
    """Edits keys; asks for keys and values.

    Args:
        screen: The screen below the dialogs.
        session: The edit session.
        change: Makes an edit.
    """

    def __init__(self, screen: Screen[None], session: EditSession, change: ChangeDocument) -> None:
        self._screen = screen
        self._session = session
        self._change = change

    # One value.

    def edit(self, row: KeyRow) -> None:
        """Ask for a new value of a key."""

        def answered(answer: TypedValue | None) -> None:
            self._write(row.key, answer)

        self._ask_value(row, answered)

    def _ask_value(
        self,
        row: KeyRow,
        answered: Callable[[TypedValue | None], None],
        progress: SafeText = NO_TEXT,
    ) -> None:
        form, value_previewer = (
            self._session.value_form(row, progress),
            self._session.value_previewer(row.key),
        )
        self._screen.app.push_screen(ValueScreen(form, value_previewer), answered)

    def _write(self, key: str, answer: TypedValue | None) -> None:
        edit = self._session.typed(key, answer) if answer is not None else None
        if edit is not None:
            self._change(edit, cursor=key)

    def remove(self, row: KeyRow) -> None:
        """Remove the line of a key."""
        if row.entry is not None:
            undo_key = bound_key(self._screen, "environment.undo", "u")
            message = f"{row.key} is removed; {undo_key} undoes it."
            self._change(lambda now: now.without(current_entry(now, row)), message)

    def toggle_comment(self, row: KeyRow) -> None:
        """Comment the line of a key out, or uncomment it."""
        if row.entry is None:
            return
        if row.entry.commented:
            message = f"{row.key} is active again."
            self._change(lambda now: now.restored(current_entry(now, row)), message)
        else:
            message = f"{row.key} is commented out."
            self._change(lambda now: now.commented_out(current_entry(now, row)), message)

    def apply_fix(self, row: KeyRow) -> None:
        """Write the first suggested value of a key."""
        fix = fix_of(row)
        if fix is None:
            self._screen.notify("There is no suggested value for this key.", timeout=3)
        else:
            self._change(lambda now: with_row_value(now, row, fix), f"{row.key} is fixed.")

    # A new key.

    def add(self) -> None:
        """Ask for a key, then for its value."""

        def describe(text: str) -> SafeText:
            known = self._session.check_new_key(text.strip())
            return SafeText("It is in the example." if known else "It is not in the example.")

        def answered(text: str | None) -> None:
            key = (text or "").strip()
            row = self._session.new_row(key) if key else None
            if row is not None:
                self._ask_value(row, lambda answer: self._write(key, answer))

        hint = "Its name: letters, digits and _, such as LOG_LEVEL."
        self._screen.app.push_screen(AskScreen("Add a key", hint, describe), answered)

    # Step by step.

    def fill_in(self) -> None:
        """Ask for missing and placeholder values, required keys first."""
        example = self._session.example_to_copy
        if example is not None:
            self._change(lambda _now: example, "Filled in from the example.", then=self._fill_in)
        else:
            self._fill_in()

    def _fill_in(self) -> None:
        steps = self._session.fill_in()
        if steps:
            self._fill_next(steps)
        else:
            self._screen.notify("Every key of the example has a value.", timeout=4)

    def _fill_next(self, steps: Sequence[FillInStep]) -> None:
        if not steps:
            save_key = bound_key(self._screen, "environment.save", "s")
            words = f"That was the last one. {save_key} saves."
            self._screen.notify(words, timeout=4, markup=False)
            return
        step, *others = steps

        def answered(answer: TypedValue | None) -> None:
            if answer is None:
                return
            self._write(step.row.key, answer)
            # Immediately: keys typed ahead are meant for the next value.
            self._fill_next(others)

        self._ask_value(step.row, answered, step.words)
