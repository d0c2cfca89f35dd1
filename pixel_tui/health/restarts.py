"""Which containers the engine has restarted lately, and which have not proved stable since."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pixel_tui.stack.model.container import Container, ContainerState
from pixel_tui.stack.model.snapshot import Service, StackSnapshot

LATELY_SECONDS: Final = 300.0
STABLE_SECONDS: Final = 60.0
"""So long runs what can be called well again: as long as the engine waits at most to restart."""


def unstable(service: Service, now: datetime) -> tuple[Container, ...]:
    """What runs again after the engine restarted it or memory ran out, and has not run for long.

    A crash loop is up for a part of each round: that it runs at this moment says nothing. The
    engine counts restarts from zero once a container is started by hand.
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
    grew_at: datetime | None = None


class RestartWatch:
    """Remembers restart counts between snapshots. A container's first count is no growth."""

    def __init__(self) -> None:
        self._counts: dict[str, _Count] = {}

    def see(self, snapshot: StackSnapshot, now: datetime) -> frozenset[str]:
        """Take a snapshot in; return the ids of those restarted within five minutes."""
        counts: dict[str, _Count] = {}
        for service in snapshot.services:
            for container in service.containers:
                before = self._counts.get(container.id)
                grew = before is not None and container.restarts > before.restarts
                grew_at = now if grew else before.grew_at if before else None
                counts[container.id] = _Count(container.restarts, grew_at)
        self._counts = counts
        return frozenset(
            key
            for key, count in counts.items()
            if count.grew_at and (now - count.grew_at).total_seconds() < LATELY_SECONDS
        )
