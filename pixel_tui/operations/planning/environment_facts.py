"""What a plan has to know of the project's environment files. No value is in it."""

from dataclasses import dataclass

from pixel_tui.environment.apply.impact import Impact
from pixel_tui.environment.apply.state import ApplyState
from pixel_tui.environment.storage.history import StoredVersion
from pixel_tui.stack.model.resource_model import Diverged
from pixel_tui.text import NO_TEXT, SafeText


@dataclass(frozen=True, slots=True)
class Candidate:
    """A content that waits to be saved."""

    id: str
    sha256: str
    impact: Impact | None = None
    """What it would change; None where that could not be told in time."""
    file: str = ""
    """Where it waits."""
    base: str = ""
    """Digest of the file that it was made from; empty where there was none."""


@dataclass(frozen=True, slots=True)
class EnvironmentFacts:
    """The file, what waits to be saved, and what it was before."""

    path: SafeText = NO_TEXT
    target: str = ""
    """Where that is, if it is a link."""
    sha256: str = ""
    """Of the file as it is; empty where there is none."""
    trouble: SafeText = SafeText("The environment is unknown.")
    """Why it can't be read; empty where it can."""
    candidates: tuple[Candidate, ...] = ()
    """Newest first."""
    versions: tuple[StoredVersion, ...] = ()
    """Newest first."""
    confirm_seconds: float = 120.0
    """How long there is to confirm what was applied."""
    left: ApplyState | None = None
    """An apply that was left half done by a process that died."""
    left_networks: tuple[Diverged, ...] = ()
    """The networks that it made again, with what is on them: to take it back removes them."""
    edited: str = ""
    """What `ComposeCommand.edited` is for this file."""
    others: "tuple[EnvironmentFacts, ...]" = ()
    """The files that compose reads before this one, the nearest first."""

    @property
    def every(self) -> "tuple[EnvironmentFacts, ...]":
        """Of each file: of this one, then of the others."""
        return (self, *self.others)


NO_ENVIRONMENT = EnvironmentFacts()
