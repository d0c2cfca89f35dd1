"""Derives the findings about the services of a stack from a snapshot. Pure.

Each rule checks one service and returns at most one finding; that of the first matching rule is
shown. The fixes are those of the operations guide.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from pixel_tui.health.finding import Finding, Rule
from pixel_tui.health.rules.down import absent, could_not_start, created, dead, paused
from pixel_tui.health.rules.leftovers import left_by_recreate, orphan
from pixel_tui.health.rules.network import cut_off, disconnected
from pixel_tui.health.rules.restarting import restart_loop, restarted
from pixel_tui.health.rules.sync import built_otherwise, changed_volume, old_content, out_of_sync
from pixel_tui.health.rules.unhealthy import unhealthy, unreadable
from pixel_tui.stack.model.snapshot import Service, StackSnapshot

RULES: Final[Sequence[Rule]] = (
    unreadable,
    restart_loop,
    left_by_recreate,
    cut_off,
    could_not_start,
    dead,
    unhealthy,
    absent,
    created,
    paused,
    disconnected,
    restarted,
    out_of_sync,
    changed_volume,
    built_otherwise,
    old_content,
    orphan,
)


def findings(snapshot: StackSnapshot, now: datetime) -> tuple[Finding, ...]:
    """Return the findings, worst first; none before the engine was read.

    Args:
        snapshot: The stack.
        now: The present time, for durations.
    """
    if snapshot.taken_at is None:
        return ()
    found = [
        finding
        for service in snapshot.services
        if (finding := finding_of(service, snapshot, now)) is not None
    ]
    return tuple(sorted(found, key=lambda finding: (-finding.severity, finding.service)))


def finding_of(service: Service, snapshot: StackSnapshot, now: datetime) -> Finding | None:
    """Return the finding of the first matching rule about a service; None if there is none."""
    for rule in RULES:
        finding = rule(service, snapshot, now)
        if finding is not None:
            return finding
    return None
