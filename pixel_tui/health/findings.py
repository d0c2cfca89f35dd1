"""What is wrong with the services of a stack, why, and what to do: from a snapshot alone. Pure.

Each rule looks at one service and reports at most one thing; the first rule that
finds something is the reason that is shown. The fixes are the operations guide's.
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
    """What is wrong, worst first; nothing while the engine can't be asked.

    Args:
        snapshot: The stack.
        now: The time, for "since".
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
    """The first thing that a rule finds about a service."""
    for rule in RULES:
        finding = rule(service, snapshot, now)
        if finding is not None:
            return finding
    return None
