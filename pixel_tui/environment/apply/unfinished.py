"""Which services an apply that was left half done has not reached. Pure."""

from datetime import UTC, datetime
from typing import Final

from pixel_tui.environment.apply.state import ApplyState
from pixel_tui.stack.model.container import HealthStatus
from pixel_tui.stack.model.snapshot import Service, ServiceState, StackSnapshot, SyncAction
from pixel_tui.text import SafeText, plain

_IN_FORCE: Final = {
    SyncAction.NOTHING,
    SyncAction.SCALE_UP,
    SyncAction.SCALE_DOWN,
    SyncAction.OFF,
    SyncAction.ORPHAN,
    SyncAction.PROVIDER,
}
"""What has containers has them in the environment that the file has now."""

_ILL: Final = {HealthStatus.STARTING, HealthStatus.UNHEALTHY}


def not_reached(
    left: ApplyState, snapshot: StackSnapshot, *, saved: bool
) -> dict[SafeText, SafeText]:
    """The services that do not run with the file as it is, and why it is said of each.

    Args:
        left: The apply.
        snapshot: The stack as it is now.
        saved: The file is the new one: what was made before the apply has the old one.
    """
    found = ((item, _why_not(item, left, saved=saved)) for item in snapshot.services)
    return {item.name: plain(why) for item, why in found if item.name in left.watched and why}


def _why_not(service: Service, left: ApplyState, *, saved: bool) -> str:
    if service.leftovers:
        return "its recreate was interrupted"
    if not service.is_ok and service.name not in left.unwell:
        ill = service.health not in {HealthStatus.NONE, HealthStatus.HEALTHY}
        return (
            service.health.value
            if service.state is ServiceState.RUNNING and ill
            else service.state.value
        )
    sync = service.sync
    again = sync.action is SyncAction.START or sync.needs_force
    ran = saved and service.state is ServiceState.DONE and again
    if sync.action not in _IN_FORCE and not ran:
        return sync.action.value
    since = datetime.fromtimestamp(left.began if saved else 0.0, UTC)
    made = service.name in left.services
    times = [item.created_at if made else item.started_at for item in service.regular]
    # What compose takes for the same may have changed in a secret, or in a file that is read.
    if any(at is not None and at < since for at in times):
        return "not recreated" if made else "not restarted"
    return ""
