"""What the environment's editor asks a dialog for, and the edits that come of the answers."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

from textual.content import Content

from pixel_tui.environment.checks.overview import KeyRow, KeyState
from pixel_tui.environment.dotenv.document import Document
from pixel_tui.environment.editing.judging import Judge, Way, with_text
from pixel_tui.environment.editing.workspace import SavedDraft
from pixel_tui.errors import ConsoleError, UsageError
from pixel_tui.terminal.keys import IgnoresTypeAhead
from pixel_tui.text import SafeText, plain
from screens.environment.difference import difference_lines
from screens.environment.external_editor import ExternalEditor
from screens.environment.merge import merge_in
from screens.environment.save import SaveScreen
from screens.environment.value import TypedValue, ValueForm, ValueScreen
from screens.shared.ask import AskScreen
from screens.shared.pick import Choices, PickScreen

if TYPE_CHECKING:
    from screens.environment.editor import EnvironmentEditor

NO_TEXT: Final = SafeText("")
Answered = Callable[[TypedValue | None], None]


class _DraftOffer(IgnoresTypeAhead, PickScreen):
    """Comes by itself when the environment is opened; what is thrown away is gone."""


class EnvironmentDialogs:
    """Opens dialogs over the editor.

    Args:
        editor: The editor.
    """

    def __init__(self, editor: "EnvironmentEditor") -> None:
        self._editor = editor
        self._parsed = Document.parse(b"")

    @property
    def _example(self) -> Document:
        opened = self._editor.opened
        data = (opened.example if opened else None) or b""
        if data != self._parsed.data:
            self._parsed = Document.parse(data)
        return self._parsed

    # One value.

    def edit(self, row: KeyRow) -> None:
        """Ask for another value of a key."""

        def answered(answer: TypedValue | None) -> None:
            if answer is not None:
                self._write(row.key, answer)

        self._ask_value(row, answered)

    def _ask_value(self, row: KeyRow, answered: Answered, progress: SafeText = NO_TEXT) -> None:
        opened, document = self._editor.opened, self._editor.document
        if opened is None or document is None:
            return
        judge = Judge(document, row.key, self._example, opened.look)
        form = self._form(row, progress)
        self._editor.app.push_screen(ValueScreen(form, judge), answered)

    def _form(self, row: KeyRow, progress: SafeText) -> ValueForm:
        entry, exact = row.entry, row.effective
        if entry is None and not row.secret:
            proposed = self._example.entry(row.key)
            exact = proposed.written if proposed is not None else ""
        elif row.state is KeyState.PLACEHOLDER:
            exact = ""
        elif exact is None and entry is not None:
            exact = entry.written
        has_variables = entry is not None and exact != entry.written and "$" in entry.written
        return ValueForm(
            key=row.key,
            purpose=row.purpose,
            secret=row.secret,
            exact=exact or "",
            written=entry.raw if entry is not None else "",
            way=Way.WRITTEN if has_variables else Way.EXACT,
            progress=progress,
        )

    def _write(self, key: str, answer: TypedValue) -> None:
        text = answer.text
        if text is not None:
            example = self._example
            self._editor.change(
                lambda now: with_text(now, key, text, answer.way, example), cursor=key
            )

    # Another key.

    def add(self) -> None:
        """Ask for a key, then for its value."""
        opened = self._editor.opened
        if opened is None:
            return
        look, example = opened.look, self._example

        def meaning(text: str) -> SafeText:
            return self._meaning_of_key(text.strip(), example)

        def answered(text: str | None) -> None:
            key = (text or "").strip()
            document = self._editor.document
            if not key or document is None:
                return
            row = look(document.with_added(key, ""), key)
            if row is not None:
                self._ask_value(row, partial(self._added, key))

        hint = "Its name: letters, digits and _, such as LOG_LEVEL."
        self._editor.app.push_screen(AskScreen("Add a key", hint, meaning), answered)

    def _meaning_of_key(self, key: str, example: Document) -> SafeText:
        document = self._editor.document
        if document is None:
            return NO_TEXT
        if document.entry(key) is not None:
            raise UsageError("It is there already", remedy="Edit it: Enter on its line.")
        try:
            document.with_added(key, "")
        except ConsoleError as error:
            raise UsageError(error.what.removesuffix("."), remedy=error.remedy) from error
        known = example.entry(key) is not None
        return SafeText("The example has it." if known else "The example does not have it.")

    def _added(self, key: str, answer: TypedValue | None) -> None:
        if answer is not None:
            self._write(key, answer)

    # Step by step.

    def fill(self) -> None:
        """Ask for what is missing or left as the example has it, required keys first."""
        editor = self._editor
        opened, document = editor.opened, editor.document
        if opened is None or document is None:
            return
        if not document.data and opened.example:
            example = self._example
            editor.change(lambda _now: example, "Begun from the example.", then=self._fill_in)
        else:
            self._fill_in()

    def _fill_in(self) -> None:
        overview = self._editor.overview
        rows = [row for row in (overview.rows if overview else ()) if _is_to_fill(row)]
        rows.sort(key=lambda row: not row.required)
        if not rows:
            self._editor.notify("Every key of the example has a value.", timeout=4)
            return
        self._fill_next(rows, 0)

    def _fill_next(self, rows: Sequence[KeyRow], at: int) -> None:
        if at == len(rows):
            self._editor.notify("That was the last one. s saves.", timeout=4)
            return
        row = rows[at]
        need = "required" if row.required else "optional"
        progress = SafeText(f"{need}, {at + 1} of {len(rows)}")

        def answered(answer: TypedValue | None) -> None:
            if answer is None:
                return
            self._write(row.key, answer)
            # At once: what is typed ahead is meant for the next key.
            self._fill_next(rows, at + 1)

        self._ask_value(row, answered, progress)

    # The user's own editor.

    def outside(self) -> None:
        """Edit the whole file in the user's own editor."""
        document = self._editor.document
        if document is not None:
            ExternalEditor(self._editor, self._editor.workspace).edit(document.data)

    # What was never saved, and what another has written.

    def offer_draft(self, draft: SavedDraft) -> None:
        """Ask what becomes of the edits of an earlier session."""
        editor = self._editor
        lines = (Content("Go on with them"), Content("Throw them away"))
        said = SafeText(
            f"Edits of {draft.saved_at.astimezone():%Y-%m-%d %H:%M} were never saved. "
            "Esc goes on with them."
        )

        def picked(at: int | None) -> None:
            if at == 1:
                editor.run_worker(editor.workspace.discard_draft, thread=True, group="draft")
            else:
                editor.run_worker(editor.go_on_with(draft), group="environment-edit")

        editor.app.push_screen(
            _DraftOffer("Unfinished edits", lambda: Choices(lines, said)), picked
        )

    def merge(self) -> None:
        """Merge the edits with what another has written; conflicts are chosen one by one."""
        merge_in(self._editor)

    # A save.

    def save(self) -> None:
        """Show what a save would mean, and lead to its plan."""
        editor = self._editor
        editing, opened = editor.editing, editor.opened
        if editing is None or opened is None or not editing.changed:
            return
        base, now = editing.base, editing.now
        made_from = base.data if opened.data is not None else None

        def answered(action: str | None) -> None:
            if action is not None:
                stage = self._stage(action, now.data, made_from)
                editor.run_worker(stage, group="environment-save")

        compare = partial(difference_lines, base, now, editor.is_secret)
        preview_impact = partial(editor.workspace.preview_impact, now.data)
        editor.app.push_screen(SaveScreen(compare, preview_impact, opened.obstacle), answered)

    async def _stage(self, action: str, data: bytes, base: bytes | None) -> None:
        try:
            target = await asyncio.to_thread(self._editor.workspace.stage, data, base)
        except ConsoleError as error:
            self._editor.notify(plain(str(error)), severity="error", timeout=15, markup=False)
            return
        self._editor.ask(action, target)


def _is_to_fill(row: KeyRow) -> bool:
    if row.state in {KeyState.MISSING, KeyState.PLACEHOLDER}:
        return True
    return row.state is KeyState.EMPTY and row.required
