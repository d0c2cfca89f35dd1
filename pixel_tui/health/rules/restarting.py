"""Rules about services that the engine restarts. Pure."""

from datetime import datetime
from typing import Final

from pixel_tui.health.finding import Finding, Severity
from pixel_tui.health.restarts import unstable
from pixel_tui.health.wording import exit_reason, memory_fix
from pixel_tui.humanize import ago
from pixel_tui.stack.model.container import Container, ContainerState
from pixel_tui.stack.model.snapshot import Service, StackSnapshot
from pixel_tui.text import plain

_READ_AND_FIX: Final = "Check its logs (2), fix the cause, or stop it (x)."
LOOP_RESTARTS: Final = 3
"""From this many restarts on, a container that is down again or not yet stable is in a loop."""


def restart_loop(service: Service, _snapshot: StackSnapshot, now: datetime) -> Finding | None:
    """Find a restart loop."""
    container = _restarted_most(service, now)
    if container is None or container.restarts < LOOP_RESTARTS:
        return None
    return Finding(
        service.name,
        Severity.BROKEN,
        plain(f"restarts again and again ({container.restarts} times)"),
        exit_reason(container),
        plain(memory_fix(container) or _READ_AND_FIX),
    )


def restarted(service: Service, _snapshot: StackSnapshot, now: datetime) -> Finding | None:
    """Find a container that is being or has just been restarted, before it is a loop."""
    container = _restarted_most(service, now)
    if container is None:
        return None
    if container.state is ContainerState.RESTARTING:
        severity, what = Severity.BROKEN, "is down: Docker is about to restart it"
    else:
        severity, what = Severity.WARNING, "ran out of memory, and is running again"
        if container.restarts:
            times = "once" if container.restarts == 1 else f"{container.restarts} times"
            what = f"was restarted {times}, {_last(container.started_at, now)}"
    hint = memory_fix(container) or _READ_AND_FIX
    return Finding(service.name, severity, plain(what), exit_reason(container), plain(hint))


def _restarted_most(service: Service, now: datetime) -> Container | None:
    """Return the container with the most restarts that waits for one, or is not yet stable.

    Other containers run, were stopped, or are no longer restarted by the engine.
    """
    waiting = (item for item in service.members if item.state is ContainerState.RESTARTING)
    return max((*waiting, *unstable(service, now)), key=lambda item: item.restarts, default=None)


def _last(at: datetime | None, now: datetime) -> str:
    words = ago(at, now) if at is not None else "just now"
    return f"last {words}" if words.endswith("ago") else words
