"""The parts of a console on the simulated stack.

Separate from `console/live.py`, so that a console on a real engine imports none of it.
"""

from collections.abc import Sequence
from functools import cache, partial
from typing import Final

from pixel_tui.clock import Clock, SystemClock
from pixel_tui.confirm_keys import confirm_keys
from pixel_tui.console.log_file import start_log
from pixel_tui.console.parts import ConsoleParts
from pixel_tui.demo.drills import drills
from pixel_tui.demo.ledger import demo_ledger
from pixel_tui.demo.stack.commands import DemoRunner
from pixel_tui.demo.stack.engine import DemoEngine
from pixel_tui.demo.stack.project import DemoProject
from pixel_tui.demo.stack.services import DIRECTORY, PROJECT
from pixel_tui.demo.stack.shapes import NETWORK_ID
from pixel_tui.demo.stack.world import DemoWorld
from pixel_tui.environment.editing.workspace import EnvironmentAccess
from pixel_tui.operations.operator import Operator
from pixel_tui.operations.planning.environment_facts import EnvironmentFacts
from pixel_tui.operations.planning.facts import Facts
from pixel_tui.session import Session
from pixel_tui.settings import Memory
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.model.snapshot import StackSnapshot
from pixel_tui.stack.watch.pace import Pace
from pixel_tui.stack.watch.watcher import Watcher
from pixel_tui.text import SafeText
from screens.changes.flow import Operations
from widgets.dashboard.status_bar import Mode

NOTHING_EDITED: Final = SafeText("Nothing to save: edit the environment first (E).")
NO_BACKUPS: Final = SafeText("The demo has no folder, and nothing to back up.")


def demo_parts(
    session: Session, *, clock: Clock | None = None, world: DemoWorld | None = None
) -> ConsoleParts:
    """Return the parts of a console on the simulated stack.

    Args:
        session: This run of the program.
        clock: The demo's clock; the system clock if None.
        world: The simulated stack; a new one if None.
    """
    clock = clock or SystemClock()
    environment, settings, folder = session.environment, session.settings, session.state_folder
    world = world or DemoWorld(clock)
    observer = Watcher(
        DemoEngine(world),
        DemoProject(world),
        clock,
        Pace(usage=settings.usage_seconds),
        log_tail=settings.log_tail,
    )
    command = ComposeCommand(directory=DIRECTORY, project=PROJECT)

    @cache
    def open_environment() -> EnvironmentAccess:
        from pixel_tui.demo.environment import DemoFile, demo_environment

        file = DemoFile(clock, folder / "demo")
        return demo_environment(file, clock, settings, environment)

    def environment_facts() -> EnvironmentFacts:
        from pixel_tui.demo.environment import DemoWorkspace

        if not open_environment.cache_info().currsize:
            return EnvironmentFacts(trouble=NOTHING_EDITED)
        workspace = open_environment().workspace
        return workspace.facts() if isinstance(workspace, DemoWorkspace) else EnvironmentFacts()

    def save(argv: Sequence[str]) -> Sequence[Sequence[str]]:
        from pixel_tui.demo.environment import DemoWorkspace

        workspace = open_environment().workspace
        return workspace.carry_out(argv) if isinstance(workspace, DemoWorkspace) else ()

    def read_facts(_snapshot: StackSnapshot, *, stored: bool = False) -> Facts:
        del stored  # there are no backups
        return Facts(
            host=SafeText("demo"),
            held_ports=(),
            networks=frozenset({NETWORK_ID}),
            backup_trouble=NO_BACKUPS,
            environment=environment_facts(),
        )

    operations = None
    if not settings.read_only:
        operations = Operations(
            partial(
                Operator,
                DemoRunner(world, others={"pixel_tui.environment": save}),
                observer,
                command,
                folder / "demo",
                clock,
                locks=folder / "demo" / "locks",  # the stack is this user's alone
            ),
            observer,
            command,
            clock,
            read_facts,
            folder / "demo",
            confirm_keys(settings.keys),
        )

    return ConsoleParts(
        observer=observer,
        operations=operations,
        clock=clock,
        modes=(Mode.DEMO, Mode.READ_ONLY) if settings.read_only else (Mode.DEMO,),
        settings=settings,
        memory=Memory(folder, "demo"),
        environment=environment,
        state_folder=folder / "demo",
        open_ledger=partial(demo_ledger, observer, clock),
        open_environment=open_environment,
        log_path=start_log(folder),
        drills=() if settings.read_only else tuple(drills(world)),
    )
