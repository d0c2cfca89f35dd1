"""Computes a container's resource usage from samples of `GET /containers/{id}/stats`. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from pixel_tui.stack.model.container import Usage
from pixel_tui.stack.model.json_value import JsonObject, Node
from pixel_tui.stack.model.parse_times import parse_time

SMOOTHING: Final = 0.6
"""Weight of a new value against the shown one, so that rows don't jump."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The counters of a container at one moment: bytes, and CPU nanoseconds, since its start."""

    at: datetime
    cpu: int
    memory: int
    received: int
    sent: int
    read: int
    written: int
    processes: int | None


def parse_sample(stats: JsonObject) -> Sample | None:
    """Parse a sample; return None for a container that has just stopped."""
    node = Node(stats)
    at = parse_time(node["read"].raw)
    if at is None:
        return None
    networks = [item for _, item in node["networks"].members()]
    transfers = [
        (item["op"].raw.lower(), item["value"].integer)
        for item in node["blkio_stats"]["io_service_bytes_recursive"]
    ]
    return Sample(
        at=at,
        cpu=node["cpu_stats"]["cpu_usage"]["total_usage"].integer,
        memory=_memory(node["memory_stats"]),
        received=sum(item["rx_bytes"].integer for item in networks),
        sent=sum(item["tx_bytes"].integer for item in networks),
        read=sum(value for operation, value in transfers if operation == "read"),
        written=sum(value for operation, value in transfers if operation == "write"),
        processes=node["pids_stats"]["current"].integer or None,
    )


def _memory(node: Node) -> int:
    """Return the memory in use without the reclaimable page cache, as `docker stats` counts."""
    used = node["usage"].integer
    inactive = node["stats"]["total_inactive_file"] or node["stats"]["inactive_file"]
    return max(used - inactive.integer, 0)


def usage_between(
    previous: Sample | None, current: Sample, *, limit: int | None, shown: Usage | None
) -> Usage:
    """Return a container's usage between two samples, smoothed from the shown values.

    Args:
        previous: The previous sample; None for the first.
        current: The newest sample.
        limit: The container's own memory limit in bytes.
        shown: The values on the screen now.
    """
    stats = Usage(memory=current.memory, memory_limit=limit, processes=current.processes)
    if previous is None:
        return stats
    seconds = (current.at - previous.at).total_seconds()
    if current.cpu < previous.cpu:
        return stats
    if seconds <= 0:  # the same sample again: keep the rates
        return replace(shown, memory=current.memory) if shown else stats
    return Usage(
        cpu=_smooth((current.cpu - previous.cpu) / 1e9 / seconds, shown.cpu if shown else None),
        memory=current.memory,
        memory_limit=limit,
        received=_smooth(
            max(current.received - previous.received, 0) / seconds,
            shown.received if shown else None,
        ),
        sent=_smooth(max(current.sent - previous.sent, 0) / seconds, shown.sent if shown else None),
        read=_smooth(max(current.read - previous.read, 0) / seconds, shown.read if shown else None),
        written=_smooth(
            max(current.written - previous.written, 0) / seconds,
            shown.written if shown else None,
        ),
        processes=current.processes,
    )


def _smooth(new: float, shown: float | None) -> float:
    if shown is None:
        return new
    smoothed = shown + SMOOTHING * (new - shown)
    return 0.0 if smoothed < 1e-4 else smoothed
