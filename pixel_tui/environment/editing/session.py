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
from pixel_tui.environment.editing.typed_value import TypedValue, ValueForm, value_form
from pixel_tui.environment.editing.value_preview import ValuePreviewer, with_typed_value
from pixel_tui.environment.editing.workspace import LoadedFile
from pixel_tui.errors import ConsoleError, UsageError
from pixel_tui.text import SafeText

MAX_UNDO: Final = 500
"""How many edits can be undone."""
NO_WORDS: Final = SafeText("")

Edit = Callable[[DotenvDocument], DotenvDocument]
"""Makes the edited document; raises a `ConsoleError` if the file can't have it."""


class ReloadResult(Enum):
    """The effect on the edits of reading the file again."""

    SAME = auto()
    """The file is unchanged."""
    OTHER = auto()
    """The file was changed, and there were no edits: the session has the new content."""
    SAVED = auto()
    """The file has the edits: nothing is unsaved."""
    CONFLICT = auto()
    """Another program changed the file: it must be merged before a save."""


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """A loaded file with its parsed documents."""

    loaded: LoadedFile
    document: DotenvDocument
    example: DotenvDocument
    """The example next to it; empty if there is none."""


def parse_file(loaded: LoadedFile) -> ParsedFile:
    """Parse a loaded file; slow if it is large."""
    document = DotenvDocument.parse(loaded.data or b"")
    return ParsedFile(loaded, document, DotenvDocument.parse(loaded.example or b""))


@dataclass(frozen=True, slots=True)
class PendingMerge:
    """The three documents of a merge, at the time of the request."""

    base: DotenvDocument
    mine: DotenvDocument
    theirs: DotenvDocument

    def run(self) -> MergeResult:
        """Merge them; slow if the documents are large."""
        return merge(self.base, self.mine, self.theirs)


@dataclass(frozen=True, slots=True)
class FillInStep:
    """One key that still needs a value."""

    row: KeyRow
    position: int
    """From 1."""
    total: int

    @property
    def words(self) -> SafeText:
        """Its progress: `required, 3 of 12`."""
        need = "required" if self.row.required else "optional"
        return SafeText(f"{need}, {self.position} of {self.total}")


class EditSession:
    """The edited document, the content it was made from, and the current content of the file.

    Not thread-safe: slow work is done elsewhere on its immutable documents, and the result is
    passed back.

    Args:
        file: The file as it was read first.
    """

    def __init__(self, file: ParsedFile) -> None:
        self._file = file
        self._base = file.document
        self._steps = [file.document]
        self._position = 0
        self._overview: Overview | None = None
        self._secrets: frozenset[str] = frozenset()

    def __repr__(self) -> str:
        """Describe it without any content."""
        return f"EditSession(step {self._position} of {len(self._steps) - 1})"

    @property
    def loaded(self) -> LoadedFile:
        """The file as it was last read."""
        return self._file.loaded

    @property
    def overview(self) -> Overview | None:
        """The result of the checks; None until they have run."""
        return self._overview

    @overview.setter
    def overview(self, overview: Overview) -> None:
        self._overview = overview
        entries = (row.entry for row in overview.rows if row.secret)
        self._secrets = frozenset(entry.key for entry in entries if entry is not None)

    @property
    def example(self) -> DotenvDocument:
        """The example next to the file; empty if there is none."""
        return self._file.example

    @property
    def base(self) -> DotenvDocument:
        """The content that the edits were made from."""
        return self._base

    @property
    def document(self) -> DotenvDocument:
        """The content as it would be saved."""
        return self._steps[self._position]

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
        """Whether another program changed the file since `base`: it must be merged first."""
        return self._file.document.data != self._base.data

    # Reading.

    def reload(self, file: ParsedFile) -> ReloadResult:
        """Accept the file as it was read again; no edit is lost."""
        unsaved, self._file = self.unsaved, file
        if not self.changed_elsewhere:
            return ReloadResult.SAME
        if unsaved and file.document.data != self.document.data:
            return ReloadResult.CONFLICT
        if unsaved:
            self._base = file.document  # keep the steps: a saved edit can still be undone
            return ReloadResult.SAVED
        self._rebase(file.document)
        return ReloadResult.OTHER

    def resume(self, base: DotenvDocument, edited: DotenvDocument) -> bool:
        """Continue with the edits of a draft.

        Args:
            base: The content that they were made from; if the file differs from it, they are
                merged before they are saved.
            edited: The edited content.

        Returns:
            False if the file already has them: the draft is no longer needed.
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
        self._position = len(self._steps) - 1

    # Edits.

    @property
    def can_undo(self) -> bool:
        """Whether there is an edit to undo."""
        return self._position > 0

    @property
    def can_redo(self) -> bool:
        """Whether an edit was undone."""
        return self._position < len(self._steps) - 1

    def take(self, document: DotenvDocument) -> bool:
        """Continue with an edited document; returns False if nothing is changed in it."""
        if document.data == self.document.data:
            return False
        del self._steps[self._position + 1 :]
        self._steps.append(document)
        del self._steps[: -MAX_UNDO - 1]
        self._position = len(self._steps) - 1
        return True

    def undo(self) -> bool:
        """Undo the last edit; returns False if there is none."""
        if not self.can_undo:
            return False
        self._position -= 1
        return True

    def redo(self) -> bool:
        """Redo the edit that was undone last; returns False if there is none."""
        if not self.can_redo:
            return False
        self._position += 1
        return True

    # Merging with what another program has written.

    @property
    def pending_merge(self) -> PendingMerge | None:
        """The merge that is needed before a save; None if none is."""
        if not self.changed_elsewhere:
            return None
        return PendingMerge(self._base, self.document, self._file.document)

    def take_merged(self, theirs: DotenvDocument, merged: DotenvDocument) -> bool:
        """Continue with the merged document.

        Args:
            theirs: The content that was merged with.
            merged: The result.

        Returns:
            False if the file was changed again meanwhile: it must be merged again.
        """
        if theirs.data != self._file.document.data:
            return False
        self._rebase(theirs, merged)
        return True

    # Keys and their values.

    def is_secret(self, entry: DotenvEntry) -> bool:
        """Whether a value of this file, or of one that it is compared with, is secret.

        Until the checks have run, every value is.
        """
        if self._overview is None or entry.key in self._secrets:
            return True
        return is_secret_entry(entry, entry.written, load_catalogue())

    def value_form(self, row: KeyRow, progress: SafeText = NO_WORDS) -> ValueForm:
        """Return the initial content of the dialog for a value."""
        return value_form(row, self.example, progress)

    def value_previewer(self, key: str) -> ValuePreviewer:
        """Return the previewer for values of a key."""
        return ValuePreviewer(self.document, key, self.example, self.loaded.examine_key)

    def typed(self, key: str, value: TypedValue) -> Edit | None:
        """Return the edit that sets a key to a typed value; None if the key was skipped."""
        text, example = value.text, self.example
        if text is None:
            return None
        return lambda document: with_typed_value(document, key, text, value.kind, example)

    def check_new_key(self, key: str) -> bool:
        """Check a key to add; returns whether the example has it.

        Raises:
            UsageError: The file has it already, or can't have it.
        """
        if self.document.entry(key) is not None:
            raise UsageError("It already exists", hint="Edit its line instead.")
        try:
            self.document.with_added(key, "")
        except ConsoleError as error:
            raise UsageError(error.what.removesuffix("."), hint=error.hint) from error
        return self.example.entry(key) is not None

    def new_row(self, key: str) -> KeyRow | None:
        """Return the row of a key to add; None if the checks skip it.

        Raises:
            ConsoleError: The file can't have it.
        """
        return self.loaded.examine_key(self.document.with_added(key, ""), key)

    # Step by step.

    @property
    def example_to_copy(self) -> DotenvDocument | None:
        """The example to copy to an empty file; None if it is not empty, or has no example."""
        example = self.example
        return example if example.data and not self.document.data else None

    def fill_in(self) -> tuple[FillInStep, ...]:
        """Return the keys that are missing or placeholders, required ones first."""
        rows = [row for row in (self.overview.rows if self.overview else ()) if _needs_value(row)]
        rows.sort(key=lambda row: not row.required)
        return tuple(FillInStep(row, at, len(rows)) for at, row in enumerate(rows, start=1))


def _needs_value(row: KeyRow) -> bool:
    if row.state in {KeyState.MISSING, KeyState.PLACEHOLDER}:
        return True
    return row.state is KeyState.EMPTY and row.required
