"""Detects containers in a restart loop. Pure.

Engine 20.10 waits 0.1 s before the first restart and doubles that before each further one, so the
fifth comes after about three seconds. A manual start resets the count, so it counts the restarts
since the last step that started the container.
"""

from collections.abc import Collection
from typing import Final

from pixel_tui.health.restarts import STABLE_SECONDS
from pixel_tui.operations.planning.dependencies import dependencies_of
from pixel_tui.stack.model.container import Container, ContainerState, HealthStatus
from pixel_tui.stack.model.snapshot import StackSnapshot

LOOP_RESTARTS: Final = 5
"""Enough restarts for most services that only wait for a slow dependency."""


def is_looping(container: Container) -> bool:
    """Whether a container was restarted often, and failed the last time as far as known."""
    if container.restarts < LOOP_RESTARTS:
        return False
    if container.state is ContainerState.RESTARTING:
        return container.exit_code not in {None, 0}
    return container.state is ContainerState.RUNNING  # the last exit code is unknown


def may_come_up(container_id: str, planned: Collection[str], snapshot: StackSnapshot) -> bool:
    """Whether a container in a restart loop may be waiting for a service that is starting.

    Args:
        container_id: The id of the container.
        planned: The services that the plan starts, which may be undeclared dependencies.
        snapshot: The stack.
    """
    container = snapshot.container(container_id)
    if container is None:
        return True
    project = snapshot.model
    needed = dependencies_of(project, [container.service]) if project is not None else {}
    for name in {*needed, *planned} - {container.service}:
        service = snapshot.service(name)
        if service is not None and any(_is_starting(item, snapshot) for item in service.regular):
            return True
    return False


def _is_starting(container: Container, snapshot: StackSnapshot) -> bool:
    if is_looping(container):
        return False
    if container.state is ContainerState.RESTARTING:
        return True
    if not container.running or container.started_at is None or snapshot.taken_at is None:
        return False
    # The engine's clock may be ahead of ours.
    young = abs((snapshot.taken_at - container.started_at).total_seconds()) < STABLE_SECONDS
    return young or container.health_status is HealthStatus.STARTING
