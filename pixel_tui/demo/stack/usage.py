"""Simulated resource usage of a container: counters that rise in waves and never fall."""

import math
from dataclasses import dataclass
from typing import Final

from pixel_tui.demo.stack.faults import OUT_OF_MEMORY_SECONDS, DemoFault
from pixel_tui.demo.stack.services import MIB, DemoService

HOST_MEMORY: Final = 8192 * MIB
LEAK_LIMIT: Final = 512 * MIB
"""The memory at which a container without a limit of its own is killed, in bytes."""
WARMING_SECONDS: Final = 20.0
FLOOD_LOAD: Final = 5.0

_WAVES: Final = ((0.45, 47.0), (0.3, 13.0))
"""Height and period in seconds; the heights add up to less than 1, so that no rate is negative."""


@dataclass(frozen=True, slots=True)
class DemoCounters:
    """The counters of a container since its start, in bytes and nanoseconds."""

    cpu: int
    memory: int
    cache: int
    received: int
    sent: int
    read: int
    written: int
    processes: int


@dataclass(slots=True)
class Meter:
    """Accumulates the work of one run of a container.

    Extra work (a log flood) is added separately from the waves, so that its start and end
    change the rates and never the counts.
    """

    started: float
    phase: float
    extra: float = 0.0
    factor: float = 1.0
    since: float = 0.0

    def set_load(self, factor: float, at: float) -> None:
        """Set the load from a time on, as a factor of the usual one."""
        self.extra, self.since, self.factor = self._extra(at), at, factor

    def count(self, at: float, channel: int) -> float:
        """Return the seconds of usual work up to a time; each channel has its own waves."""
        age = max(at - self.started, 0.0)
        total = age + self._extra(at)
        for height, period in _WAVES:
            angular_speed = math.tau / period
            shift = self.phase + channel * 1.7
            total += (
                height / angular_speed * (math.sin(age * angular_speed + shift) - math.sin(shift))
            )
        return max(total, 0.0)

    def _extra(self, at: float) -> float:
        return self.extra + (self.factor - 1) * max(at - self.since, 0.0)


def counters_at(
    service: DemoService, meter: Meter, at: float, fault: DemoFault | None, fault_since: float
) -> DemoCounters:
    """Return the counters of a running container at a time."""
    return DemoCounters(
        cpu=int(service.cpu * meter.count(at, 0) * 1e9),
        memory=_memory(service, meter, at, fault, fault_since),
        cache=service.memory // 7,
        received=int(service.traffic * meter.count(at, 1)),
        sent=int(service.traffic * 0.8 * meter.count(at, 2)),
        read=int(service.storage * 0.2 * meter.count(at, 3)),
        written=int(service.storage * meter.count(at, 4)),
        processes=service.processes + int(2 * abs(math.sin(at / 37 + meter.phase))),
    )


def _memory(
    service: DemoService, meter: Meter, at: float, fault: DemoFault | None, fault_since: float
) -> int:
    """Return the bytes in use, without the page cache."""
    age = max(at - meter.started, 0.0)
    warmth = 0.55 + 0.45 * min(age / WARMING_SECONDS, 1.0)
    warm_memory = service.memory * warmth * (1 + 0.025 * math.sin(at / 31 + meter.phase))
    if fault is not DemoFault.OUT_OF_MEMORY:
        return int(warm_memory)
    limit = service.memory_limit or max(LEAK_LIMIT, 2 * service.memory)
    leaked = min((at - max(fault_since, meter.started)) / OUT_OF_MEMORY_SECONDS, 1.0)
    return int(warm_memory + (limit - warm_memory) * max(leaked, 0.0))
