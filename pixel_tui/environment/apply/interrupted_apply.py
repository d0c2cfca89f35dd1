"""Finds the services that lack the environment of an interrupted apply. Pure."""

from datetime import UTC, datetime
from typing import Final

from pixel_tui.environment.apply.state import ApplyState
from pixel_tui.stack.model.container import HealthStatus
from pixel_tui.stack.model.snapshot import Service, ServiceState, StackSnapshot, SyncAction
from pixel_tui.text import SafeText, plain

_UP_TO_DATE: Final = {
    SyncAction.NOTHING,
    SyncAction.SCALE_UP,
    SyncAction.SCALE_DOWN,
    SyncAction.OFF,
    SyncAction.ORPHAN,
    SyncAction.PROVIDER,
}
"""Sync actions of services whose containers have the environment of the current file."""


def unapplied_services(
    left: ApplyState, snapshot: StackSnapshot, *, saved: bool
) -> dict[SafeText, SafeText]:
    """Return the services that do not run with the current file, each with the reason.

    Args:
        left: The apply.
        snapshot: The current stack.
        saved: Whether the file is the new one, so that containers from before have the old one.
    """
    found = ((item, _why_not(item, left, saved=saved)) for item in snapshot.services)
    return {item.name: plain(why) for item, why in found if item.name in left.watched and why}


def _why_not(service: Service, left: ApplyState, *, saved: bool) -> str:
    if service.leftovers:
        return "its recreate was interrupted"
    if not service.is_ok and service.name not in left.unhealthy_before:
        ill = service.health not in {HealthStatus.NONE, HealthStatus.HEALTHY}
        return (
            service.health.value
            if service.state is ServiceState.RUNNING and ill
            else service.state.value
        )
    sync = service.sync
    needs_start = sync.action is SyncAction.START or sync.needs_force
    ran = saved and service.state is ServiceState.DONE and needs_start
    if sync.action not in _UP_TO_DATE and not ran:
        return sync.action.value
    since = datetime.fromtimestamp(left.started_at if saved else 0.0, UTC)
    is_recreated = service.name in left.services
    times = [item.created_at if is_recreated else item.started_at for item in service.regular]
    # Compose does not notice a changed secret, or a mounted file.
    if any(at is not None and at < since for at in times):
        return "not recreated" if is_recreated else "not restarted"
    return ""
