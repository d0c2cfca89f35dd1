"""Changes the environment file of a real project: drafts, candidates and the user's editor.

Not imported by a read-only console.
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
    COPY_PREFIX,
    copies_folder,
    remove_candidates_in_memory,
    remove_edited_copies,
)
from pixel_tui.environment.storage.staging import Staging, digest
from pixel_tui.errors import OperationError
from pixel_tui.stack.model.words import exit_words
from pixel_tui.terminal.foreground import run_in_foreground

EDITOR_VARIABLES: Final = ("VISUAL", "EDITOR")
FALLBACK_EDITORS: Final = ("nano", "vim", "vi")


class LiveWorkspace:
    """The `EnvironmentWorkspace` of a real project.

    Args:
        drafts: Stores unfinished edits.
        sweep: Removes leftovers of killed writers.
        impact: Reads the impact of candidates.
        staging: Stores candidates for plans.
        environment: The environment variables of this process.
        clock: The source of times.
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
        self._own_draft: SavedDraft | None = None
        """The unsaved edits of this console."""
        self._abandoned_draft: StoredDraft | None = None
        """The offered edits of another one, which has exited."""

    def saved_draft(self) -> SavedDraft | None:
        """Return unsaved edits of this console, or of one that has exited."""
        if self._own_draft is not None:
            return self._own_draft
        self._sweep()
        self._staging.remove_old()
        remove_edited_copies(self._environment)
        remove_candidates_in_memory()
        self._abandoned_draft = next(iter(self._drafts.abandoned()), None)
        if self._abandoned_draft is None:
            return None
        return SavedDraft(
            self._abandoned_draft.base, self._abandoned_draft.data, self._abandoned_draft.time
        )

    @property
    def has_draft(self) -> bool:
        """Whether this console has unsaved edits in a draft."""
        return self._own_draft is not None

    def save_draft(self, base: bytes, data: bytes) -> None:
        """Write a draft of unsaved edits."""
        self._drafts.write(_Base(base), data)
        self._own_draft = SavedDraft(base, data, self._clock.now())
        self._discard_abandoned_draft()

    def discard_draft(self) -> None:
        """Remove the draft and its candidates."""
        self._staging.remove_discarded()
        self._drafts.remove()
        self._own_draft = None
        self._discard_abandoned_draft()

    def _discard_abandoned_draft(self) -> None:
        """Remove the draft of another console, which was taken over or discarded."""
        if self._abandoned_draft is not None:
            self._drafts.discard(self._abandoned_draft)
            self._abandoned_draft = None

    def preview_impact(self, candidate: bytes) -> Impact:
        """Return compose's verdict on a candidate, and what it would change."""
        return self._impact.preview(candidate)

    def stage(self, candidate: bytes, base: bytes | None) -> str:
        """Store a candidate for a plan."""
        return self._staging.stage(candidate, base=digest(base))

    def edit_externally(self, data: bytes) -> bytes:
        """Open the user's editor on a private copy."""
        return edit_externally(data, self._environment)


class _Base:
    def __init__(self, data: bytes) -> None:
        self.exists = bool(data)
        self.data = data


def edit_externally(data: bytes, environment: Mapping[str, str]) -> bytes:
    """Open `$VISUAL`, `$EDITOR` or another editor on a private copy; returns the edited content.

    Raises:
        OperationError: There is no editor, or it failed.
    """
    command = editor_command(environment)
    prefix = f"{COPY_PREFIX}{os.getpid()}-"
    with tempfile.TemporaryDirectory(prefix=prefix, dir=copies_folder(environment)) as folder:
        path = Path(folder) / "edited.env"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        try:
            code = run_in_foreground([*command, str(path)], environment)
        except OSError as error:
            raise OperationError(
                f"The editor can't be started: {error.strerror or error}.",
                on=command[0],
                hint="Set EDITOR to an installed program.",
            ) from error
        if code != 0:
            raise OperationError(
                f"The editor exited with {exit_words(code)}, and its changes are not used.",
                on=command[0],
            )
        return path.read_bytes()


def editor_command(environment: Mapping[str, str]) -> list[str]:
    """Return the command line of the user's editor, without the file."""
    for name in EDITOR_VARIABLES:
        try:
            command = shlex.split(environment.get(name, ""))
        except ValueError:
            command = []
        if command:
            return command
    path = environment.get("PATH")
    found = next((name for name in FALLBACK_EDITORS if shutil.which(name, path=path)), None)
    if found is None:
        raise OperationError("No editor found.", hint="Set EDITOR to an installed program.")
    return [found]
