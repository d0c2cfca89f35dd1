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
FLOOD_WORK: Final = 5.0

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

    def work(self, factor: float, at: float) -> None:
        """Set the load from a time on, as a factor of the usual one."""
        self.extra, self.since, self.factor = self._extra(at), at, factor

    def count(self, at: float, channel: int) -> float:
        """Return the seconds of usual work up to a time; each channel has its own waves."""
        age = max(at - self.started, 0.0)
        total = age + self._extra(at)
        for height, period in _WAVES:
            turn = math.tau / period
            shift = self.phase + channel * 1.7
            total += height / turn * (math.sin(age * turn + shift) - math.sin(shift))
        return max(total, 0.0)

    def _extra(self, at: float) -> float:
        return self.extra + (self.factor - 1) * max(at - self.since, 0.0)


def use(
    part: DemoService, meter: Meter, at: float, fault: DemoFault | None, ill_since: float
) -> DemoCounters:
    """Return the counters of a running container at a time."""
    return DemoCounters(
        cpu=int(part.cpu * meter.count(at, 0) * 1e9),
        memory=_memory(part, meter, at, fault, ill_since),
        cache=part.memory // 7,
        received=int(part.traffic * meter.count(at, 1)),
        sent=int(part.traffic * 0.8 * meter.count(at, 2)),
        read=int(part.storage * 0.2 * meter.count(at, 3)),
        written=int(part.storage * meter.count(at, 4)),
        processes=part.processes + int(2 * abs(math.sin(at / 37 + meter.phase))),
    )


def _memory(
    part: DemoService, meter: Meter, at: float, fault: DemoFault | None, ill_since: float
) -> int:
    """Return the bytes in use, without the page cache."""
    age = max(at - meter.started, 0.0)
    warm = 0.55 + 0.45 * min(age / WARMING_SECONDS, 1.0)
    rest = part.memory * warm * (1 + 0.025 * math.sin(at / 31 + meter.phase))
    if fault is not DemoFault.OUT_OF_MEMORY:
        return int(rest)
    full = part.memory_limit or max(LEAK_LIMIT, 2 * part.memory)
    leaking = min((at - max(ill_since, meter.started)) / OUT_OF_MEMORY_SECONDS, 1.0)
    return int(rest + (full - rest) * max(leaking, 0.0))
