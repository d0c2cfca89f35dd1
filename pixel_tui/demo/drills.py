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
                "Simulate this fault in the demo",
                partial(world.raise_fault, service.name, fault),
            )
        yield Drill(
            f"Drill: fix {service.name}",
            "Clear every fault of this service",
            partial(world.clear, service.name),
        )
    yield Drill(
        "Drill: the Docker daemon stops answering",
        "Simulate this fault in the demo",
        partial(world.fail_engine, down=True),
    )
    yield Drill(
        "Drill: the Docker daemon answers again",
        "Clear the fault",
        partial(world.fail_engine, down=False),
    )
