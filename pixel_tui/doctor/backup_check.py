"""The project's backups: can a service get at them?"""

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from pixel_tui.backups.exposure import Exposure, exposures
from pixel_tui.backups.policy import Policy, policy_for
from pixel_tui.doctor.project_checks import Asked
from pixel_tui.doctor.report import DoctorCheck, failed_with, ok, skipped, warning
from pixel_tui.errors import ConsoleError
from pixel_tui.settings import Settings
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.model.container import Container

NAME: Final = "backups"


def look_at_backups(
    command: ComposeCommand,
    settings: Settings | ConsoleError,
    state_folder: Path,
    containers: Sequence[Container] | Asked,
) -> tuple[Policy, tuple[Exposure, ...]] | None:
    """The folders of backups that containers mount; None if the containers are not known. Blocks.

    Args:
        command: How compose is called for the project.
        settings: What the user wants, or why the settings can't be read.
        state_folder: Where this user's state is kept.
        containers: The project's.

    Raises:
        ConsoleError: The settings can't be read.
        FileError: The folder can't be read.
    """
    if isinstance(containers, Asked):
        return None
    if isinstance(settings, ConsoleError):
        raise settings
    policy = policy_for(Path(command.directory), settings.backup, state_folder)
    return policy, exposures(policy, containers)


def check_backups(found: tuple[Policy, tuple[Exposure, ...]] | ConsoleError | None) -> DoctorCheck:
    """Can a service read the backups, or plant some?"""
    if isinstance(found, ConsoleError):
        return failed_with(NAME, found)
    if found is None:
        return skipped(NAME, "The mounts of the containers are unknown.")
    policy, exposed = found
    if not exposed:
        return ok(NAME, f"No container mounts {policy.root}.")
    words = "; ".join(item.words for item in exposed)
    hints = []
    if any(not item.former for item in exposed):
        hints.append(
            "Set `folder` under [backup] in the settings to a folder that no service mounts."
        )
    if any(item.former for item in exposed):
        root = shlex.quote(str(policy.root))
        former = shlex.quote(str(policy.former))
        hints.append(f"Move the older ones: `mkdir -p {root} && mv {former}/2* {root}/`.")
    return warning(NAME, f"{words}, with every secret in the backups.", " ".join(hints))
