"""The environment editor: nothing is written before its impact is shown.

Each edit is a step of an `EditSession`, and is kept as a draft, so that a lost connection loses
nothing. A save is an operation with a plan, as every other change.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import ClassVar, Final

from textual import on
from textual.binding import Binding, BindingType

from pixel_tui.environment.checks.deliveries import OutdatedSources, no_outdated_sources
from pixel_tui.environment.checks.overview import KeyRow
from pixel_tui.environment.dotenv.document import DotenvDocument
from pixel_tui.environment.dotenv.from_example import merge_example
from pixel_tui.environment.editing.edits import fix_of
from pixel_tui.environment.editing.session import Edit, EditSession, ReloadResult, parse_file
from pixel_tui.environment.editing.workspace import (
    EnvironmentSource,
    EnvironmentWorkspace,
    LoadedFile,
    SavedDraft,
)
from pixel_tui.errors import ConsoleError
from pixel_tui.terminal.keys import hold_keys
from pixel_tui.text import SafeText, plain
from screens.environment.draft import offer_draft
from screens.environment.external_editor import ExternalEditor
from screens.environment.file_status import with_edits
from screens.environment.files import OtherFiles
from screens.environment.key_edits import KeyEdits
from screens.environment.merge import merge_with_file
from screens.environment.save import ShowPlan, show_save_dialog
from screens.environment.screen import EnvironmentScreen
from widgets.bound_key import bound_key
from widgets.lines.fitted_line import LinePart
from widgets.tables.environment_table import EnvironmentTable

Then = Callable[[], None]
EDITS: Final = frozenset({"edit", "add", "remove", "switch", "fix", "undo", "fill", "outside"})
"""The actions that need a file that can be saved."""


class EnvironmentEditor(EnvironmentScreen, inherit_bindings=False):
    """The environment screen with all edits.

    Args:
        source: Reads the file.
        workspace: Saves drafts, asks compose, and stages candidates.
        show_plan: Shows the plan of a save.
        other_files: All environment files; None if there is only one.
        resumes: Whether to resume the edits that were kept when another file was shown.
        outdated: Returns the files that are newer than the containers of a service.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "edit", "Edit", id="environment.edit"),
        Binding("a", "add", "Add", id="environment.add", tooltip="Add a key"),
        Binding("s,ctrl+s", "save", "Save", id="environment.save",
                tooltip="Show the changes and what must be recreated, then ask"),
        Binding("d", "remove", "Remove", id="environment.remove",
                tooltip="Remove the key's line"),
        Binding("number_sign", "switch", "Off/on", key_display="#", id="environment.toggle",
                tooltip="Comment the line out, or back in"),
        Binding("m", "fix", "Fix", id="environment.fix",
                tooltip="Apply the first suggested value"),
        Binding("f", "fill", "Fill in", id="environment.fill",
                tooltip="Add keys that only the example has, one by one, required first"),
        Binding("e", "outside", "Editor", id="environment.outside",
                tooltip="Open $EDITOR on a private copy; it is checked when you return"),
        Binding("r", "merge", "Merge", id="environment.merge",
                tooltip="Merge with the changes on disk"),
        Binding("u", "undo", "Undo", id="environment.undo"),
        Binding("ctrl+r", "redo", "Redo", show=False, id="environment.redo"),
        # Keys that change nothing come last, and Close at the end.
        *EnvironmentScreen.BINDINGS,
    ]  # fmt: skip

    def __init__(
        self,
        source: EnvironmentSource,
        workspace: EnvironmentWorkspace,
        show_plan: ShowPlan,
        other_files: OtherFiles | None = None,
        *,
        resumes: bool = False,
        outdated: OutdatedSources = no_outdated_sources,
    ) -> None:
        super().__init__(source, reveals=True, other_files=other_files, outdated=outdated)
        self._resumes = resumes
        self.workspace = workspace
        self.show_plan = show_plan
        self._turn = asyncio.Lock()

    @property
    def fix_key(self) -> SafeText:
        """The key that applies a fix; empty if the file can't be saved."""
        return SafeText("") if self.read_only_reason else bound_key(self, "environment.fix", "m")

    # Reading.

    async def show_loaded(self, loaded: LoadedFile) -> None:
        """Show the file as it was read; edits are kept."""
        async with self._turn:
            file = await asyncio.to_thread(parse_file, loaded)
            if self.session is None:
                self.session = EditSession(file)
                await self._find_draft(self.session)
            else:
                await self._notify_reloaded(self.session.reload(file))
        await self._redraw()

    async def _find_draft(self, session: EditSession) -> None:
        resumes = self._resumes and self.workspace.has_draft
        draft = await asyncio.to_thread(self.workspace.saved_draft)
        if draft is None:
            return

        def resume() -> None:
            worker = self.run_worker(self._resume(session, draft), group="environment-edit")
            if resumes:
                hold_keys(worker)

        def discard() -> None:
            # A worker of the app: closing the editor would cancel one of its own.
            self.app.run_worker(self.workspace.discard_draft, thread=True, group="draft")

        if resumes:
            resume()
        else:
            offer_draft(self, draft, resume, discard)

    async def _resume(self, session: EditSession, draft: SavedDraft) -> None:
        """Continue with the edits of an earlier session."""
        async with self._turn:
            base = await asyncio.to_thread(DotenvDocument.parse, draft.base)
            edited = await asyncio.to_thread(DotenvDocument.parse, draft.data)
            if not session.resume(base, edited):
                await asyncio.to_thread(self.workspace.discard_draft)
                return
        await self._redraw()
        if session.changed_elsewhere:
            self._notify_outdated()

    async def _notify_reloaded(self, reloaded: ReloadResult) -> None:
        match reloaded:
            case ReloadResult.SAME:
                pass
            case ReloadResult.OTHER:
                self.notify("The file has changed on disk.", timeout=4, markup=False)
            case ReloadResult.SAVED:
                await asyncio.to_thread(self.workspace.discard_draft)
                self.notify("No unsaved changes.", timeout=4, markup=False)
            case ReloadResult.CONFLICT:
                self._notify_outdated()

    def _notify_outdated(self) -> None:
        words = f"The file has changed on disk: press {self._merge_key} to merge first."
        self.notify(words, severity="warning", timeout=8, markup=False)

    async def _show_merged(self, theirs: DotenvDocument, merged: DotenvDocument) -> None:
        """Continue with the merge of the edits and the file."""
        async with self._turn:
            if self.session is None:
                return
            if not self.session.take_merged(theirs, merged):
                self.notify("The file has changed again: merge again.", severity="warning")
                return
        words = f"Merged. {self._save_key} shows what a save would change."
        self.notify(words, timeout=4, markup=False)
        await self._redraw()
        await self._save_draft()

    # Edits.

    def change(
        self, make: Edit, message: str = "", *, cursor: str = "", then: Then | None = None
    ) -> None:
        """Edit the document in a thread; keys pressed meanwhile are meant for the result.

        Args:
            make: Returns the edited document; runs in a thread. A `ConsoleError` is shown.
            message: Shown afterwards.
            cursor: The key to select afterwards; empty to keep the cursor.
            then: Called afterwards.
        """
        change = self._change(make, message, cursor, then)
        hold_keys(self.run_worker(change, group="environment-edit"))

    async def _change(self, make: Edit, message: str, cursor: str, then: Then | None) -> None:
        if (session := self.session) is None:
            return
        async with self._turn:
            try:
                document = await asyncio.to_thread(make, session.document)
            except ConsoleError as error:
                self.notify(str(error), severity="warning", timeout=8, markup=False)
                return
            if not session.take(document):
                return
        if message:
            self.notify(plain(message), timeout=3, markup=False)
        await self._redraw()
        if cursor:
            self.table.cursor_key = cursor
        if then is not None:
            then()
        await self._save_draft()

    async def _redraw(self) -> None:
        if self.session is not None:
            await self.draw(self.session)
        self.refresh_bindings()

    async def _save_draft(self) -> bool:
        """Save the edits as a draft, which survives a lost connection; False if that fails."""
        if (session := self.session) is None:
            return True
        async with self._turn:
            try:
                if session.unsaved:
                    base, edited = session.base.data, session.document.data
                    await asyncio.to_thread(self.workspace.save_draft, base, edited)
                else:
                    await asyncio.to_thread(self.workspace.discard_draft)
            except ConsoleError as error:
                message = f"The edits can't be kept as a draft: {error}"
                self.notify(message, severity="warning", timeout=8, markup=False)
                return False
        return True

    async def _after_step(self) -> None:
        await self._redraw()
        await self._save_draft()

    # Status.

    def totals(self) -> Sequence[LinePart]:
        """The counts of the file, and whether there are unsaved edits."""
        parts = super().totals()
        if self.session is None:
            return parts
        return with_edits(parts, self.session, self._save_key, self._merge_key)

    @property
    def read_only_reason(self) -> SafeText:
        """Why the file can't be saved, and what to do; empty if it can."""
        return self.session.loaded.read_only_reason if self.session is not None else SafeText("")

    # Keys.

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide the keys that have no effect now."""
        session = self.session
        if self.read_only_reason and action in EDITS:
            return None
        if action == "merge":
            return session is not None and session.changed_elsewhere
        if action == "fix":
            return (self.row is not None and fix_of(self.row) is not None) or None
        if action == "save":
            return (session is not None and session.unsaved) or None
        return super().check_action(action, parameters)

    @property
    def _key_edits(self) -> KeyEdits | None:
        return KeyEdits(self, self.session, self.change) if self.session is not None else None

    @property
    def _save_key(self) -> SafeText:
        return bound_key(self, "environment.save", "s")

    @property
    def _merge_key(self) -> SafeText:
        return bound_key(self, "environment.merge", "r")

    @property
    def _undo_key(self) -> SafeText:
        return bound_key(self, "environment.undo", "u")

    @property
    def row(self) -> KeyRow | None:
        """The key under the cursor."""
        line = self.table.current
        return line.row if line is not None else None

    @on(EnvironmentTable.Opened)
    def _clicked(self, event: EnvironmentTable.Opened) -> None:
        event.stop()
        if not self.read_only_reason:
            self.action_edit()

    def action_edit(self) -> None:
        """Edit the value under the cursor."""
        if self._key_edits is not None and self.row is not None:
            self._key_edits.edit(self.row)

    def action_add(self) -> None:
        """Add a key and its value."""
        if self._key_edits is not None:
            self._key_edits.add()

    def action_remove(self) -> None:
        """Remove the line."""
        if self._key_edits is not None and self.row is not None:
            self._key_edits.remove(self.row)

    def action_switch(self) -> None:
        """Comment the line out, or uncomment it."""
        if self._key_edits is not None and self.row is not None:
            self._key_edits.toggle_comment(self.row)

    def action_fix(self) -> None:
        """Apply the first suggested value."""
        if self._key_edits is not None and self.row is not None:
            self._key_edits.apply_fix(self.row)

    def action_undo(self) -> None:
        """Undo the last edit, also one that was saved."""
        if self.session is not None and self.session.undo():
            hold_keys(self.run_worker(self._after_step(), group="environment-edit"))
        else:
            history = bound_key(self, "environment.history", "h")
            words = f"Nothing to undo. {history} lists the saved versions."
            self.notify(words, timeout=4, markup=False)

    def action_redo(self) -> None:
        """Redo the last edit that was undone."""
        if self.session is not None and self.session.redo():
            hold_keys(self.run_worker(self._after_step(), group="environment-edit"))
        else:
            self.notify("Nothing to redo.", timeout=4)

    def action_fill(self) -> None:
        """Fill in the missing keys of the example."""
        if self._key_edits is not None:
            self._key_edits.fill_in()

    def action_outside(self) -> None:
        """Edit the file in an external editor."""
        if self.session is not None:
            editor = ExternalEditor(self, self.workspace, self._apply_edited)
            editor.edit(self.session.document.data)

    def _apply_edited(self, document: DotenvDocument) -> None:
        self.change(lambda _now: document, f"Changed in the editor; {self._save_key} saves.")

    def action_merge(self) -> None:
        """Merge with the changed file."""
        if self.session is not None:
            merge_with_file(self, self.session, self._show_merged)

    def merge_missing(self, other: DotenvDocument) -> None:
        """Add the keys that only the other file has."""
        self.change(lambda now: merge_example(now, other), "The missing keys are added.")

    def restore(self, data: bytes | None) -> None:
        """Load a saved version into the editor."""
        if data is not None and self.session is not None and data == self.session.document.data:
            self.notify("The editor has this version already.", timeout=4)
        elif data is not None:
            message = (
                f"The version is loaded; {self._save_key} saves it, {self._undo_key} undoes it."
            )
            self.change(lambda _now: DotenvDocument.parse(data), message)

    def action_save(self) -> None:
        """Show the impact of a save."""
        if (session := self.session) is None:
            return
        if session.changed_elsewhere:
            self._notify_outdated()
        else:
            show_save_dialog(self, session, self.workspace, self.show_plan)

    def switch(self, other: EnvironmentScreen) -> None:
        """Show another file; unsaved edits are kept for this one."""
        hold_keys(self.run_worker(self._switch(other), group="environment-edit"))

    async def _switch(self, other: EnvironmentScreen) -> None:
        if self.session is not None and self.session.unsaved:
            if not await self._save_draft():
                return
            message = f"The edits of {self.source.path.name} are restored, and not saved yet."
            self.app.notify(plain(message), severity="warning", timeout=6, markup=False)
        super().switch(other)

    def close_screen(self) -> None:
        """Close; unsaved edits are kept."""
        if self.session is not None and self.session.unsaved:
            open_key = bound_key(self, "environment", "E")
            message = f"Unsaved edits are kept: {open_key} offers them again."
            self.app.notify(message, severity="warning", timeout=8, markup=False)
        self.dismiss()
