"""Faults of the simulated stack that can be raised from the command palette, for practice."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from pixel_tui.demo.stack.services import CAST
from pixel_tui.demo.stack.world import DemoFault, DemoWorld


@dataclass(frozen=True, slots=True)
class Drill:
    """An entry of the demo's command palette that changes the simulated stack."""

    title: str
    help: str
    run: Callable[[], None]


def drills(world: DemoWorld) -> Iterator[Drill]:
    """Yield drills for each fault of each service that runs by default, and for the engine."""
    for part in CAST:
        if part.profile:
            continue
        for fault in DemoFault:
            if fault is DemoFault.UNHEALTHY and not part.probe:
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
