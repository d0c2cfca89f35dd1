"""Whether a container that its policy restarts again and again is given up. Pure.

Seen with engine 20.10: it waits 0.1 s before the first restart and twice as long before each
further one, so that the fifth comes after three seconds of waiting. It counts from zero once the
container is started by hand, so that the count is of the time since a step that did so.
"""

from collections.abc import Collection
from typing import Final

from pixel_tui.health.restarts import STABLE_SECONDS
from pixel_tui.operations.planning.dependencies import dependencies_of
from pixel_tui.stack.model.container import Container, ContainerState, HealthStatus
from pixel_tui.stack.model.snapshot import StackSnapshot

LOOP_RESTARTS: Final = 5
"""What fails because something else is slow to start has often come up by then."""


def is_looping(container: Container) -> bool:
    """Whether it was restarted often, and failed the last time as far as one can see."""
    if container.restarts < LOOP_RESTARTS:
        return False
    if container.state is ContainerState.RESTARTING:
        return container.exit_code not in {None, 0}
    return container.state is ContainerState.RUNNING  # for a moment: how it ended is not told


def may_come_up(container_id: str, planned: Collection[str], snapshot: StackSnapshot) -> bool:
    """Whether a looping container may wait for something that is only just starting.

    Args:
        container_id: The container's.
        planned: The services that the plan starts: who does not say what it needs may need these.
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
