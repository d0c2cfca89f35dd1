"""The containers of workers, from the snapshot of the stack."""

import re
from dataclasses import dataclass
from typing import Final

from pixel_tui.stack.model.container import Container, ContainerState
from pixel_tui.stack.model.snapshot import StackSnapshot
from pixel_tui.stack.model.words import exit_words
from pixel_tui.text import NO_TEXT, SafeText, plain

SERVICE: Final = "worker"
"""The service whose one-off containers are workers."""
BRAIN: Final = "syntropy"
"""The service that queues tasks, and that a rebuild replaces."""
_NAME: Final = re.compile(r"(?:.*[-_])?worker-(?P<rebuild>rebuild-)?(?P<short>[0-9A-Za-z]{8})")


@dataclass(frozen=True, slots=True)
class Worker:
    """A container that works, or worked, on a task."""

    container: Container
    task: SafeText
    """The id of its task, from its environment; empty if not set."""
    short: str
    """The first eight characters of that id, from its name; empty if not in it."""
    rebuild: bool = False

    @property
    def up(self) -> bool:
        """Whether it runs or restarts."""
        return self.container.running or self.container.state is ContainerState.RESTARTING

    @property
    def words(self) -> SafeText:
        """Its state: `running`, `exited, exit code 137 (SIGKILL)`."""
        container = self.container
        if container.exit_code is None:
            return SafeText(container.state.value)
        why = exit_words(container.exit_code, oom_killed=container.oom_killed)
        return plain(f"{container.state.value}, {why}")

    def works_on(self, task_id: str) -> bool:
        """Whether it is the worker of this task."""
        if self.task:
            return self.task == task_id
        return bool(self.short) and task_id.startswith(self.short)


def container_name(task_id: str, *, rebuild: bool = False) -> str:
    """Return the name of a task's container, by which other programs find it."""
    return f"pixel-worker-{'rebuild-' if rebuild else ''}{task_id[:8]}"


def workers_of(snapshot: StackSnapshot) -> tuple[Worker, ...]:
    """Return the workers of a stack, running ones first, then the newest first."""
    found = [
        worker
        for service in snapshot.services
        for container in service.containers
        if (worker := _worker(container)) is not None
    ]
    found.sort(key=lambda item: item.container.created_at.timestamp()
               if item.container.created_at else 0.0, reverse=True)  # fmt: skip
    return tuple(sorted(found, key=lambda item: not item.up))


def _worker(container: Container) -> Worker | None:
    match = _NAME.fullmatch(container.name)
    if container.service != SERVICE and not (container.oneoff and match):
        return None
    task = next((item.value for item in container.environment if item.name == "TASK_ID"), NO_TEXT)
    return Worker(
        container,
        task=task,
        short=match["short"] if match else "",
        rebuild=bool(match and match["rebuild"]),
    )


def worker_timeout(snapshot: StackSnapshot) -> float:
    """Return the seconds after which a worker is killed, from its own or syntropy's environment."""
    found = [
        entry.value
        for name in (SERVICE, BRAIN)
        if (service := snapshot.service(name)) is not None
        for container in service.containers
        for entry in container.environment
        if entry.name == "WORKER_TIMEOUT_SECONDS"
    ]
    for value in found:
        if value.isdecimal() and 0 < int(value) < 10_000_000:
            return float(value)
    return TIMEOUT_SECONDS


TIMEOUT_SECONDS: Final = 2700.0
"""The default timeout of a worker."""
