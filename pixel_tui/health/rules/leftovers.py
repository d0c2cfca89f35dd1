"""Rules about containers that are no longer needed. Pure."""

from datetime import datetime
from typing import Final

from pixel_tui.health.finding import Finding, Severity
from pixel_tui.stack.model.container import Container
from pixel_tui.stack.model.snapshot import Service, StackSnapshot
from pixel_tui.text import NO_TEXT, plain

_REMOVE_BY_KEY: Final = "Remove it (a, Remove leftovers)."


def left_by_recreate(service: Service, snapshot: StackSnapshot, now: datetime) -> Finding | None:
    """Find leftovers of a recreate, except new ones, whose recreate may still be running."""
    grace = service.spec.stop_grace_period if service.spec else 10.0
    left = [
        item
        for item in service.leftovers
        if item.started_at is not None or not _is_young(item, now, grace + 10.0)
    ]
    if not left:
        return None
    remove = f"Remove it: {snapshot.typed.pixel_tui} run remove-leftovers {service.name}"
    running_twice = next((item for item in left if item.running), None)
    up = any(item.running for item in service.regular)
    if running_twice is not None and up:
        what = f"runs twice: {running_twice.name} is left over from a recreate"
        by_key = plain(_REMOVE_BY_KEY)
        return Finding(service.name, Severity.BROKEN, plain(what), NO_TEXT, plain(remove), by_key)
    what = "was not recreated completely" if up else "is down: its recreate was interrupted"
    return Finding(
        service.name,
        Severity.WARNING if up else Severity.BROKEN,
        plain(what),
        plain(f"{left[0].name} was created to replace the old container, but did not"),
        plain(remove if up else "Start it (s) or recreate it: leftovers are removed first."),
        plain(_REMOVE_BY_KEY if up else ""),
    )


def _is_young(container: Container, now: datetime, seconds: float) -> bool:
    created = container.created_at
    return created is not None and 0 <= (now - created).total_seconds() < seconds


def orphan(service: Service, snapshot: StackSnapshot, _now: datetime) -> Finding | None:
    """Find an orphan, which is not in the compose file."""
    if not service.orphan or not service.regular:
        return None
    return Finding(
        service.name,
        Severity.NOTE,
        plain("is an orphan"),
        plain("it is not in the compose file"),
        plain(f"If nothing needs it: {snapshot.typed.docker} rm -f {service.regular[0].name}"),
    )
