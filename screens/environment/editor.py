"""Editing the environment file: nothing is written before its consequence was shown.

Each edit is a step of `Editing` with a way back, and is kept as a draft, so that a lost
connection loses nothing. What is saved goes through the same door as every other change.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import ClassVar, Final

from textual import on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.css.query import NoMatches

from pixel_tui.environment.checks.deliveries import MadeAt, nothing_made
from pixel_tui.environment.checks.overview import KeyRow
from pixel_tui.environment.dotenv.document import Document
from pixel_tui.environment.dotenv.from_example import merge_example
from pixel_tui.environment.editing.edits import Editing, entry_now, mend_of, written
from pixel_tui.environment.editing.workspace import (
    EnvironmentSource,
    EnvironmentWorkspace,
    LoadedFile,
    SavedDraft,
)
from pixel_tui.errors import ConsoleError
from pixel_tui.terminal.keys import hold_keys
from pixel_tui.text import plain
from screens.environment.dialogs import EnvironmentDialogs
from screens.environment.screen import EnvironmentScreen, Several
from widgets.lines.fitted_line import Part
from widgets.tables.environment_table import EnvironmentTable

Make = Callable[[Document], Document]
Then = Callable[[], None]
AskPlan = Callable[[str, str], None]
"""Shows the plan of an action for a candidate that was laid down."""
OURS_IS_OLD: Final = "The file was changed by another meanwhile: r merges both first."


class EnvironmentEditor(EnvironmentScreen, inherit_bindings=False):
    """The environment, with everything that changes it.

    Args:
        source: Reads the file.
        workspace: Keeps drafts, asks compose, lays candidates down.
        ask: Shows the plan of a save.
        several: The files that another one can be picked from; None where there is one.
        resumes: Go on with the edits that this console left when it showed another file.
        made: When the containers of a service were made.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "edit", "Edit", id="environment.edit"),
        Binding("a", "add", "Add", id="environment.add", tooltip="Another key"),
        Binding("s,ctrl+s", "save", "Save", id="environment.save",
                tooltip="Shows what changes and what has to be recreated, and asks"),
        Binding("d", "remove", "Remove", id="environment.remove",
                tooltip="Take the key's line out"),
        Binding("number_sign", "switch", "Off/on", key_display="#", id="environment.toggle",
                tooltip="Comment the line out, or have it count again"),
        Binding("m", "mend", "Mend", id="environment.mend",
                tooltip="Write what the first finding offers"),
        Binding("u", "undo", "Undo", id="environment.undo"),
        Binding("ctrl+r", "redo", "Redo", show=False, id="environment.redo"),
        Binding("f", "fill", "Fill in", id="environment.fill",
                tooltip="What the example has and the file has not, step by step, required first"),
        Binding("e", "outside", "Editor", id="environment.outside",
                tooltip="Open $EDITOR on a private copy; it is checked when you return"),
        Binding("r", "merge", "Merge", id="environment.merge",
                tooltip="With what another has written meanwhile"),
        # Those that only look come behind, the way out last.
        *EnvironmentScreen.BINDINGS,
    ]  # fmt: skip

    def __init__(
        self,
        source: EnvironmentSource,
        workspace: EnvironmentWorkspace,
        ask: AskPlan,
        several: Several | None = None,
        *,
        resumes: bool = False,
        made: MadeAt = nothing_made,
    ) -> None:
        super().__init__(source, reveals=True, several=several, made=made)
        self._resumes = resumes
        self.workspace = workspace
        self.ask = ask
        self.editing: Editing | None = None
        self.theirs: LoadedFile | None = None
        """What another has written while this was edited."""
        self._turn = asyncio.Lock()
        self._dialogs = EnvironmentDialogs(self)

    @property
    def document(self) -> Document | None:
        """The file as it would be saved."""
        return self.editing.now if self.editing is not None else None

    @property
    def mends(self) -> bool:
        """Here a key takes a mend."""
        return True

    # What was read.

    async def take(self, opened: LoadedFile) -> None:
        """Take what was read; what is edited is never lost to it."""
        async with self._turn:
            await self._take(opened)
        await self._redraw()

    async def _take(self, opened: LoadedFile) -> None:
        data = opened.data or b""
        editing = self.editing
        if editing is None:
            document = await asyncio.to_thread(Document.parse, data)
            self.editing = Editing(document)
            self.opened = opened
            resumes = self._resumes and self.workspace.has_draft
            draft = await asyncio.to_thread(self.workspace.saved_draft)
            if draft is not None and resumes:
                hold_keys(self.run_worker(self.go_on_with(draft), group="environment-edit"))
            elif draft is not None:
                self._dialogs.offer_draft(draft)
            return
        if data == editing.base.data:
            self.opened, self.theirs = opened, None
        elif data == editing.now.data or not editing.changed:
            was_edited = editing.changed
            document = await asyncio.to_thread(Document.parse, data)
            editing.rebase(document)
            self.opened, self.theirs = opened, None
            if was_edited:
                await asyncio.to_thread(self.workspace.discard_draft)
            said = "The file is saved as it is shown." if was_edited else "The file has changed."
            self.notify(said, timeout=4, markup=False)
        else:
            # The stamp is the new one, so that this is told once; the base stays the old one.
            self.opened, self.theirs = opened, opened
            self.notify(OURS_IS_OLD, severity="warning", timeout=8)

    async def go_on_with(self, draft: SavedDraft) -> None:
        """Take up the edits of an earlier session."""
        async with self._turn:
            editing, opened = self.editing, self.opened
            if editing is None or opened is None:
                return
            base = await asyncio.to_thread(Document.parse, draft.base)
            now = await asyncio.to_thread(Document.parse, draft.data)
            moved = draft.base != (opened.data or b"")
            if moved and draft.data == (opened.data or b""):
                await asyncio.to_thread(self.workspace.discard_draft)
                return
            editing.rebase(base, now)
            self.theirs = opened if moved else None
        await self._redraw()
        if self.theirs is not None:
            self.notify(OURS_IS_OLD, severity="warning", timeout=8)

    async def merged(self, theirs: Document, document: Document) -> None:
        """Go on with the edits as they are merged with what another has written."""
        async with self._turn:
            if self.editing is None:
                return
            if self.opened is not None and theirs.data != (self.opened.data or b""):
                self.notify("It has changed once more: merge again.", severity="warning")
                return
            self.editing.rebase(theirs, document)
            self.theirs = None
        self.notify("Merged. s shows what a save would change.", timeout=4)
        await self._redraw()
        await self._keep()

    # Edits.

    def change(
        self, make: Make, said: str = "", *, cursor: str = "", then: Then | None = None
    ) -> None:
        """Make another document of the one of now; the keys typed meanwhile are meant for it.

        Args:
            make: Makes it, in a thread; a `ConsoleError` is told.
            said: What is told when it is made.
            cursor: On which key the cursor stands then; empty for where it stands.
            then: Called when it is shown.
        """
        change = self._change(make, said, cursor, then)
        hold_keys(self.run_worker(change, group="environment-edit"))

    async def _change(self, make: Make, said: str, cursor: str, then: Then | None) -> None:
        editing = self.editing
        if editing is None:
            return
        async with self._turn:
            try:
                document = await asyncio.to_thread(make, editing.now)
            except ConsoleError as error:
                self.notify(str(error), severity="warning", timeout=8, markup=False)
                return
            if not editing.take(document):
                return
        if said:
            self.notify(plain(said), timeout=3, markup=False)
        await self._redraw()
        if cursor:
            self.table.cursor_key = cursor
        if then is not None:
            then()
        await self._keep()

    async def _redraw(self) -> None:
        document = self.document
        if document is not None:
            await self.draw(lambda _data: document, document.data)
        with suppress(NoMatches):  # being closed
            self.refresh_bindings()

    async def _keep(self) -> bool:
        """Keep the edits where a lost connection can't take them; whether that is done."""
        editing = self.editing
        if editing is None:
            return True
        async with self._turn:
            try:
                if editing.changed:
                    await asyncio.to_thread(
                        self.workspace.save_draft, editing.base.data, editing.now.data
                    )
                else:
                    await asyncio.to_thread(self.workspace.discard_draft)
            except ConsoleError as error:
                said = f"The edits can't be kept for later: {error}"
                self.notify(said, severity="warning", timeout=8, markup=False)
                return False
        return True

    def _step(self, *, back: bool) -> None:
        editing = self.editing
        if editing is not None and (editing.undo() if back else editing.redo()):
            hold_keys(self.run_worker(self._stepped(), group="environment-edit"))

    async def _stepped(self) -> None:
        await self._redraw()
        await self._keep()

    # How it stands.

    def totals(self) -> Sequence[Part]:
        """How the file stands, and what is not saved."""
        first, *others = super().totals()
        parts = [replace(first, gap="   "), *others]
        if self.editing is not None and self.editing.changed:
            parts.append(_part("not saved: s saves", "$text-warning bold"))
        if self.theirs is not None:
            parts.insert(0, _part("✗ changed by another: r merges", "$text-error bold"))
        if self.opened is not None and self.opened.obstacle:
            parts.append(_part(self.opened.obstacle, "$text-warning"))
        return parts

    # What the keys do.

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what makes sense now has a key."""
        editing = self.editing
        if action in {"undo", "redo"}:
            possible = editing is not None and (
                editing.can_undo if action == "undo" else editing.can_redo
            )
            return possible or None
        if action == "merge":
            return self.theirs is not None
        if action == "save":
            return (editing is not None and editing.changed) or None
        return super().check_action(action, parameters)

    @property
    def row(self) -> KeyRow | None:
        """The key under the cursor."""
        line = self.table.current
        return line.row if line is not None else None

    @on(EnvironmentTable.Opened)
    def _clicked(self, event: EnvironmentTable.Opened) -> None:
        event.stop()
        self.action_edit()

    def action_edit(self) -> None:
        """Type another value."""
        if self.row is not None:
            self._dialogs.edit(self.row)

    def action_add(self) -> None:
        """Ask for a key, then for its value."""
        self._dialogs.add()

    def action_remove(self) -> None:
        """Take the line out."""
        row = self.row
        if row is not None and row.entry is not None:
            said = f"{row.key} is taken out; u brings it back."
            self.change(lambda now: now.without(entry_now(now, row)), said)

    def action_switch(self) -> None:
        """Comment the line out, or have it count again."""
        row = self.row
        if row is None or row.entry is None:
            return
        if row.entry.commented:
            self.change(lambda now: now.restored(entry_now(now, row)), f"{row.key} counts again.")
        else:
            said = f"{row.key} is commented out."
            self.change(lambda now: now.commented_out(entry_now(now, row)), said)

    def action_mend(self) -> None:
        """Write what the first finding offers."""
        row = self.row
        mend = mend_of(row) if row is not None else None
        if row is None or mend is None:
            self.notify("No finding of this key offers a value.", timeout=3)
            return
        self.change(lambda now: written(now, row, mend), f"{row.key} is mended.")

    def action_undo(self) -> None:
        """Take the last edit back."""
        self._step(back=True)

    def action_redo(self) -> None:
        """Make the edit again that was taken back."""
        self._step(back=False)

    def action_fill(self) -> None:
        """Ask for what the example has and the file has not."""
        self._dialogs.fill()

    def action_outside(self) -> None:
        """Edit the whole file in the user's own editor."""
        self._dialogs.outside()

    def action_merge(self) -> None:
        """Merge with what another has written."""
        self._dialogs.merge()

    def merge_missing(self, other: Document) -> None:
        """Take over what another file has more."""
        self.change(lambda now: merge_example(now, other), "The missing keys are taken over.")

    def took_back(self, data: bytes | None) -> None:
        """Put a saved version into the editor."""
        if data is not None:
            said = "The version is in the editor; s saves it, u goes back."
            self.change(lambda _now: Document.parse(data), said)

    def action_save(self) -> None:
        """Show what a save would mean."""
        if self.theirs is not None:
            self.notify(OURS_IS_OLD, severity="warning", timeout=8)
        else:
            self._dialogs.save()

    def switch(self, other: EnvironmentScreen) -> None:
        """Show another file; what is not saved is kept, and shown again with this one."""
        hold_keys(self.run_worker(self._switch(other), group="environment-edit"))

    async def _switch(self, other: EnvironmentScreen) -> None:
        editing = self.editing
        if editing is not None and editing.changed:
            if not await self._keep():
                return
            said = f"The edits of {self.source.path.name} are kept, and not saved yet."
            self.app.notify(plain(said), severity="warning", timeout=6, markup=False)
        super().switch(other)

    def leave(self) -> None:
        """Close; what is not saved is kept."""
        if self.editing is not None and self.editing.changed:
            said = "What is not saved is kept: E offers it again."
            self.app.notify(said, severity="warning", timeout=8, markup=False)
        self.dismiss()


def _part(words: str, style: str) -> Part:
    return Part(Content.styled(words, style), gap="   ")
