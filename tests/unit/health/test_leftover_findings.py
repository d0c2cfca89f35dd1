"""Findings about leftovers of an interrupted recreate."""

from datetime import timedelta

from pixel_tui.health.findings import findings
from pixel_tui.stack.model.container import (
    Container,
    ContainerState,
)
from pixel_tui.stack.model.snapshot import (
    ServiceState,
)
from pixel_tui.text import SafeText
from tests.builders.findings import NOON, stack
from tests.builders.service_faults import container, down, first_finding, service


def beside(old: Container, **changes: object) -> Container:
    """A replacement that has not taken over the name."""
    fields: dict[str, object] = {
        "id": "2" * 64,
        "name": SafeText(f"{old.short_id}_{old.name}"),
        "state": ContainerState.CREATED,
        "created_at": NOON - timedelta(minutes=5),
        "started_at": None,
        "replaces": old.short_id,
    }
    return container(**(fields | changes))


def test_leftovers_of_a_recreate_are_a_finding_with_a_fix() -> None:
    running, stopped = container(), down()
    level, what, why, hint = first_finding(service(running, beside(running)))
    assert (level, what) == ("WARNING", "was not recreated completely")
    assert why.startswith("111111111111_shop-api-1 was created to replace")
    assert hint == "Remove it: pixel-tui run remove-leftovers api"
    found = first_finding(service(stopped, beside(stopped), state=ServiceState.EXITED))
    assert found[:2] == ("BROKEN", "is down: its recreate was interrupted")
    assert "leftovers are removed first" in found[3]
    twice = first_finding(
        service(running, beside(running, state=ContainerState.RUNNING, started_at=NOON))
    )
    assert twice[0] == "BROKEN"
    assert twice[1].startswith("runs twice: 111111111111_shop-api-1")


def test_a_running_recreate_is_no_finding() -> None:
    running = container()
    new = beside(running, created_at=NOON - timedelta(seconds=5))
    assert not findings(stack(service(running, new)), NOON)
