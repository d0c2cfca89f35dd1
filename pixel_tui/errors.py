"""Every error this program raises on purpose.

::

    ConsoleError
    ├── UsageError            an argument or a setting is wrong
    ├── EngineError           the Docker Engine could not be asked
    │   ├── EngineUnreachable     nobody listens, or nobody answers
    │   ├── EngineDenied          the socket or the certificate refuses this user
    │   ├── EngineRefused         the engine answered with an error
    │   └── EngineAnswerInvalid   the answer is not what the API documents
    ├── ComposeError          the compose program could not be asked
    │   ├── ComposeMissing        not installed, or older than version 2
    │   ├── ProjectMissing        no compose file here
    │   └── ComposeRefused        compose itself says what is wrong
    ├── FileError             a file of ours could not be read or written
    └── OperationError        a change was not made, or not as planned
        ├── NothingToDo           all is as the action would make it
        ├── LockHeld              another console changes this stack at the moment
        └── PlanOutdated          the stack has moved since the plan was made
"""

from typing import Final

from pixel_tui.text import SafeText, plain


class ConsoleError(Exception):
    """A failure a person can act on.

    Args:
        what: What failed, in one sentence.
        on: The thing it failed on: a path, an address, a service.
        remedy: What to do about it, in one sentence.
    """

    def __init__(self, what: str, *, on: str = "", remedy: str = "") -> None:
        # Most runs of the program raise none, and its patterns take a while to be made.
        from pixel_tui.redaction.redactor import redact

        # The engine, compose and files may have been quoted: no secret leaves by this door.
        self.what: SafeText = plain(redact(what))
        self.on: SafeText = plain(redact(on))
        self.remedy: SafeText = plain(redact(remedy))
        self.beside: ConsoleError | None = None
        """What stands in the way as well, and was found before."""
        super().__init__(self.what)

    @property
    def sentence(self) -> SafeText:
        """What failed, on what."""
        return SafeText(f"{self.what.removesuffix('.')}: {self.on}." if self.on else self.what)

    def __str__(self) -> str:
        """The whole message on one line: what, on what, what to do."""
        return f"{self.sentence} {self.remedy}" if self.remedy else self.sentence


class UsageError(ConsoleError):
    """An argument or a setting is wrong."""


class EngineError(ConsoleError):
    """The Docker Engine could not be asked."""


class EngineUnreachable(EngineError):
    """Nobody listens at the engine's address, or nobody answers in time."""


class EngineDenied(EngineError):
    """The socket, or the certificate, refuses this user."""


class EngineRefused(EngineError):
    """The engine answered a request with an error.

    Args:
        status: The HTTP status of the answer.
        what: The engine's own message.
        on: The request's path.
    """

    def __init__(self, status: int, what: str, *, on: str = "") -> None:
        super().__init__(what, on=on)
        self.status = status


class EngineAnswerInvalid(EngineError):
    """The engine's answer is not what its API documents."""


OF_ONE_OBJECT: Final = (EngineRefused, EngineAnswerInvalid)
"""What the engine answers about one object: nothing is said of the others by it."""


class ComposeError(ConsoleError):
    """The compose program could not be asked."""


class ComposeMissing(ComposeError):
    """The compose program is not installed, or is older than version 2."""


class ProjectMissing(ComposeError):
    """There is no compose file in the folder or above it."""


class ComposeRefused(ComposeError):
    """Compose ran and said what is wrong with the project."""


class FileError(ConsoleError):
    """A file of this program could not be read or written."""


class OperationError(ConsoleError):
    """A change was not made, or not as planned."""


class NothingToDo(OperationError):
    """All is as the action would make it, or it makes no sense for what was named."""


class LockHeld(OperationError):
    """Another console changes this stack at the moment."""


class PlanOutdated(OperationError):
    """The stack has moved since the plan was made."""
