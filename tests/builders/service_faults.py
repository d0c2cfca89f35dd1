"""Containers and services with problems, and their findings."""

from datetime import timedelta

from pixel_tui.health.findings import finding_of, findings
from pixel_tui.stack.model.container import (
    Container,
    ContainerState,
    Health,
    HealthStatus,
    Probe,
)
from pixel_tui.stack.model.project import ServiceSpec
from pixel_tui.stack.model.snapshot import (
    Service,
    ServiceState,
    Sync,
    SyncAction,
)
from pixel_tui.text import SafeText, plain
from tests.builders.findings import NOON, stack


def container(**changes: object) -> Container:
    fields: dict[str, object] = {
        "id": "1" * 64,
        "name": SafeText("shop-api-1"),
        "service": SafeText("api"),
        "state": ContainerState.RUNNING,
        "started_at": NOON - timedelta(hours=3),
    }
    return Container(**(fields | changes))  # type: ignore[arg-type]


def down(code: int = 1, **changes: object) -> Container:
    fields: dict[str, object] = {
        "state": ContainerState.EXITED,
        "exit_code": code,
        "finished_at": NOON - timedelta(minutes=65),
    }
    return container(**(fields | changes))


def service(*containers: Container, name: str = "api", **changes: object) -> Service:
    fields: dict[str, object] = {
        "name": plain(name),
        "spec": ServiceSpec(plain(name), plain("image")),
        "containers": containers,
        "state": ServiceState.RUNNING,
        "sync": Sync(SyncAction.NOTHING),
    }
    return Service(**(fields | changes))  # type: ignore[arg-type]


def probed(status: HealthStatus, *said: str) -> Health:
    probe = Probe(NOON, NOON, 7, tuple(plain(line) for line in said))
    return Health(status, failing_streak=4, probes=(probe,))


def first_finding(found: Service, *others: Service) -> tuple[str, str, str, str]:
    """Return the texts of the finding about the first of these services."""
    finding = next(
        item for item in findings(stack(found, *others), NOON) if item.service == found.name
    )
    return finding.severity.name, finding.what, finding.why, finding.hint


def finding_texts(found: Service, *others: Service) -> tuple[str, str, str]:
    """Return the finding about a service, ignoring other services."""
    finding = finding_of(found, stack(found, *others), NOON)
    assert finding is not None
    return finding.what, finding.why, finding.hint
