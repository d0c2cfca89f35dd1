"""Finds containers that the engine has restarted recently and that are not yet stable."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pixel_tui.stack.model.container import Container, ContainerState
from pixel_tui.stack.model.snapshot import Service, StackSnapshot

RECENT_SECONDS: Final = 300.0
STABLE_SECONDS: Final = 60.0
"""A container that runs this long is stable: it is the engine's maximum delay of restarts."""


def unstable(service: Service, now: datetime) -> tuple[Container, ...]:
    """Return running containers that were restarted or OOM-killed and are not yet stable.

    In a crash loop, a container runs for a part of each round, so its present state alone does not
    show it. The engine resets the restart count when a container is started by hand.
    """
    return tuple(
        item
        for item in service.members
        if item.state is ContainerState.RUNNING
        and (item.restarts or item.previous_oom_killed)
        and item.started_at is not None
        # The engine's clock may be ahead of ours.
        and abs((now - item.started_at).total_seconds()) < STABLE_SECONDS
    )


@dataclass(frozen=True, slots=True)
class _Count:
    restarts: int
    increased_at: datetime | None = None


class RestartWatch:
    """Compares restart counts between snapshots. A container's first count is not an increase."""

    def __init__(self) -> None:
        self._counts: dict[str, _Count] = {}

    def restarted_recently(self, snapshot: StackSnapshot, now: datetime) -> frozenset[str]:
        """Process a snapshot; return the ids of containers restarted within five minutes."""
        counts: dict[str, _Count] = {}
        for service in snapshot.services:
            for container in service.containers:
                before = self._counts.get(container.id)
                increased = before is not None and container.restarts > before.restarts
                increased_at = now if increased else before.increased_at if before else None
                counts[container.id] = _Count(container.restarts, increased_at)
        self._counts = counts
        return frozenset(
            key
            for key, count in counts.items()
            if count.increased_at and (now - count.increased_at).total_seconds() < RECENT_SECONDS
        )
