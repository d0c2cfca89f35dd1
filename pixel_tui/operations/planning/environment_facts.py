"""The facts about environment files that plans need. No value of a variable is in them."""

from dataclasses import dataclass

from pixel_tui.environment.apply.impact import Impact
from pixel_tui.environment.apply.state import ApplyState
from pixel_tui.environment.storage.history import StoredVersion
from pixel_tui.stack.model.resource_model import Diverged
from pixel_tui.text import NO_TEXT, SafeText


@dataclass(frozen=True, slots=True)
class Candidate:
    """Staged content of an environment file, not saved yet."""

    id: str
    sha256: str
    impact: Impact | None = None
    """What it would change; None if that could not be found out in time."""
    file: str = ""
    """The path of the staged content."""
    base: str = ""
    """SHA-256 of the file that it was made from; empty if there was none."""


@dataclass(frozen=True, slots=True)
class EnvironmentFacts:
    """An environment file, its staged candidates and its saved versions."""

    path: SafeText = NO_TEXT
    target: str = ""
    """The real path, if `path` is a link."""
    sha256: str = ""
    """Of the current content; empty if there is no file."""
    trouble: SafeText = SafeText("The environment is unknown.")
    """Why it can't be read; empty if it can."""
    candidates: tuple[Candidate, ...] = ()
    """Newest first."""
    versions: tuple[StoredVersion, ...] = ()
    """Newest first."""
    confirm_seconds: float = 120.0
    """The time to confirm an apply, in seconds."""
    interrupted_apply: ApplyState | None = None
    """An apply whose process died half way."""
    interrupted_networks: tuple[Diverged, ...] = ()
    """The networks that it recreated: rolling it back removes them."""
    edited: str = ""
    """The value of `ComposeCommand.edited` for this file."""
    others: "tuple[EnvironmentFacts, ...]" = ()
    """The files that compose reads before this one, nearest first."""

    @property
    def all_files(self) -> "tuple[EnvironmentFacts, ...]":
        """The facts of this file and of the others."""
        return (self, *self.others)


NO_ENVIRONMENT = EnvironmentFacts()
