"""Containers that have lost a namespace that they share with another container. Pure.

The engine creates the namespaces of a container at each start, and does not notify the containers
that shared the previous ones. Observed with Docker 20.10, when the owner is restarted:

- A container that shares its *network* continues, without a network.
- A container that shares its *IPC namespace* continues in the previous one, with the previous
  `/dev/shm`.
- A container that shares its *PID namespace* is killed with it (137), because all processes of a
  namespace end with its first. A restart policy starts it again, which fails for good if the owner
  is not running yet.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

from pixel_tui.stack.model.container import Container, ContainerState, Namespace
from pixel_tui.stack.model.project import ServiceSpec
from pixel_tui.text import NO_TEXT, SafeText, plain

KILLED: Final = 137
EXIT_TOLERANCE: Final = timedelta(seconds=2)
"""At most this long between the exits of two containers if one was killed with the other."""


def cut_off(
    spec: ServiceSpec | None,
    regular: Sequence[Container],
    containers_by_id: Mapping[str, Container],
) -> tuple[Namespace | None, SafeText]:
    """Return the namespace that a container of a service has lost, and why; (None, "") if none.

    Args:
        spec: The service; only the namespaces that it shares by the compose file are checked.
        regular: Its containers.
        containers_by_id: All containers of the project, by id.
    """
    owners = dict(spec.shares) if spec is not None else {}
    for container in regular:
        for kind, owner in container.shares:
            if kind in owners and (
                why := _reason(kind, owners[kind], container, containers_by_id.get(owner))
            ):
                return kind, plain(why)
    return None, NO_TEXT


def _reason(kind: Namespace, service: str, container: Container, owner: Container | None) -> str:
    if kind is Namespace.PID:
        return _exit_reason(service, container, owner)
    if container.state is not ContainerState.RUNNING:
        return ""
    if owner is None:
        return f"the container of {service} whose {kind.value} it shares is gone"
    if not owner.running:
        return f"{service}, whose {kind.value} it shares, is not running"
    started, since = owner.started_at, container.started_at
    if started is not None and since is not None and started > since:
        return f"{service}, whose {kind.value} it shares, was started after it"
    return ""


def _exit_reason(service: str, container: Container, owner: Container | None) -> str:
    """Return why a container exited with the owner of its PID namespace; empty if it did not."""
    if container.state is not ContainerState.EXITED or container.exit_code != KILLED:
        return ""
    if container.oom_killed:
        return ""
    if owner is None:
        return f"the container of {service} whose PID namespace it shares is gone"
    ended, with_it = owner.finished_at, container.finished_at
    if ended is None or with_it is None or abs(ended - with_it) > EXIT_TOLERANCE:
        return ""
    return f"it was killed with {service}, whose PID namespace it shares"
