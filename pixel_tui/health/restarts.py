"""Which containers the engine has restarted lately."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pixel_tui.stack.model import StackSnapshot

LATELY_SECONDS: Final = 300.0


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
