"""Faults of the simulated stack that can be raised from the command palette, for practice."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from pixel_tui.demo.stack.services import SERVICES
from pixel_tui.demo.stack.world import DemoFault, DemoWorld


@dataclass(frozen=True, slots=True)
class Drill:
    """An entry of the demo's command palette that changes the simulated stack."""

    title: str
    help: str
    run: Callable[[], None]


def drills(world: DemoWorld) -> Iterator[Drill]:
    """Yield drills for each fault of each service that runs by default, and for the engine."""
    for service in SERVICES:
        if service.profile:
            continue
        for fault in DemoFault:
            if fault is DemoFault.UNHEALTHY and not service.probe:
                continue
            yield Drill(
                f"Drill: {service.name}, {fault.value}",
                "Raises this fault in the embedded stack",
                partial(world.raise_fault, service.name, fault),
            )
        yield Drill(
            f"Drill: mend {service.name}",
            "Clears every fault of this service",
            partial(world.clear, service.name),
        )
    yield Drill(
        "Drill: the engine stops answering",
        "Raises this fault in the embedded stack",
        partial(world.fail_engine, down=True),
    )
    yield Drill(
        "Drill: the engine answers again", "Clears it", partial(world.fail_engine, down=False)
    )
