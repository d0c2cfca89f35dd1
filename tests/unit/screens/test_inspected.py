"""All panes show the newest inspect results of a service."""

from dataclasses import dataclass, replace
from typing import cast

from pixel_tui.clock import FixedClock
from pixel_tui.stack.model.container import Container, Health, HealthStatus
from pixel_tui.stack.model.snapshot import StackSnapshot
from pixel_tui.stack.watch.observer import Observer
from screens.dashboard.inspected import InspectedServices
from tests.builders.actions import NOW, container, spec, stack


@dataclass
class SnapshotOnly:
    """An observer with only a snapshot."""

    snapshot: StackSnapshot


def agent(streak: int, status: HealthStatus = HealthStatus.UNHEALTHY) -> Container:
    return container("agent", health=Health(status, streak))


def seen(streak: int) -> StackSnapshot:
    return stack(agent(streak), specs=(spec("agent"),))


def inspected(observer: SnapshotOnly) -> InspectedServices:
    return InspectedServices(cast("Observer", observer), FixedClock(NOW), read_only=False, bound={})


def what(services: InspectedServices) -> str:
    finding = services.finding("agent")
    return finding.what if finding is not None else ""


def test_a_finding_has_the_count_of_the_newer_health_log() -> None:
    services = inspected(SnapshotOnly(seen(54)))
    assert "54" in what(services)
    services.update({agent(55).id: agent(55)})
    assert "55" in what(services)
    service = services.service("agent")
    assert service is not None
    assert service.containers == (agent(55),)


def test_a_newer_snapshot_replaces_inspect_results() -> None:
    observer = SnapshotOnly(seen(54))
    services = inspected(observer)
    services.update({agent(55).id: agent(55)})
    observer.snapshot = seen(60)
    assert "60" in what(services)


def test_another_health_waits_for_the_snapshot() -> None:
    services = inspected(SnapshotOnly(seen(54)))
    well = agent(0, HealthStatus.HEALTHY)
    services.update({well.id: well})
    assert "54" in what(services)


def test_inspect_results_of_a_removed_container_are_ignored() -> None:
    services = inspected(SnapshotOnly(seen(54)))
    services.update({"gone": replace(agent(1), id="gone")})
    assert "54" in what(services)
    assert services.finding("other") is None
