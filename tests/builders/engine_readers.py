"""The program's own readers of a project on a real engine."""

import os
from typing import Final

from pixel_tui.clock import SystemClock
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.compose.find import find_command
from pixel_tui.stack.compose.project import ComposeProject
from pixel_tui.stack.engine.docker_engine import DockerEngine
from pixel_tui.stack.engine.endpoint import Endpoint
from pixel_tui.stack.watch.pace import Pace
from pixel_tui.stack.watch.watcher import Watcher
from pixel_tui.text import plain
from tests.engine.private_engine import Engine, Project

PACE: Final = Pace(poll=600.0, usage=0.5, files=0.2, retry=1.0)


def environment_of(engine: Engine) -> dict[str, str]:
    """The environment that leads the program to the engine."""
    return {**os.environ, **engine.env}


def command_of(project: Project) -> ComposeCommand:
    """How the program calls compose on the project, by its name."""
    engine = project.engine
    return find_command(
        environment_of(engine),
        host=engine.host,
        directory=str(project.directory),
        project=project.name,
    )


def project_reader(project: Project) -> ComposeProject:
    return ComposeProject(command_of(project), environment_of(project.engine))


def engine_reader(engine: Engine) -> DockerEngine:
    return DockerEngine(Endpoint(engine.host, plain("test")))


def watcher_of(engine: Engine, project: ComposeProject) -> Watcher:
    """A watcher, not started, that sees by events and by changed files, not by polling."""
    return Watcher(engine_reader(engine), project, SystemClock(), PACE)
