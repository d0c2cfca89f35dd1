"""From a snapshot and usage to the rows of the service table. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from pixel_tui.humanize import memory_size
from pixel_tui.redaction.known import masked_text
from pixel_tui.stack.model.container import (
    Container,
    ContainerState,
    HealthStatus,
    Port,
    Usage,
    UsageTable,
)
from pixel_tui.stack.model.snapshot import Service, ServiceState, StackSnapshot, SyncAction
from pixel_tui.stack.model.target_ref import TargetRef
from pixel_tui.stack.model.words import code_words
from pixel_tui.text import SafeText, plain
from widgets.rows.numbers import NOTHING, cpu_share, rate_pair, share, since
from widgets.rows.table import Cell, ColumnFormat, SortValue, Tone


class Column(StrEnum):
    """The columns of the service table."""

    SERVICE = "service"
    STATE = "state"
    HEALTH = "health"
    CPU = "cpu"
    MEMORY = "memory"
    SYNC = "sync"
    UPTIME = "uptime"
    RESTARTS = "restarts"
    EXIT = "exit"
    PORTS = "ports"
    NETWORK = "network"
    DISK = "disk"
    IMAGE = "image"


FORMATS: Final[Mapping[Column, ColumnFormat]] = {
    Column.SERVICE: ColumnFormat("SERVICE", 20),
    Column.STATE: ColumnFormat("STATE", 12),
    Column.HEALTH: ColumnFormat("HEALTH", 11),
    Column.CPU: ColumnFormat("CPU/core", 8, right=True),
    Column.MEMORY: ColumnFormat("MEMORY", 11, right=True),
    Column.SYNC: ColumnFormat("SYNC", 10),
    Column.UPTIME: ColumnFormat("UPTIME", 7, right=True),
    Column.RESTARTS: ColumnFormat("RESTARTS", 8, right=True),
    Column.EXIT: ColumnFormat("LAST EXIT", 14),
    Column.PORTS: ColumnFormat("PORTS", 22),
    Column.NETWORK: ColumnFormat("NET in out/s", 12, right=True),
    Column.DISK: ColumnFormat("DISK r w/s", 12, right=True),
    Column.IMAGE: ColumnFormat("IMAGE", 28),
}
"""The columns by priority: a narrow table shows the first ones."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row: a service, or one container of a service that has several."""

    target: TargetRef
    """The target of actions on the row."""
    name: str
    """The service's name, or the container's."""
    cells: Mapping[Column, Cell]
    order: Mapping[Column, SortValue] = field(compare=False)
    branch: str = ""
    """The branch before a container's name; empty for a service."""

    @property
    def key(self) -> str:
        """`service` or `service/container`, by name, which a recreate keeps."""
        return self.name if self.container_id is None else f"{self.service}/{self.name}"

    @property
    def service(self) -> str:
        """The name of the service."""
        return self.target.name

    @property
    def container_id(self) -> str | None:
        """The id of the container; None for a service."""
        return self.target.container_id


_STATE: Final[Mapping[ServiceState, tuple[str, Tone]]] = {
    ServiceState.RUNNING: ("● running", Tone.GOOD),
    ServiceState.PARTIAL: ("◐ partly", Tone.WARN),
    ServiceState.RESTARTING: ("↻ restarting", Tone.BAD),
    ServiceState.PAUSED: ("‖ paused", Tone.WARN),
    ServiceState.CREATED: ("○ created", Tone.WARN),
    ServiceState.EXITED: ("■ exited", Tone.BAD),
    ServiceState.DONE: ("✓ done", Tone.MUTED),
    ServiceState.ABSENT: ("□ absent", Tone.BAD),
    ServiceState.OFF: ("· off", Tone.MUTED),
    ServiceState.UNKNOWN: ("? unknown", Tone.MUTED),
}
_CONTAINER_STATE: Final[Mapping[ContainerState, ServiceState]] = {
    ContainerState.RUNNING: ServiceState.RUNNING,
    ContainerState.RESTARTING: ServiceState.RESTARTING,
    ContainerState.PAUSED: ServiceState.PAUSED,
    ContainerState.CREATED: ServiceState.CREATED,
    ContainerState.EXITED: ServiceState.EXITED,
    ContainerState.DEAD: ServiceState.EXITED,
    ContainerState.REMOVING: ServiceState.EXITED,
    ContainerState.UNKNOWN: ServiceState.UNKNOWN,
}
_HEALTH: Final[Mapping[HealthStatus, tuple[str, Tone]]] = {
    HealthStatus.NONE: ("–", Tone.MUTED),
    HealthStatus.STARTING: ("◌ starting", Tone.NOTE),
    HealthStatus.HEALTHY: ("✓ healthy", Tone.GOOD),
    HealthStatus.UNHEALTHY: ("✗ unhealthy", Tone.BAD),
}
_SYNC: Final[Mapping[SyncAction, Tone]] = {
    SyncAction.NOTHING: Tone.MUTED,
    SyncAction.OFF: Tone.MUTED,
    SyncAction.PROVIDER: Tone.MUTED,
    SyncAction.UNKNOWN: Tone.MUTED,
    SyncAction.ORPHAN: Tone.WARN,
}
_TROUBLE_ORDER: Final = (
    ServiceState.RESTARTING,
    ServiceState.EXITED,
    ServiceState.ABSENT,
    ServiceState.PARTIAL,
    ServiceState.PAUSED,
    ServiceState.CREATED,
    ServiceState.UNKNOWN,
    ServiceState.RUNNING,
    ServiceState.DONE,
    ServiceState.OFF,
)
_HEALTH_ORDER: Final = (
    HealthStatus.UNHEALTHY,
    HealthStatus.STARTING,
    HealthStatus.HEALTHY,
    HealthStatus.NONE,
)


def service_rows(
    snapshot: StackSnapshot,
    usage: UsageTable,
    now: datetime,
    *,
    restarted: frozenset[str] = frozenset(),
) -> list[tuple[Row, list[Row]]]:
    """The row of each service, with the rows of its containers if there are several.

    Args:
        snapshot: The stack.
        usage: The CPU and memory usage of running containers.
        now: The time, for uptimes.
        restarted: The ids of the containers that were restarted recently.
    """
    return [
        (
            _service_row(service, usage, now, restarted),
            [_container_row(service, item, usage, now, restarted) for item in _members(service)],
        )
        for service in snapshot.services
    ]


def _members(service: Service) -> Sequence[Container]:
    """The containers that have a row."""
    if len(service.containers) > 1 or service.oneoffs:
        return service.containers
    return ()


def _service_row(
    service: Service, usage: UsageTable, now: datetime, restarted: frozenset[str]
) -> Row:
    shown = service.members
    total = _total([usage[item.id] for item in shown if item.id in usage])
    state_text, state_tone = _STATE[service.state]
    if service.state is ServiceState.PARTIAL and service.spec:
        running = sum(item.state is ContainerState.RUNNING for item in service.regular)
        state_text = f"◐ {running} of {max(service.spec.replicas, len(service.regular))} up"
    started = [item.started_at for item in shown if item.running and item.started_at]
    oldest = min(started) if started else None
    newest_dead = _last_dead(shown)
    image = service.spec.image if service.spec else shown[0].image if shown else SafeText("")
    facts = _Facts(
        state=(SafeText(state_text), state_tone, _TROUBLE_ORDER.index(service.state)),
        health=service.health,
        streak=max((item.health.failing_streak for item in shown if item.health), default=0),
        sync=(service.sync_words, _SYNC.get(service.sync.action, Tone.WARN)),
        started=oldest,
        restarts=service.restarts,
        restarted_recently=any(item.id in restarted for item in shown),
        dead=newest_dead,
        ports=tuple(port for item in shown for port in item.ports)
        or (service.spec.ports if service.spec else ()),
        image=plain(masked_text(image)),
        usage=total,
    )
    mark = f" ×{len(service.regular)}" if len(service.regular) > 1 else ""
    return Row(
        target=TargetRef(service.name),
        name=service.name,
        cells=_cells(plain(f"{service.name}{mark}"), facts, now),
        order=_order(service.name, facts, now),
    )


def _container_row(
    service: Service,
    container: Container,
    usage: UsageTable,
    now: datetime,
    restarted: frozenset[str],
) -> Row:
    state = _CONTAINER_STATE[container.state]
    text, tone = _STATE[state]
    if state is ServiceState.EXITED and container.exit_code == 0 and container.oneoff:
        text, tone = _STATE[ServiceState.DONE]
    facts = _Facts(
        state=(SafeText(text), tone, _TROUBLE_ORDER.index(state)),
        health=container.health_status,
        streak=container.health.failing_streak if container.health else 0,
        sync=(_mark(service, container), Tone.MUTED),
        started=container.started_at if container.running else None,
        restarts=container.restarts,
        restarted_recently=container.id in restarted,
        dead=container if not container.running and container.exit_code is not None else None,
        ports=container.ports,
        image=container.image,
        usage=usage.get(container.id),
    )
    return Row(
        target=TargetRef(service.name, container.id),
        name=container.name,
        cells=_cells(container.name, facts, now),
        order=_order(container.name, facts, now),
        branch="└ " if container is _members(service)[-1] else "├ ",
    )


@dataclass(frozen=True, slots=True)
class _Facts:
    """The values of a row, of a service or a container."""

    state: tuple[SafeText, Tone, int]
    health: HealthStatus
    streak: int
    sync: tuple[SafeText, Tone]
    started: datetime | None
    restarts: int
    restarted_recently: bool
    dead: Container | None
    ports: tuple[Port, ...]
    image: SafeText
    usage: Usage | None


def _cells(name: SafeText, facts: _Facts, now: datetime) -> dict[Column, Cell]:
    health_text, health_tone = _HEALTH[facts.health]
    used = facts.usage
    restarts = f"{facts.restarts}{' ↑' if facts.restarted_recently else ''}"
    return {
        Column.SERVICE: Cell(name),
        Column.STATE: Cell(facts.state[0], facts.state[1]),
        Column.HEALTH: Cell(SafeText(health_text), health_tone),
        Column.CPU: Cell(cpu_share(used.cpu if used else None), _load_tone(used)),
        Column.MEMORY: Cell(_memory(used), _memory_tone(used)),
        Column.SYNC: Cell(facts.sync[0], facts.sync[1]),
        Column.UPTIME: Cell(since(facts.started, now)),
        Column.RESTARTS: Cell(
            SafeText(restarts if facts.restarts else "0"),
            Tone.BAD if facts.restarted_recently else Tone.WARN if facts.restarts else Tone.MUTED,
        ),
        Column.EXIT: _exit_cell(facts.dead),
        Column.PORTS: Cell(plain(ports_text(facts.ports)), Tone.MUTED),
        Column.NETWORK: Cell(rate_pair(used.received, used.sent) if used else NOTHING, Tone.MUTED),
        Column.DISK: Cell(rate_pair(used.read, used.written) if used else NOTHING, Tone.MUTED),
        Column.IMAGE: Cell(facts.image, Tone.MUTED),
    }


def _order(name: str, facts: _Facts, now: datetime) -> dict[Column, SortValue]:
    """The sort value of each column; problems come first."""
    used = facts.usage
    seconds = (now - facts.started).total_seconds() if facts.started else -1.0
    return {
        Column.SERVICE: (0, 0.0, name),
        Column.STATE: (facts.state[2], 0.0, name),
        Column.HEALTH: (_HEALTH_ORDER.index(facts.health), -float(facts.streak), name),
        Column.CPU: (0, -(used.cpu or 0.0) if used else 1.0, name),
        Column.MEMORY: (0, -float(used.memory) if used else 1.0, name),
        Column.SYNC: (0 if facts.sync[1] is Tone.WARN else 1, 0.0, f"{facts.sync[0]} {name}"),
        Column.UPTIME: (0 if facts.started else 1, seconds, name),
        Column.RESTARTS: (0, -float(facts.restarts), name),
        Column.EXIT: (0, -float(facts.dead.exit_code or 0), name) if facts.dead else (1, 0.0, name),
        Column.PORTS: (0, float(min((p.container_port for p in facts.ports), default=99999)), name),
        Column.NETWORK: (0, -((used.received or 0) + (used.sent or 0)) if used else 1.0, name),
        Column.DISK: (0, -((used.read or 0) + (used.written or 0)) if used else 1.0, name),
        Column.IMAGE: (0, 0.0, f"{facts.image} {name}"),
    }


def _mark(service: Service, container: Container) -> SafeText:
    if container.oneoff:
        return SafeText("run")
    return SafeText("leftover" if container in service.leftovers else "")


def _memory(used: Usage | None) -> SafeText:
    if used is None:
        return NOTHING
    if not used.memory_limit:
        return memory_size(used.memory)
    return SafeText(f"{memory_size(used.memory)} {share(used.memory, used.memory_limit):>4}")


def _memory_tone(used: Usage | None) -> Tone:
    if used is None or not used.memory_limit:
        return Tone.PLAIN if used else Tone.MUTED
    part = used.memory / used.memory_limit
    return Tone.BAD if part >= 0.95 else Tone.WARN if part >= 0.8 else Tone.PLAIN


def _load_tone(used: Usage | None) -> Tone:
    if used is None or used.cpu is None:
        return Tone.MUTED
    return Tone.WARN if used.cpu >= 0.9 else Tone.PLAIN


def _exit_cell(dead: Container | None) -> Cell:
    if dead is None or dead.exit_code is None:
        return Cell(NOTHING, Tone.MUTED)
    # The column has no room for "out of memory".
    words = SafeText(f"{dead.exit_code} (OOM)") if dead.oom_killed else code_words(dead.exit_code)
    return Cell(words, Tone.BAD if dead.exit_code or dead.oom_killed else Tone.MUTED)


def _last_dead(containers: Sequence[Container]) -> Container | None:
    dead = [item for item in containers if not item.running and item.exit_code is not None]
    return (
        max(dead, key=lambda item: item.finished_at.timestamp() if item.finished_at else 0.0)
        if dead
        else None
    )


def ports_text(ports: Sequence[Port]) -> str:
    """Published ports as `host→container`, local ones with a mark, then exposed ports."""
    return " ".join(dict.fromkeys(_port_texts(ports)))


def _port_texts(ports: Sequence[Port]) -> Iterator[str]:
    for port in sorted(ports, key=lambda item: (item.host_port is None, item.host_port or 0)):
        suffix = "" if port.protocol == "tcp" else f"/{port.protocol}"
        if port.host_port is None:
            yield f"{port.container_port}{suffix}"
            continue
        place = "lo:" if port.host_ip in {"127.0.0.1", "::1"} else ""
        yield f"{place}{port.host_port}→{port.container_port}{suffix}"


def _total(parts: Sequence[Usage]) -> Usage | None:
    """The total usage of several containers."""
    if len(parts) < 2:
        return parts[0] if parts else None
    limits = [part.memory_limit for part in parts]
    return Usage(
        cpu=_sum([part.cpu for part in parts]),
        memory=sum(part.memory for part in parts),
        memory_limit=sum(filter(None, limits)) if all(limits) else None,
        received=_sum([part.received for part in parts]),
        sent=_sum([part.sent for part in parts]),
        read=_sum([part.read for part in parts]),
        written=_sum([part.written for part in parts]),
    )


def _sum(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None
