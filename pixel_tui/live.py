"""What looks at a real stack, put together without the terminal toolkit.

Apart from `app.py`, so that the command line can let it look while Textual is still
being imported.
"""

from pixel_tui.clock import SystemClock
from pixel_tui.settings import Settings
from pixel_tui.stack.compose import ComposeProject
from pixel_tui.stack.engine import DockerEngine
from pixel_tui.stack.watcher import Pace, Watcher


def live_observer(engine: DockerEngine, project: ComposeProject, settings: Settings) -> Watcher:
    """An observer of a real engine and a real project; it does not look yet."""
    pace = Pace(usage=settings.usage_seconds)
    return Watcher(engine, project, SystemClock(), pace, log_tail=settings.log_tail)
