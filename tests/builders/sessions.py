"""Sessions of the program."""

from collections.abc import Mapping
from pathlib import Path

from pixel_tui.session import Session
from pixel_tui.settings import Settings, state_folder


def session(
    settings: Settings | None = None,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Session:
    """Create a session with these settings and variables; a new state folder if None."""
    return Session(environment or {}, settings or Settings(), folder or state_folder())
