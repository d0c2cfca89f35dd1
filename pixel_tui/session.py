"""One run of the program: what its entry point passes to everything else."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pixel_tui.settings import Settings, load_settings, state_folder


@dataclass(frozen=True, slots=True)
class Session:
    """The settings, environment and state folder of one run.

    Created once by a command, or a step's program, and passed on: nothing else looks for the state
    folder or reads the settings.
    """

    environment: Mapping[str, str]
    """The variables of this process."""
    settings: Settings
    state_folder: Path
    """The folder with this user's state."""


def start_session(
    environment: Mapping[str, str], *, read_only: bool = False, reveal_allowed: bool = False
) -> Session:
    """Return the session of this run.

    Args:
        environment: The variables of this process.
        read_only: The `--read-only` flag.
        reveal_allowed: The `--reveal-allowed` flag.

    Raises:
        UsageError: The settings are invalid.
    """
    settings = load_settings(environment, read_only=read_only, reveal_allowed=reveal_allowed)
    return Session(environment, settings, state_folder())
