"""The output of `pixel-tui status` as text and JSON."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from pixel_tui.health.finding import Finding, Severity
from pixel_tui.health.findings import finding_of
from pixel_tui.health.rules.sync import is_of_old_content
from pixel_tui.health.stack_findings import stack_findings
from pixel_tui.late_pattern import LatePattern
from pixel_tui.stack.model.container import Container, HealthStatus, Port
from pixel_tui.stack.model.json_value import JsonObject, JsonValue
from pixel_tui.stack.model.snapshot import Service, StackSnapshot
from pixel_tui.stack.model.words import code_words

VERSION: Final = 1
HEADINGS: Final = (
    "SERVICE", "STATE", "HEALTH", "SYNC", "RESTARTS", "LAST EXIT", "CONTAINER",
)  # fmt: skip
_KEY: Final = LatePattern(r" \([a-z0-9]\)")
"""The console's key in a hint, which is useless in a shell."""


def all_healthy(snapshot: StackSnapshot) -> bool:
    """Whether everything that should run is known, running, healthy and stable.

    Also False if there is a finding that is a warning or worse; notes are allowed.
    """
    stack_problem = any(item.severity >= Severity.WARNING for item in stack_findings(snapshot))
    is_known = snapshot.project_trouble is None and not stack_problem
    return is_known and all(_is_healthy(item, snapshot) for item in snapshot.services)


def _is_healthy(service: Service, snapshot: StackSnapshot) -> bool:
    return service.is_ok and not _has_problem(service, snapshot)


def _has_problem(service: Service, snapshot: StackSnapshot) -> bool:
    """Whether it has a finding that is more than a note."""
    finding = _finding(service, snapshot)
    return finding is not None and finding.severity >= Severity.WARNING


def reasons(snapshot: StackSnapshot) -> Iterable[str]:
    """Yield why services are not healthy, or may have an old secret, in a sentence or two each."""
    for service in snapshot.services:
        finding = _finding(service, snapshot)
        if finding is None:
            continue
        is_reason = finding.severity >= Severity.WARNING or not service.is_ok
        if not is_reason and not is_of_old_content(finding, snapshot):
            continue
        why = f": {finding.why}" if finding.why else ""
        yield f"{service.name} {finding.what}{why}. {shell_fix(finding)}".rstrip()


def _finding(service: Service, snapshot: StackSnapshot) -> Finding | None:
    at = snapshot.taken_at
    return None if at is None else finding_of(service, snapshot, at)


def shell_fix(finding: Finding) -> str:
    """Return the hint of a finding without keys of the console."""
    return _KEY.sub("", finding.hint)


def as_json(snapshot: StackSnapshot, *, read_only: bool) -> JsonObject:
    """Return the stack as JSON (`docs/status.schema.json`): ISO 8601 UTC times, sizes in bytes."""
    engine, project = snapshot.engine, snapshot.model
    return {
        "version": VERSION,
        "taken_at": _time(snapshot.taken_at),
        "project": snapshot.project_name,
        "directory": (project.directory or None) if project else None,
        "project_error": snapshot.project_trouble.what if snapshot.project_trouble else None,
        "engine": {
            "address": engine.address,
            "context": engine.context,
            "version": engine.version,
            "api_version": engine.api_version,
            "host": engine.host_name,
            "cpus": engine.cpus,
            "memory": engine.memory,
        },
        "read_only": read_only,
        "well": all_healthy(snapshot),
        "services": [_service(item, snapshot) for item in snapshot.services if not item.orphan],
        "orphans": [
            _container(service, item)
            for service in snapshot.services
            if service.orphan
            for item in service.containers
        ],
    }


def _service(service: Service, snapshot: StackSnapshot) -> JsonObject:
    spec = service.spec
    return {
        "name": service.name,
        "profiles": list(spec.profiles) if spec else [],
        "active": spec.active if spec else False,
        "replicas": spec.replicas if spec else 0,
        "state": service.state.value,
        "health": service.health.value,
        "well": _is_healthy(service, snapshot),
        "finding": _finding_json(_finding(service, snapshot)),
        "sync": {"action": service.sync.action.value, "reason": service.sync.reason},
        "restarts": service.restarts,
        "containers": [_container(service, container) for container in service.containers],
    }


def _finding_json(finding: Finding | None) -> JsonValue:
    if finding is None:
        return None
    return {
        "severity": finding.severity.name.lower(),
        "what": finding.what,
        "why": finding.why,
        "fix": shell_fix(finding),
    }


def _container(service: Service, container: Container) -> JsonObject:
    return {
        "id": container.id,
        "name": container.name,
        "service": container.service,
        "oneoff": container.oneoff,
        "leftover": container in service.leftovers,
        "state": container.state.value,
        "health": container.health_status.value,
        "exit_code": container.exit_code,
        "oom_killed": container.oom_killed,
        "restarts": container.restarts,
        "created_at": _time(container.created_at),
        "started_at": _time(container.started_at),
        "finished_at": _time(container.finished_at),
        "image": container.image,
        "image_id": container.image_id,
        "memory_limit": container.memory_limit,
        "ports": [_port(port) for port in container.ports],
    }


def _port(port: Port) -> JsonObject:
    return {
        "container_port": port.container_port,
        "protocol": port.protocol,
        "host_ip": port.host_ip or None,
        "host_port": port.host_port,
    }


def _time(at: datetime | None) -> JsonValue:
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z") if at else None


def as_table(snapshot: StackSnapshot) -> str:
    """Return a table with a line per service, and one per further container."""
    rows: list[tuple[str, ...]] = [HEADINGS]
    for service in snapshot.services:
        rows += _table_rows(service)
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(_table_line(row, widths) for row in rows)


def _table_rows(service: Service) -> Iterable[tuple[str, ...]]:
    first = service.members[0] if service.members else None
    yield (
        service.name,
        service.state.value,
        _health(service.health),
        service.sync_words,
        str(service.restarts),
        _exit(first),
        first.name if first else "-",
    )
    for container in service.containers:
        if container is first:
            continue
        yield (
            f"  {container.name}",
            container.state.value,
            _health(container.health_status),
            "run" if container.oneoff else "leftover" if container in service.leftovers else "",
            str(container.restarts),
            _exit(container),
            container.name,
        )


def _health(status: HealthStatus) -> str:
    return "-" if status is HealthStatus.NONE else status.value


def _exit(container: Container | None) -> str:
    if container is None or container.exit_code is None:
        return "-"
    return code_words(container.exit_code, oom_killed=container.oom_killed)


def _table_line(row: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
