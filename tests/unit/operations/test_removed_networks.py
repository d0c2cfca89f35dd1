"""Stopped containers whose network was removed or recreated: they can only be recreated."""

import pytest

from pixel_tui.errors import OperationError
from pixel_tui.health.findings import finding_of
from pixel_tui.operations.actions import plan_action
from pixel_tui.operations.planning.facts import NO_FACTS, Facts
from pixel_tui.operations.planning.plan import Plan
from pixel_tui.stack.model.container import Container, ContainerState, NetworkAddress
from pixel_tui.stack.model.resource_model import Diverged, ResourceKind
from pixel_tui.stack.model.snapshot import StackSnapshot, Sync, SyncAction
from pixel_tui.text import SafeText, plain
from tests.builders.actions import (
    COMMAND,
    COMPOSE,
    NOW,
    commands,
    container,
    effects,
    exited,
    spec,
    stack,
)
from tests.builders.compose_up import changes

NET = plain("pixel_default")
OLD = (NetworkAddress(NET, plain(""), network_id="old"),)
SPECS = (spec("db"), spec("api", "db", builds=True))
RECREATED = Facts(networks=frozenset({"new", NET}))
REASON = "the network pixel_default that it was created with is gone"


def stopped(name: str, **fields: object) -> Container:
    return exited(name, 1, **({"networks": OLD} | fields))


def seen(*containers: Container) -> StackSnapshot:
    return stack(*containers, specs=SPECS, removed_networks=frozenset({"old"}))


def sync_of(snapshot: StackSnapshot, name: str = "db") -> Sync:
    service = snapshot.service(name)
    assert service is not None
    return service.sync


def planned(action: str, name: str, snapshot: StackSnapshot, facts: Facts) -> Plan:
    return plan_action(action, [name], snapshot, COMMAND, now=NOW, facts=facts)


@pytest.mark.parametrize("state", [ContainerState.EXITED, ContainerState.CREATED])
def test_it_must_be_recreated(state: ContainerState) -> None:
    found = sync_of(seen(stopped("db", state=state), container("api")))
    assert found == Sync(SyncAction.RECREATE, plain(REASON), needs_force=True)


def test_with_an_existing_network_it_is_started() -> None:
    there = (NetworkAddress(NET, plain(""), network_id="new"),)
    assert sync_of(seen(stopped("db", networks=there))).action is SyncAction.START


@pytest.mark.parametrize("name", ["bridge", "host", "none"])
def test_default_networks_are_found_by_name(name: str) -> None:
    """The engine recreates `bridge` each time it starts, and its containers can still start."""
    down = stopped("db", networks=(NetworkAddress(plain(name), plain(""), network_id="old"),))
    snapshot = seen(down, container("api"))
    assert sync_of(snapshot).action is SyncAction.START
    assert planned("start", "db", snapshot, Facts(networks=frozenset({"new", name}))).steps


def test_up_recreates_it_if_forced_or_changed() -> None:
    gone = seen(stopped("db"), container("api"))
    assert changes(gone, "api") == {}, "neither recreated nor started: it fails"
    assert changes(gone, "db") == {}
    assert changes(gone, "db", force=True) == {"db": "recreated"}
    changed = seen(stopped("db", config_hash=SafeText("other")), container("api"))
    assert not sync_of(changed).needs_force
    assert changes(changed, "api") == {"db": "recreated"}


def test_a_rebuild_of_it_forces_the_recreate() -> None:
    api = stopped("api")
    for facts in (RECREATED, NO_FACTS):
        made = planned("rebuild", "api", seen(container("db"), api), facts)
        assert commands(made)[-1] == (*COMPOSE, "up", "--detach", "--force-recreate", "api")
        assert effects(made)["api"] == "is recreated"


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (
            RECREATED,
            r"db, which was created for network pixel_default, which is gone \(recreate it\)",
        ),
        (NO_FACTS, rf"db, which can't be started: {REASON} \(recreate it\)"),
    ],
)
def test_a_rebuild_of_what_depends_on_it_is_refused(facts: Facts, words: str) -> None:
    with pytest.raises(OperationError, match=f"api depends on {words}"):
        planned("rebuild", "api", seen(stopped("db"), container("api")), facts)


def test_a_rebuild_is_not_refused_if_up_recreates_the_dependency() -> None:
    changed = seen(stopped("db", config_hash=SafeText("other")), container("api"))
    assert planned("rebuild", "api", changed, RECREATED).steps


def test_a_stopped_dependency_on_a_changed_network_is_recreated_with_it() -> None:
    key = SafeText("net")
    specs = (spec("db", network_keys=(key,)), spec("api", "db", builds=True, network_keys=(key,)))
    changed = (Diverged(ResourceKind.NETWORK, key, SafeText("pixel_net")),)
    snapshot = stack(exited("db"), container("api"), specs=specs, diverged=changed)
    made = planned("rebuild", "api", snapshot, Facts())
    assert commands(made)[-1] == (*COMPOSE, "up", "--detach", "--force-recreate", "api", "db")


def test_a_missing_replica_does_not_help_the_existing_ones() -> None:
    """`up --no-recreate` creates the missing one, and fails to start the other."""
    snapshot = stack(stopped("db"), specs=(spec("db", replicas=2),))
    with pytest.raises(OperationError, match="pixel_default, which is gone"):
        planned("start", "db", snapshot, RECREATED)


def test_a_start_is_refused_even_if_docker_did_not_answer_in_time() -> None:
    with pytest.raises(OperationError, match=rf"db can't be started: {REASON} \(recreate it\)"):
        planned("start", "db", seen(stopped("db"), container("api")), NO_FACTS)


def test_its_finding_does_not_suggest_a_start() -> None:
    snapshot = seen(stopped("db"), container("api"))
    service = snapshot.service("db")
    assert service is not None
    finding = finding_of(service, snapshot, NOW)
    assert finding is not None
    assert finding.what.startswith("is down")
    assert finding.hint == f"Recreate it (a): it can't be started, because {REASON}."
