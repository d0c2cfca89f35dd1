"""What changes the environment file of a real project: drafts, candidates, the user's editor.

A read-only console imports none of it.
"""

import os
import shlex
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from pixel_tui.clock import Clock
from pixel_tui.environment.apply.impact import Impact
from pixel_tui.environment.apply.impact_reading import ImpactReader
from pixel_tui.environment.editing.workspace import SavedDraft
from pixel_tui.environment.storage.drafts import StoredDraft, StoredDrafts
from pixel_tui.environment.storage.edited_copies import (
    EDITED,
    edited_folder,
    forget_candidates_in_memory,
    forget_edited_copies,
)
from pixel_tui.environment.storage.staging import Staging, digest
from pixel_tui.errors import OperationError
from pixel_tui.stack.model.words import exit_words
from pixel_tui.terminal.foreground import run_in_foreground

EDITORS: Final = ("VISUAL", "EDITOR")
FALLBACK: Final = ("nano", "vim", "vi")


class LiveWorkspace:
    """An `EnvironmentWorkspace` on a real project.

    Args:
        drafts: Keeps unfinished edits.
        sweep: Removes what writers have left that were killed.
        impact: Asks compose about candidates.
        staging: Lays candidates down for plans.
        environment: The variables of this process.
        clock: The time.
    """

    def __init__(
        self,
        drafts: StoredDrafts,
        sweep: Callable[[], None],
        impact: ImpactReader,
        staging: Staging,
        environment: Mapping[str, str],
        clock: Clock,
    ) -> None:
        self._drafts = drafts
        self._sweep = sweep
        self._impact = impact
        self._staging = staging
        self._environment = environment
        self._clock = clock
        self._own: SavedDraft | None = None
        """The edits that this console has left."""
        self._draft: StoredDraft | None = None
        """Those of another one that were offered."""

    def saved_draft(self) -> SavedDraft | None:
        """The edits that were never saved, of this console or of one that ended."""
        if self._own is not None:
            return self._own
        self._sweep()
        self._staging.forget_old()
        forget_edited_copies(self._environment)
        forget_candidates_in_memory()
        self._draft = next(iter(self._drafts.found()), None)
        if self._draft is None:
            return None
        return SavedDraft(self._draft.base, self._draft.data, self._draft.time)

    @property
    def has_draft(self) -> bool:
        """Whether this console has left edits that were not saved."""
        return self._own is not None

    def save_draft(self, base: bytes, data: bytes) -> None:
        """Write a draft of unsaved edits."""
        self._drafts.write(_Base(base), data)
        self._own = SavedDraft(base, data, self._clock.now())
        self._forget_found()

    def discard_draft(self) -> None:
        """Remove the draft, and the candidates that were made of it."""
        self._staging.forget_discarded()
        self._drafts.remove()
        self._own = None
        self._forget_found()

    def _forget_found(self) -> None:
        """What was found is this console's by now, or nobody's."""
        if self._draft is not None:
            self._drafts.discard(self._draft)
            self._draft = None

    def preview_impact(self, candidate: bytes) -> Impact:
        """What compose says of a candidate, and what it would change."""
        return self._impact.preview(candidate)

    def stage(self, candidate: bytes, base: bytes | None) -> str:
        """Lay a candidate down for a plan."""
        return self._staging.stage(candidate, base=digest(base))

    def edit_externally(self, data: bytes) -> bytes:
        """Open the user's editor on a private copy."""
        return edit_externally(data, self._environment)


class _Base:
    def __init__(self, data: bytes) -> None:
        self.exists = bool(data)
        self.data = data


def edit_externally(data: bytes, environment: Mapping[str, str]) -> bytes:
    """Open `$VISUAL`, `$EDITOR` or what there is on a private copy; what became of it.

    Raises:
        OperationError: There is no editor, or it failed.
    """
    words = editor_words(environment)
    prefix = f"{EDITED}{os.getpid()}-"
    with tempfile.TemporaryDirectory(prefix=prefix, dir=edited_folder(environment)) as place:
        path = Path(place) / "edited.env"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        try:
            code = run_in_foreground([*words, str(path)], environment)
        except OSError as error:
            raise OperationError(
                f"The editor can't be started: {error.strerror or error}.",
                on=words[0],
                hint="Set EDITOR to an installed program.",
            ) from error
        if code != 0:
            raise OperationError(
                f"The editor exited with {exit_words(code)}, and its changes are not used.",
                on=words[0],
            )
        return path.read_bytes()


def editor_words(environment: Mapping[str, str]) -> list[str]:
    """The command line of the user's editor, without the file."""
    for name in EDITORS:
        try:
            words = shlex.split(environment.get(name, ""))
        except ValueError:
            words = []
        if words:
            return words
    path = environment.get("PATH")
    found = next((name for name in FALLBACK if shutil.which(name, path=path)), None)
    if found is None:
        raise OperationError("No editor found.", hint="Set EDITOR to an installed program.")
    return [found]
