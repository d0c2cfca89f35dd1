"""One run of the program: what its entry point hands to everything else."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pixel_tui.settings import Settings, load_settings, state_folder


@dataclass(frozen=True, slots=True)
class Session:
    """What one run of the program was started with.

    A command, or the program of a step, makes it once and hands it on: nothing else looks for the
    state folder, or reads the settings.
    """

    environment: Mapping[str, str]
    """The variables of this process."""
    settings: Settings
    state_folder: Path
    """Where this user's state is kept."""


def start_session(
    environment: Mapping[str, str], *, read_only: bool = False, reveal_allowed: bool = False
) -> Session:
    """The session of this run.

    Args:
        environment: The variables of this process.
        read_only: The `--read-only` flag.
        reveal_allowed: The `--reveal-allowed` flag.

    Raises:
        UsageError: The settings can't be used.
    """
    settings = load_settings(environment, read_only=read_only, reveal_allowed=reveal_allowed)
    return Session(environment, settings, state_folder())
