"""The console on the embedded stack, with faults that can be raised to practise on.

Apart from `app.py`: a console on a real engine imports none of it.
"""

from collections.abc import Iterator, Mapping
from functools import partial

from pixel_tui.app import Drill, Parts
from pixel_tui.clock import Clock, SystemClock
from pixel_tui.log_file import start_log
from pixel_tui.operations.operator import Operator
from pixel_tui.settings import Memory, Settings, state_folder
from pixel_tui.stack.compose_command import ComposeCommand
from pixel_tui.stack.demo.cast import CAST, DIRECTORY, PROJECT
from pixel_tui.stack.demo.commands import DemoRunner
from pixel_tui.stack.demo.engine import DemoEngine
from pixel_tui.stack.demo.project import DemoProject
from pixel_tui.stack.demo.world import DemoWorld, Fault
from pixel_tui.stack.watcher import Pace, Watcher
from screens.operations import Operations
from widgets.status_bar import Mode


def demo_parts(
    settings: Settings,
    environment: Mapping[str, str],
    *,
    clock: Clock | None = None,
    world: DemoWorld | None = None,
) -> Parts:
    """The parts of a console on the embedded stack.

    Args:
        settings: What the user wants.
        environment: The variables of this process.
        clock: Its time; the machine's if None.
        world: The stack; a new one if None.
    """
    clock = clock or SystemClock()
    folder = state_folder()
    world = world or DemoWorld(clock)
    observer = Watcher(
        DemoEngine(world),
        DemoProject(world),
        clock,
        Pace(usage=settings.usage_seconds),
        log_tail=settings.log_tail,
    )
    command = ComposeCommand(directory=DIRECTORY, project=PROJECT)
    operations = None
    if not settings.read_only:
        operations = Operations(
            partial(Operator, DemoRunner(world), observer, command, folder / "demo", clock),
            observer,
            command,
            clock,
        )
    return Parts(
        observer=observer,
        operations=operations,
        clock=clock,
        modes=(Mode.DEMO, Mode.READ_ONLY) if settings.read_only else (Mode.DEMO,),
        settings=settings,
        memory=Memory(folder, "demo"),
        environment=environment,
        log_path=start_log(folder),
        drills=() if settings.read_only else tuple(drills(world)),
    )


def drills(world: DemoWorld) -> Iterator[Drill]:
    """Every fault of every service that is there, and of the engine."""
    for part in CAST:
        if part.profile:
            continue
        for fault in Fault:
            if fault is Fault.UNHEALTHY and not part.probe:
                continue
            yield Drill(
                f"Drill: {part.name}, {fault.value}",
                "Raises this fault in the embedded stack",
                partial(world.raise_fault, part.name, fault),
            )
        yield Drill(
            f"Drill: mend {part.name}",
            "Clears every fault of this service",
            partial(world.clear, part.name),
        )
    yield Drill(
        "Drill: the engine stops answering",
        "Raises this fault in the embedded stack",
        partial(world.fail_engine, down=True),
    )
    yield Drill(
        "Drill: the engine answers again", "Clears it", partial(world.fail_engine, down=False)
    )
