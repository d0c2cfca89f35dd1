"""Converts failures of compose to errors with a fix."""

from typing import Final

from pixel_tui.errors import ComposeError, ComposeRefused, ProjectMissing
from pixel_tui.stack.compose.command import ComposeCommand, remote_refusal
from pixel_tui.stack.compose.compose_missing import compose_missing, is_compose_missing
from pixel_tui.text import plain

MAY_NOT_READ: Final = "Make it readable (see `ls -l`), or start pixel-tui as its owner."
COPY_IT: Final = "Fetch it yourself, check it, and use that file instead."
_REFUSES: Final = "Compose refuses the project: "


def refusal(messages: str, command: ComposeCommand) -> ComposeError:
    """Convert the messages of a failed compose command to an error.

    Args:
        messages: Its messages, with secrets masked.
        command: The compose command.
    """
    if is_compose_missing(messages):
        return compose_missing(" ".join(command.compose))
    if "no configuration file provided" in messages:
        return ProjectMissing(
            "No compose file here or in a parent folder.",
            on=command.directory,
            hint="Change to the project's folder, or use `pixel-tui -C DIR`.",
        )
    if remote := remote_refusal(messages):
        return ComposeRefused(f"{remote}.", on=command.directory, hint=COPY_IT)
    lines = [line.strip() for line in messages.splitlines() if "level=warn" not in line]
    message = plain(" ".join(filter(None, lines))) or "it gave no reason"
    denied = "permission denied" in messages
    return ComposeRefused(
        f"{_REFUSES}{message}",
        on=command.directory,
        hint=MAY_NOT_READ if denied else "Fix the file.",
    )


def reason(refused: ComposeRefused) -> str:
    """Return the reason of a refusal, without the words that compose refuses the project."""
    return str(refused.what).removeprefix(_REFUSES)


def access_error(path: str, error: OSError) -> ComposeError:
    """Return the error for a folder or file that was removed, or that this user may not read."""
    if isinstance(error, FileNotFoundError):
        return ProjectMissing(
            "The project's folder no longer exists.", on=path, hint="Was it moved?"
        )
    return ComposeRefused(
        f"The project can't be read: {error.strerror or error}.", on=path, hint=MAY_NOT_READ
    )


def invalid_json(command: ComposeCommand) -> ComposeRefused:
    """Return the error for output that is not JSON."""
    return ComposeRefused(
        "Compose did not print the project as JSON.",
        on=command.directory,
        hint=f"Is it compose version 2? `{' '.join(command.compose)} version`",
    )
