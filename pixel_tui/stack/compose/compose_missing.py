"""Docker without compose: how it shows, and what to do."""

from typing import Final

from pixel_tui.errors import ComposeMissing
from pixel_tui.late_pattern import LatePattern

_NO_COMPOSE: Final = LatePattern(
    r"'compose' is not a docker command|unknown command: docker compose"
    # A docker without compose takes the options after the word for its own.
    r"|unknown (?:shorthand )?flag"
    # What version 1 answers to options that it does not know.
    r"|Validate and view the Compose file|Define and run multi-container applications"
)
INSTALL: Final = (
    "Install it: `apt-get install docker-compose-plugin`, "
    "or docker-compose-v2 where the distribution calls it so."
)


def says_no_compose(messages: str) -> bool:
    """Whether these are the words of a docker program without compose 2."""
    return _NO_COMPOSE.search(messages) is not None


def compose_missing(program: str) -> ComposeMissing:
    """The error for a program that is not there, or knows no compose."""
    return ComposeMissing("Docker Compose version 2 is not installed.", on=program, remedy=INSTALL)
