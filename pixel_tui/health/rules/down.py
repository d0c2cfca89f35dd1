"""Rules about services that should run but are down or have no container. Pure."""

from datetime import datetime

from pixel_tui.health.finding import Finding, Severity
from pixel_tui.health.wording import (
    down_since,
    exit_reason,
    memory_fix,
    start_fix,
    worst_container,
)
from pixel_tui.stack.model.obstacle import obstacle
from pixel_tui.stack.model.snapshot import Service, ServiceState, StackSnapshot
from pixel_tui.text import NO_TEXT, plain


def could_not_start(service: Service, _snapshot: StackSnapshot, _now: datetime) -> Finding | None:
    """Find a container that the engine could not start."""
    failed = next((item for item in service.regular if item.error and not item.running), None)
    if failed is None:
        return None
    return Finding(
        service.name,
        Severity.BROKEN,
        plain("could not be started"),
        failed.error,
        start_fix(service, "Fix the error that Docker reports, then start it (s)."),
    )


def dead(service: Service, snapshot: StackSnapshot, now: datetime) -> Finding | None:
    """Find a container that has exited but should run."""
    if service.state not in {ServiceState.EXITED, ServiceState.PARTIAL} or not service.wanted:
        return None
    container = worst_container(service)
    if container is None or container.running:
        return None
    why = exit_reason(container)
    if container.restarts:
        times = "once" if container.restarts == 1 else f"{container.restarts} times"
        why = plain(f"{why}, after the daemon had restarted it {times}")
    severity, words = Severity.BROKEN, "Check its logs (2), then start it (s)."
    if container.oom_killed:
        words = f"{memory_fix(container)} Then start it (s)."
    elif container.exit_code != 0 or service.spec is None or service.spec.restart_policy:
        pass
    elif snapshot.by_labels is not None and service.spec in snapshot.by_labels.services:
        severity, words = Severity.WARNING, "If it is not a task: start it (s)."
        why = plain(f"{why}, but compose can't read the project, so it may be a finished task")
    else:
        words = (
            'Start it (s). If it is a task that ran once: set restart: "no" in the compose file.'
        )
    return Finding(
        service.name,
        severity,
        down_since(container.finished_at, now, partly=service.state is ServiceState.PARTIAL),
        why,
        start_fix(service, words),
    )


def absent(service: Service, snapshot: StackSnapshot, _now: datetime) -> Finding | None:
    """Find a service without containers."""
    if service.state is not ServiceState.ABSENT:
        return None
    if snapshot.other_names:
        other = snapshot.other_names[0]
        return Finding(
            service.name,
            Severity.BROKEN,
            plain("has no container"),
            plain(f"the containers of this folder belong to project {other}"),
            plain(f"Start pixel-tui with -p {other}."),
        )
    if (found := obstacle(service, snapshot)) is not None:
        words = plain("has no container")
        return Finding(service.name, Severity.BROKEN, words, found.why, found.fix)
    broken = _broken_dependency(service, snapshot)
    return Finding(
        service.name,
        Severity.BROKEN,
        plain("has no container"),
        plain(f"it waits for {broken}" if broken else _one_off_note(service)),
        plain(f"Start it: {snapshot.typed.compose} up -d {service.name}"),
        plain("Start it (s)."),
    )


def _one_off_note(service: Service) -> str:
    """Explain one-off containers, which may be mistaken for the service."""
    names = [container.name for container in service.oneoffs]
    if not names:
        return ""
    what = "is a one-off" if len(names) == 1 else "are one-offs"
    return f"{' and '.join(names)} {what} of `docker compose run`, not the service"


def created(service: Service, snapshot: StackSnapshot, _now: datetime) -> Finding | None:
    """Find a container that was created and never started."""
    if service.state is not ServiceState.CREATED or not service.wanted:
        return None
    if service.missing and (found := obstacle(service, snapshot)) is not None:
        words = plain("was created and never started")
        return Finding(service.name, Severity.BROKEN, words, found.why, found.fix)
    broken = _broken_dependency(service, snapshot)
    return Finding(
        service.name,
        Severity.BROKEN,
        plain("was created and never started"),
        plain(f"it waits for {broken}" if broken else ""),
        start_fix(
            service, "Fix what it waits for, then start it (s)." if broken else "Start it (s)."
        ),
    )


def _broken_dependency(service: Service, snapshot: StackSnapshot) -> str:
    for dependency in service.spec.depends_on if service.spec else ():
        needed = snapshot.service(dependency.service)
        if needed is not None and not needed.is_ok:
            return dependency.service
    return ""


def paused(service: Service, snapshot: StackSnapshot, _now: datetime) -> Finding | None:
    """Find a paused service."""
    if service.state is not ServiceState.PAUSED:
        return None
    return Finding(
        service.name,
        Severity.BROKEN,
        plain("is paused: it keeps its memory, but does not respond"),
        NO_TEXT,
        plain(
            f"Unpause it: {snapshot.typed.compose} unpause {service.name}"
            if snapshot.project_trouble is None
            else f"Unpause it: {snapshot.typed.docker} unpause "
            + " ".join(item.name for item in service.members)
        ),
    )
