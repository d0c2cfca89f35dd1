"""The edits of one environment file, from its first read to its save. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from pixel_tui.environment.checks.catalogue import load_catalogue
from pixel_tui.environment.checks.checked_file import is_secret_entry
from pixel_tui.environment.checks.overview import KeyRow, KeyState, Overview
from pixel_tui.environment.dotenv.document import DotenvDocument, DotenvEntry
from pixel_tui.environment.dotenv.merge import MergeResult, merge
from pixel_tui.environment.editing.judging import Judge, with_text
from pixel_tui.environment.editing.typed_value import TypedValue, ValueForm, value_form
from pixel_tui.environment.editing.workspace import LoadedFile
from pixel_tui.errors import ConsoleError, UsageError
from pixel_tui.text import SafeText

MOST_STEPS: Final = 500
"""Edits that can be undone."""
NO_WORDS: Final = SafeText("")

Edit = Callable[[DotenvDocument], DotenvDocument]
"""Makes the edited document; raises a `ConsoleError` if the file can't have it."""


class Reloaded(Enum):
    """What it means for the edits that the file was read again."""

    SAME = auto()
    """The file is what they were made from."""
    OTHER = auto()
    """The file has changed, and there were no edits: the session shows the new content."""
    SAVED = auto()
    """The file is what the edits made of it: nothing is unsaved any more."""
    CONFLICT = auto()
    """Another program changed the file: a merge has to come before a save."""


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """A file as it was read, and the documents in it."""

    loaded: LoadedFile
    document: DotenvDocument
    example: DotenvDocument
    """The example beside it; empty if there is none."""


def parse_file(loaded: LoadedFile) -> ParsedFile:
    """Parse what was read; takes long if it is large."""
    document = DotenvDocument.parse(loaded.data or b"")
    return ParsedFile(loaded, document, DotenvDocument.parse(loaded.example or b""))


@dataclass(frozen=True, slots=True)
class PendingMerge:
    """The three documents of a merge, as they were when it was asked for."""

    base: DotenvDocument
    mine: DotenvDocument
    theirs: DotenvDocument

    def run(self) -> MergeResult:
        """Merge them; takes long if the documents are large."""
        return merge(self.base, self.mine, self.theirs)


@dataclass(frozen=True, slots=True)
class FillInStep:
    """One key that has no value of its own yet."""

    row: KeyRow
    position: int
    """From 1."""
    total: int

    @property
    def words(self) -> SafeText:
        """Whether it is required, and how far the filling in is: `required, 3 of 12`."""
        need = "required" if self.row.required else "optional"
        return SafeText(f"{need}, {self.position} of {self.total}")


class EditSession:
    """The document that is edited, what it was made from, and what the file holds meanwhile.

    It is not thread-safe: slow work is done elsewhere on the documents that it hands out, and
    its result is brought back.

    Args:
        file: The file as it was read first.
    """

    def __init__(self, file: ParsedFile) -> None:
        self._file = file
        self._base = file.document
        self._steps = [file.document]
        self._at = 0
        self._overview: Overview | None = None
        self._secrets: frozenset[str] = frozenset()

    def __repr__(self) -> str:
        """Say nothing of what is in it."""
        return f"EditSession(step {self._at} of {len(self._steps) - 1})"

    @property
    def loaded(self) -> LoadedFile:
        """The file as it was read last."""
        return self._file.loaded

    @property
    def overview(self) -> Overview | None:
        """What the checks found in the document; None until they have run."""
        return self._overview

    @overview.setter
    def overview(self, overview: Overview) -> None:
        self._overview = overview
        entries = (row.entry for row in overview.rows if row.secret)
        self._secrets = frozenset(entry.key for entry in entries if entry is not None)

    @property
    def example(self) -> DotenvDocument:
        """The example beside the file; empty if there is none."""
        return self._file.example

    @property
    def base(self) -> DotenvDocument:
        """The content that the edits were made from."""
        return self._base

    @property
    def document(self) -> DotenvDocument:
        """The content as it would be saved."""
        return self._steps[self._at]

    @property
    def replaces(self) -> bytes | None:
        """The content that a save replaces; None if there is no file."""
        return self._base.data if self.loaded.data is not None else None

    @property
    def unsaved(self) -> bool:
        """Whether there is anything to save."""
        return self.document.data != self._base.data

    @property
    def changed_elsewhere(self) -> bool:
        """Whether another program has written what the edits do not know: it is merged first."""
        return self._file.document.data != self._base.data

    # Reading.

    def reload(self, file: ParsedFile) -> Reloaded:
        """Take the file as it was read again; no edit is lost to it."""
        unsaved, self._file = self.unsaved, file
        if not self.changed_elsewhere:
            return Reloaded.SAME
        if unsaved and file.document.data != self.document.data:
            return Reloaded.CONFLICT
        if unsaved:
            self._base = file.document  # the steps stay: a saved edit can still be undone
            return Reloaded.SAVED
        self._rebase(file.document)
        return Reloaded.OTHER

    def resume(self, base: DotenvDocument, edited: DotenvDocument) -> bool:
        """Continue with the edits of a draft.

        Args:
            base: What they were made from; if it is not what the file holds, they are merged
                before they are saved.
            edited: What they made of it.

        Returns:
            False if the file holds them already: the draft is no longer needed.
        """
        now = self._file.document.data
        if base.data != now and edited.data == now:
            return False
        self._rebase(base, edited)
        return True

    def _rebase(self, base: DotenvDocument, edited: DotenvDocument | None = None) -> None:
        self._base = base
        same = edited is None or edited.data == base.data
        self._steps = [base] if edited is None or same else [base, edited]
        self._at = len(self._steps) - 1

    # Edits.

    @property
    def can_undo(self) -> bool:
        """Whether there is an edit to undo."""
        return self._at > 0

    @property
    def can_redo(self) -> bool:
        """Whether an edit was undone."""
        return self._at < len(self._steps) - 1

    def take(self, document: DotenvDocument) -> bool:
        """Continue with an edited document; returns False if nothing is changed in it."""
        if document.data == self.document.data:
            return False
        del self._steps[self._at + 1 :]
        self._steps.append(document)
        del self._steps[: -MOST_STEPS - 1]
        self._at = len(self._steps) - 1
        return True

    def undo(self) -> bool:
        """Undo the last edit; returns False if there is none."""
        if not self.can_undo:
            return False
        self._at -= 1
        return True

    def redo(self) -> bool:
        """Redo the edit that was undone last; returns False if there is none."""
        if not self.can_redo:
            return False
        self._at += 1
        return True

    # Merging with what another program has written.

    @property
    def pending_merge(self) -> PendingMerge | None:
        """The merge that has to come before a save; None if none has."""
        if not self.changed_elsewhere:
            return None
        return PendingMerge(self._base, self.document, self._file.document)

    def take_merged(self, theirs: DotenvDocument, merged: DotenvDocument) -> bool:
        """Continue with the merged document.

        Args:
            theirs: The content that was merged with.
            merged: What came of it.

        Returns:
            False if the file has changed once more meanwhile: it has to be merged again.
        """
        if theirs.data != self._file.document.data:
            return False
        self._rebase(theirs, merged)
        return True

    # Keys and their values.

    def is_secret(self, entry: DotenvEntry) -> bool:
        """Whether a value is secret, of this file or of another one that it is compared with.

        Until the checks have run, every value is.
        """
        if self._overview is None or entry.key in self._secrets:
            return True
        return is_secret_entry(entry, entry.written, load_catalogue())

    def value_form(self, row: KeyRow, progress: SafeText = NO_WORDS) -> ValueForm:
        """What a dialog that asks for the value of a key starts with."""
        return value_form(row, self.example, progress)

    def judge(self, key: str) -> Judge:
        """What judges the value of a key while it is typed."""
        return Judge(self.document, key, self.example, self.loaded.look)

    def typed(self, key: str, value: TypedValue) -> Edit | None:
        """The edit that gives a key what was typed; None if the key was passed over."""
        text, example = value.text, self.example
        if text is None:
            return None
        return lambda document: with_text(document, key, text, value.way, example)

    def check_new_key(self, key: str) -> bool:
        """Whether the example has a key that is to be added.

        Raises:
            UsageError: The file has it already, or can't have it.
        """
        if self.document.entry(key) is not None:
            raise UsageError("It already exists", hint="Edit it: Enter on its line.")
        try:
            self.document.with_added(key, "")
        except ConsoleError as error:
            raise UsageError(error.what.removesuffix("."), hint=error.hint) from error
        return self.example.entry(key) is not None

    def new_row(self, key: str) -> KeyRow | None:
        """What is known of a key that is to be added; None if the checks skip it.

        Raises:
            ConsoleError: The file can't have it.
        """
        return self.loaded.look(self.document.with_added(key, ""), key)

    # Step by step.

    @property
    def example_to_copy(self) -> DotenvDocument | None:
        """The example that an empty file starts from; None if it is not empty, or has none."""
        example = self.example
        return example if example.data and not self.document.data else None

    def fill_in(self) -> tuple[FillInStep, ...]:
        """The keys that are missing or as the example has them, required ones first."""
        rows = [row for row in (self.overview.rows if self.overview else ()) if _is_to_fill(row)]
        rows.sort(key=lambda row: not row.required)
        return tuple(FillInStep(row, at, len(rows)) for at, row in enumerate(rows, start=1))


def _is_to_fill(row: KeyRow) -> bool:
    if row.state in {KeyState.MISSING, KeyState.PLACEHOLDER}:
        return True
    return row.state is KeyState.EMPTY and row.required
