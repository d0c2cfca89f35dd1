"""Checks whether a service can access the project's backups."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from pixel_tui.backups.exposure import Exposure, exposures
from pixel_tui.backups.policy import Policy, policy_for
from pixel_tui.doctor.project_checks import NotKnown
from pixel_tui.doctor.report import DoctorCheck, failed_with, ok, skipped, warning
from pixel_tui.errors import ConsoleError
from pixel_tui.settings import Settings
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.model.container import Container

NAME: Final = "backups"


def read_exposures(
    command: ComposeCommand,
    settings: Settings | ConsoleError,
    state_folder: Path,
    containers: Sequence[Container] | NotKnown,
) -> tuple[Policy, tuple[Exposure, ...]] | None:
    """Return the backup folders that containers mount; None if the containers are unknown. Blocks.

    Args:
        command: The compose command of the project.
        settings: The settings, or why they can't be read.
        state_folder: The state folder of this user.
        containers: The project's containers.

    Raises:
        ConsoleError: The settings can't be read.
        FileError: The folder can't be read.
    """
    if isinstance(containers, NotKnown):
        return None
    if isinstance(settings, ConsoleError):
        raise settings
    policy = policy_for(Path(command.directory), settings.backup, state_folder)
    return policy, exposures(policy, containers)


def check_backups(found: tuple[Policy, tuple[Exposure, ...]] | ConsoleError | None) -> DoctorCheck:
    """Check whether a service can read or write the backups."""
    if isinstance(found, ConsoleError):
        return failed_with(NAME, found)
    if found is None:
        return skipped(NAME, "The mounts of the containers are unknown.")
    policy, exposed = found
    if not exposed:
        return ok(NAME, f"No container mounts {policy.root}.")
    mounts = "; ".join(item.words for item in exposed)
    hints = []
    if any(not item.former for item in exposed):
        hints.append(
            "Set `folder` under [backup] in the settings to a folder that no service mounts."
        )
    if any(item.former for item in exposed):
        root = shlex.quote(str(policy.root))
        former = shlex.quote(str(policy.former))
        hints.append(f"Move the older ones: `mkdir -p {root} && mv {former}/2* {root}/`.")
    return warning(NAME, f"{mounts}, with every secret in the backups.", " ".join(hints))
