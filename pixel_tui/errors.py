"""All errors that this program raises on purpose.

::

    ConsoleError
    ├── UsageError            an argument or a setting is wrong
    ├── EngineError           the Docker Engine could not be queried
    │   ├── EngineUnreachable     no connection, or no answer in time
    │   ├── EngineDenied          the socket or the certificate refuses this user
    │   ├── EngineRefused         the engine answered with an error
    │   └── EngineAnswerInvalid   the answer is not what the API documents
    ├── ComposeError          compose could not be queried
    │   ├── ComposeMissing        not installed, or older than version 2
    │   ├── ProjectMissing        no compose file here
    │   └── ComposeRefused        compose reports an error in the project
    ├── FileError             one of pixel-tui's files could not be read or written
    └── OperationError        a change was not made, or not as planned
        ├── NothingToDo           everything is as the action would make it
        ├── LockHeld              another console is changing this stack
        └── PlanOutdated          the stack has changed since the plan was made
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from pixel_tui.text import SafeText, plain

NOTHING_CHANGED: Final = SafeText("Nothing was changed.")


class ConsoleError(Exception):
    """A failure that the user can act on.

    Args:
        what: What failed, in one sentence.
        on: What it failed on: a path, an address, a service.
        hint: How to fix it, in one sentence.
    """

    def __init__(self, what: str, *, on: str = "", hint: str = "") -> None:
        # Most runs raise none, and importing the redactor takes time.
        from pixel_tui.redaction.redactor import redact

        # The text may quote the engine, compose or files, so mask secrets here.
        self.what: SafeText = plain(redact(what))
        self.on: SafeText = plain(redact(on))
        self.hint: SafeText = plain(redact(hint))
        self.also: ConsoleError | None = None
        """An earlier error that must be fixed as well."""
        self.refuses_change = False
        """Whether it refused a change, so that nothing was changed."""
        super().__init__(self.what)

    @property
    def sentence(self) -> SafeText:
        """What failed, on what, as a sentence."""
        return SafeText(f"{self.what.removesuffix('.')}: {self.on}." if self.on else self.what)

    def __str__(self) -> str:
        """Return the complete message on one line: what, on what, how to fix it."""
        return f"{self.sentence} {self.hint}" if self.hint else self.sentence


class UsageError(ConsoleError):
    """An argument or a setting is wrong."""


class EngineError(ConsoleError):
    """The Docker Engine could not be queried."""


class EngineUnreachable(EngineError):
    """The engine can't be reached, or does not answer in time."""


class EngineDenied(EngineError):
    """The socket or the certificate denies access to this user."""


class EngineRefused(EngineError):
    """The engine answered a request with an error.

    Args:
        status: The HTTP status.
        what: The engine's own message.
        on: The request's path.
    """

    def __init__(self, status: int, what: str, *, on: str = "") -> None:
        super().__init__(what, on=on)
        self.status = status


class EngineAnswerInvalid(EngineError):
    """The engine's answer is not as its API documents."""


SINGLE_OBJECT_ERRORS: Final = (EngineRefused, EngineAnswerInvalid)
"""Errors about one object, which say nothing about others."""


class ComposeError(ConsoleError):
    """Compose could not be queried."""


class ComposeMissing(ComposeError):
    """Compose is not installed, or older than version 2."""


class ProjectMissing(ComposeError):
    """There is no compose file in the folder or above it."""


class ComposeRefused(ComposeError):
    """Compose reported an error in the project."""


class FileError(ConsoleError):
    """One of pixel-tui's files could not be read or written."""


class OperationError(ConsoleError):
    """A change was not made, or not as planned."""


class NothingToDo(OperationError):
    """Everything is as the action would make it, or the action does not apply to the target."""


class LockHeld(OperationError):
    """Another console is changing this stack."""


class PlanOutdated(OperationError):
    """The stack has changed since the plan was made."""


@contextmanager
def refusing_change() -> Iterator[None]:
    """Mark every error as the refusal of a change."""
    try:
        yield
    except ConsoleError as error:
        error.refuses_change = True
        raise
