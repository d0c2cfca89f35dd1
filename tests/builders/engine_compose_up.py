"""A stack as the watcher sees it on a real engine."""

import os

from pixel_tui.clock import SystemClock
from pixel_tui.stack.compose.find import find_command
from pixel_tui.stack.compose.project import ComposeProject
from pixel_tui.stack.engine.docker_engine import DockerEngine
from pixel_tui.stack.engine.endpoint import Endpoint
from pixel_tui.stack.model.snapshot import StackSnapshot
from pixel_tui.stack.watch.look_once import read_snapshot
from pixel_tui.text import plain
from tests.engine.private_engine import Project


def seen(project: Project) -> StackSnapshot:
    engine = project.engine
    environment = {**os.environ, **engine.env}
    command = find_command(
        environment, host=engine.host, directory=str(project.directory), project=project.name
    )
    reader = DockerEngine(Endpoint(engine.host, plain("test")))
    return read_snapshot(reader, ComposeProject(command, environment), SystemClock())
