"""Creates the observer of a real stack.

Does not import Textual, so that the observer can start while Textual is still being imported.
"""

from pixel_tui.clock import SystemClock
from pixel_tui.facts.past_stops import exit_tracker_with_records
from pixel_tui.session import Session
from pixel_tui.stack.compose.build_records import build_records
from pixel_tui.stack.compose.project import ComposeProject
from pixel_tui.stack.engine.docker_engine import DockerEngine
from pixel_tui.stack.engine.endpoint import LOCAL
from pixel_tui.stack.watch.cgroups import Cgroups
from pixel_tui.stack.watch.pace import Pace
from pixel_tui.stack.watch.watcher import Watcher


def live_observer(engine: DockerEngine, project: ComposeProject, session: Session) -> Watcher:
    """Return an observer of a real engine and project; it is not started.

    Args:
        engine: The engine.
        project: The project.
        session: This run of the program.
    """
    clock, settings = SystemClock(), session.settings
    # A local socket usually belongs to an engine on this host; container ids verify that.
    local = Cgroups(clock) if engine.address.startswith(LOCAL) else None
    pace = Pace(usage=settings.usage_seconds)
    return Watcher(
        engine,
        project,
        clock,
        pace,
        log_tail=settings.log_tail,
        local=local,
        records=build_records(project.command, session.state_folder),
        ends=exit_tracker_with_records(engine.address, session.state_folder),
    )
