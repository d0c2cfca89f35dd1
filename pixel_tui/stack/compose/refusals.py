"""Why compose gives no answer, as an error with what to do."""

from typing import Final

from pixel_tui.errors import ComposeError, ComposeRefused, ProjectMissing
from pixel_tui.stack.compose.command import ComposeCommand, remote_not_read
from pixel_tui.stack.compose.compose_missing import compose_missing, says_no_compose
from pixel_tui.text import plain

MAY_NOT_READ: Final = (
    "Let this user read it (`ls -l` says who may), or start the console as its owner; "
    "it is tried again by itself."
)
COPY_IT: Final = "Fetch it yourself, look at it, and name that file in its place."
_REFUSES: Final = "Compose refuses the project: "


def refusal(messages: str, command: ComposeCommand) -> ComposeError:
    """What it means that compose exited with an error.

    Args:
        messages: What it wrote, without the secrets in it.
        command: How it was called.
    """
    if says_no_compose(messages):
        return compose_missing(" ".join(command.compose))
    if "no configuration file provided" in messages:
        return ProjectMissing(
            "There is no compose file here or above.",
            on=command.directory,
            remedy="Change to the project's folder, or name it: `pixel-tui -C DIR`.",
        )
    if remote := remote_not_read(messages):
        return ComposeRefused(f"{remote}.", on=command.directory, remedy=COPY_IT)
    lines = [line.strip() for line in messages.splitlines() if "level=warn" not in line]
    said = plain(" ".join(filter(None, lines))) or "it gave no reason"
    denied = "permission denied" in messages
    return ComposeRefused(
        f"{_REFUSES}{said}",
        on=command.directory,
        remedy=MAY_NOT_READ if denied else "Mend the file; it is read again when it changes.",
    )


def reason(refused: ComposeRefused) -> str:
    """Why compose refuses the project, without saying that it does."""
    return str(refused.what).removeprefix(_REFUSES)


def no_access(path: str, error: OSError) -> ComposeError:
    """The error of a folder or file that is gone, or that this user may not read."""
    if isinstance(error, FileNotFoundError):
        return ProjectMissing("The project's folder is gone.", on=path, remedy="Was it moved?")
    return ComposeRefused(
        f"The project can't be read: {error.strerror or error}.", on=path, remedy=MAY_NOT_READ
    )


def no_json(command: ComposeCommand) -> ComposeRefused:
    """The error of an answer that is no JSON."""
    return ComposeRefused(
        "Compose did not print the project as JSON.",
        on=command.directory,
        remedy=f"Is it compose version 2? `{' '.join(command.compose)} version`",
    )
