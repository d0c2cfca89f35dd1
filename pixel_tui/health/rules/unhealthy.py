"""Rules about services that run but do not work, or can't be inspected. Pure."""

from datetime import datetime

from pixel_tui.health.finding import Finding, Severity
from pixel_tui.stack.model.container import HealthStatus
from pixel_tui.stack.model.snapshot import Service, StackSnapshot
from pixel_tui.stack.model.words import exit_words
from pixel_tui.text import plain


def unhealthy(service: Service, _snapshot: StackSnapshot, _now: datetime) -> Finding | None:
    """Find a service that fails its health check."""
    if service.health is not HealthStatus.UNHEALTHY:
        return None
    container = next(
        item for item in service.members if item.health_status is HealthStatus.UNHEALTHY
    )
    probe = container.health.probes[-1] if container.health and container.health.probes else None
    streak = container.health.failing_streak if container.health else 0
    output = " ".join(line for line in probe.output if line) if probe else ""
    return Finding(
        service.name,
        Severity.BROKEN,
        plain(f"is unhealthy ({streak} health checks failed in a row)"),
        plain(f"{output or 'no output'} ({exit_words(probe.exit_code)})" if probe else ""),
        plain("See its health log (3) and its logs (2); restart it (r) if it hangs."),
    )


def unreadable(service: Service, _snapshot: StackSnapshot, _now: datetime) -> Finding | None:
    """Find a container that the engine lists but can't inspect."""
    partial = next((item for item in service.regular if item.partial), None)
    if partial is None:
        return None
    return Finding(
        service.name,
        Severity.BROKEN,
        plain(f"can't be inspected: {partial.name} is listed as {partial.state.value}"),
        partial.error,
        plain("`journalctl -u docker` says more."),
    )
