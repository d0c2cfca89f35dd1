"""Rules about services that have lost a shared namespace or their network. Pure."""

from datetime import datetime

from pixel_tui.health.finding import Finding, Severity
from pixel_tui.health.wording import down_since, worst_container
from pixel_tui.stack.model.container import Namespace
from pixel_tui.stack.model.snapshot import Service, StackSnapshot
from pixel_tui.text import plain


def cut_off(service: Service, snapshot: StackSnapshot, now: datetime) -> Finding | None:
    """Find a service that has lost a shared namespace, or was killed with its owner."""
    if service.cut_off_from is None or service.spec is None:
        return None
    kind = service.cut_off_from
    owner = dict(service.spec.shares)[kind]
    ended = kind is Namespace.PID
    what = plain("has no network")
    if ended:
        worst = worst_container(service)
        what = down_since(worst.finished_at if worst else None, now)
    elif kind is not Namespace.NETWORK:
        what = plain(f"is cut off from the {kind.value} of {owner}")
    joined = [dict(item.shares).get(kind) for item in service.regular]
    if any(snapshot.container(item) is None for item in joined if item):
        hint = "Recreate it (a): a restart would stop it, but can't start it again."
        if ended:
            hint = "Recreate it (a): it can't be started again."
    elif ended:
        hint = f"Start it (s); if {owner} is down, it is started first."
    else:
        hint = f"Restart it (r); if {owner} is down, start {owner}: it is restarted with it."
    return Finding(service.name, Severity.BROKEN, what, service.cut_off, plain(hint))


def disconnected(service: Service, snapshot: StackSnapshot, _now: datetime) -> Finding | None:
    """Find a service that is not connected to one of its networks."""
    names = service.disconnected
    if not names:
        return None
    return Finding(
        service.name,
        Severity.BROKEN,
        plain(f"is not connected to its network {', '.join(names)}"),
        plain("the others in it can't reach it"),
        plain(f"Recreate it: {snapshot.typed.compose} up -d {service.name}"),
        plain("Recreate it (a, Recreate)."),
    )
