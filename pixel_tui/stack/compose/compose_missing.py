"""Recognises a docker program without compose, and how to install it."""

from typing import Final

from pixel_tui.errors import ComposeMissing
from pixel_tui.late_pattern import LatePattern

_NO_COMPOSE: Final = LatePattern(
    r"'compose' is not a docker command|unknown command: docker compose"
    # Docker without compose reads the options after `compose` as its own.
    r"|unknown (?:shorthand )?flag"
    # Compose version 1 prints this for unknown options.
    r"|Validate and view the Compose file|Define and run multi-container applications"
)
INSTALL: Final = (
    "Install it: `apt-get install docker-compose-plugin` (docker-compose-v2 on some distributions)."
)


def is_compose_missing(messages: str) -> bool:
    """Return whether these are the messages of a docker program without compose 2."""
    return _NO_COMPOSE.search(messages) is not None


def compose_missing(program: str) -> ComposeMissing:
    """Return the error for a program that is missing or has no compose."""
    return ComposeMissing("Docker Compose version 2 is not installed.", on=program, hint=INSTALL)
