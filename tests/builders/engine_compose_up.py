"""A stack as the watcher sees it on a real engine."""

from pixel_tui.clock import SystemClock
from pixel_tui.stack.model.snapshot import StackSnapshot
from pixel_tui.stack.watch.look_once import read_snapshot
from tests.builders.engine_readers import engine_reader, project_reader
from tests.engine.private_engine import Project


def seen(project: Project) -> StackSnapshot:
    return read_snapshot(engine_reader(project.engine), project_reader(project), SystemClock())
