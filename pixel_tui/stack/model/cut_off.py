"""What has lost a namespace that it shares with another container. Pure.

The engine makes the namespaces of a container anew at each start, and tells nobody who shared
those of before. Seen with 20.10, when the other container is restarted:

- What shares its *network* runs on, and has none.
- What shares its *IPC namespace* runs on with that of before, and with the `/dev/shm` of before.
- What shares its *PID namespace* is killed with it (137), since the first process of a namespace
  takes all others along. A restart policy starts it again, which fails for good where the other is
  not there yet.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

from pixel_tui.stack.model.container import Container, ContainerState, Namespace
from pixel_tui.stack.model.project import ServiceSpec
from pixel_tui.text import NO_TEXT, SafeText, plain

KILLED: Final = 137
TOGETHER: Final = timedelta(seconds=2)
"""As far apart are the ends of two containers, at most, of which one took the other along."""


def cut_off(
    spec: ServiceSpec | None, regular: Sequence[Container], lives: Mapping[str, Container]
) -> tuple[Namespace | None, SafeText]:
    """What a container has lost of what it shares, and why; nothing and no text where it has it.

    Args:
        spec: The service: what it shares is known by the compose file.
        regular: Its containers.
        lives: All containers of the project, by id.
    """
    owners = dict(spec.shares) if spec is not None else {}
    for container in regular:
        for kind, owner in container.shares:
            if kind in owners and (why := _why(kind, owners[kind], container, lives.get(owner))):
                return kind, plain(why)
    return None, NO_TEXT


def _why(kind: Namespace, service: str, container: Container, owner: Container | None) -> str:
    if kind is Namespace.PID:
        return _why_ended(service, container, owner)
    if container.state is not ContainerState.RUNNING:
        return ""
    if owner is None:
        return f"the container of {service} whose {kind.value} it shares is gone"
    if not owner.running:
        return f"{service}, whose {kind.value} it shares, does not run"
    started, since = owner.started_at, container.started_at
    if started is not None and since is not None and started > since:
        return f"{service}, whose {kind.value} it shares, was started after it"
    return ""


def _why_ended(service: str, container: Container, owner: Container | None) -> str:
    """Why it ended, where that was no end of its own."""
    if container.state is not ContainerState.EXITED or container.exit_code != KILLED:
        return ""
    if container.oom_killed:
        return ""
    if owner is None:
        return f"the container of {service} whose PID namespace it shares is gone"
    ended, with_it = owner.finished_at, container.finished_at
    if ended is None or with_it is None or abs(ended - with_it) > TOGETHER:
        return ""
    return f"it was killed with {service}, whose PID namespace it shares"
