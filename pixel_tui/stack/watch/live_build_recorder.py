"""Creates the build witness of a real project on a real engine."""

from collections.abc import Mapping
from pathlib import Path

from pixel_tui.clock import SystemClock
from pixel_tui.stack.compose.build_records import build_records
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.compose.project import ComposeProject
from pixel_tui.stack.engine.docker_engine import DockerEngine
from pixel_tui.stack.engine.endpoint import endpoint_of
from pixel_tui.stack.watch.build_recorder import BuildRecorder


def live_build_recorder(
    command: ComposeCommand, environment: Mapping[str, str], state_folder: Path
) -> BuildRecorder:
    """Return a witness that records what commands build.

    Args:
        command: The compose command of the project.
        environment: The variables of this process.
        state_folder: The user's state folder.
    """
    return BuildRecorder(
        command,
        ComposeProject(command, environment, state_folder),
        lambda: DockerEngine(endpoint_of(command, environment)),
        build_records(command, state_folder),
        SystemClock(),
    )
