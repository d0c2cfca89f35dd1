"""Services that share IPC or PID namespaces: when they are cut off, and what helps."""

from datetime import timedelta

import pytest

from pixel_tui.errors import NothingToDo, OperationError
from pixel_tui.health.findings import finding_of
from pixel_tui.stack.model.container import Container, Health, HealthStatus, Namespace
from pixel_tui.stack.model.json_value import JsonObject
from pixel_tui.stack.model.parse_container import parse_container
from pixel_tui.stack.model.parse_project import parse_project
from pixel_tui.stack.model.snapshot import Service, StackSnapshot
from pixel_tui.stack.model.source import ResolvedProject
from pixel_tui.text import SafeText
from tests.builders.actions import (
    COMPOSE,
    NOW,
    STARTED,
    commands,
    container,
    effects,
    exited,
    plan,
    restarting_with,
    spec,
    stack,
    warnings,
)

OWNER = SafeText("owner")
GONE = "d" * 64
ENDED = STARTED + timedelta(minutes=1)


def memory(owner: Container, *, by_service: bool = True, **changes: object) -> StackSnapshot:
    joins = (OWNER,) if by_service else ()
    known: dict[str, object] = {"joins": (owner.id,), "ipc_of": owner.id}
    specs = (spec("owner"), spec("app", "owner", joins=joins, ipc_of=OWNER))
    return stack(owner, container("app", 1, **(known | changes)), specs=specs)


def tracer(owner: Container, **changes: object) -> StackSnapshot:
    known: dict[str, object] = {
        "joins": (owner.id,),
        "pid_of": owner.id,
        "exit_code": 137,
        "finished_at": ENDED,
    }
    specs = (spec("owner"), spec("app", "owner", joins=(OWNER,), pid_of=OWNER))
    return stack(owner, exited("app", 1, **(known | changes)), specs=specs)


def app_of(snapshot: StackSnapshot) -> Service:
    found = snapshot.service("app")
    assert found is not None
    return found


def hint(snapshot: StackSnapshot) -> tuple[str, str]:
    found = finding_of(app_of(snapshot), snapshot, NOW)
    assert found is not None
    return found.what, found.hint


@pytest.mark.parametrize(
    ("owner", "why"),
    [
        (container("owner", started_at=STARTED + timedelta(seconds=1)), "was started after it"),
        (exited("owner"), "is not running"),
        (container("owner"), ""),
    ],
)
def test_memory_of_a_previous_run_is_not_shared(owner: Container, why: str) -> None:
    snapshot = memory(owner)
    app = app_of(snapshot)
    assert why in app.cut_off
    assert app.is_ok is not bool(why)
    assert app.cut_off_from is (Namespace.IPC if why else None)
    if why:
        what, advice = hint(snapshot)
        assert what == "is cut off from the IPC namespace of owner"
        assert advice.startswith("Restart it (r)")


def test_memory_of_a_removed_container_needs_a_recreate() -> None:
    snapshot = memory(container("owner"), ipc_of=GONE)
    assert "is gone" in app_of(snapshot).cut_off
    assert hint(snapshot)[1].startswith("Recreate it")
    with pytest.raises(OperationError, match=r"shares the IPC namespace .* \(recreate it\)"):
        plan("restart", snapshot, "app")


@pytest.mark.parametrize("action", ["restart", "start"])
def test_a_sharer_of_memory_is_restarted_after_its_owner(action: str) -> None:
    owner = container("owner") if action == "restart" else exited("owner")
    made = plan(action, memory(owner), "owner")
    assert commands(made)[-1] == (*COMPOSE, "restart", "--no-deps", "app")
    causes = [item.cause for item in made.affects if item.service == "app"]
    assert causes[-1] == "it shares the IPC namespace of owner, and is cut off from it until then"


LATER = container("owner", started_at=STARTED + timedelta(seconds=1))
LOST = "app is running without the IPC namespace of owner"


@pytest.mark.parametrize(
    ("snapshot", "fix"),
    [
        (memory(LATER), "restart it"),
        (memory(exited("owner")), "start owner: it is restarted with it"),
        (memory(container("owner"), ipc_of=GONE), "recreate it"),
    ],
)
def test_a_cut_off_service_is_not_already_running(snapshot: StackSnapshot, fix: str) -> None:
    for target in ("app", app_of(snapshot).containers[0].id):
        with pytest.raises(OperationError) as raised:
            plan("start", snapshot, target)
        name = "app" if target == "app" else "pixel-app-1"
        lost = LOST.replace("app", name, 1)
        assert raised.value.what == f"Start would fail: {lost} ({fix})."
        assert not isinstance(raised.value, NothingToDo)


def test_a_start_of_other_services_warns_of_a_cut_off_one() -> None:
    both = memory(LATER)
    specs = (*(item.spec for item in both.services if item.spec), spec("other"))
    containers = [item for found in both.services for item in found.containers]
    made = plan("start", stack(*containers, exited("other"), specs=specs))
    assert commands(made) == [(*COMPOSE, "start", "other")]
    assert f"{LOST} (restart it)" in warnings(made)


def test_a_sharer_that_is_restarted_is_not_skipped() -> None:
    made = plan("start", memory(exited("owner")))
    assert commands(made)[-1] == (*COMPOSE, "restart", "--no-deps", "app")
    assert "app is" not in warnings(made)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"network_of": OWNER, "joins": (OWNER,)}, "shares the network of owner"),
        ({"ipc_of": OWNER, "joins": (OWNER,)}, "shares the IPC namespace of owner"),
        ({"links": (OWNER,)}, "is linked to owner"),
        ({}, "depends on owner with restart: true"),
    ],
)
def test_an_implicit_dependency_has_its_real_cause(changes: dict[str, object], why: str) -> None:
    app = spec("app", restarting_with("owner"), **changes)
    seen = stack(container("owner"), container("app"), specs=(spec("owner"), app))
    (cause,) = [item.cause for item in plan("restart", seen, "owner").affects if item.cause]
    assert cause == why
    (cause,) = [item.cause for item in plan("stop", seen, "owner").affects if item.cause]
    assert cause == why.removesuffix(" with restart: true")


def test_a_sharer_that_was_killed_is_started() -> None:
    assert commands(plan("start", tracer(container("owner", finished_at=ENDED)), "app")) == [
        (*COMPOSE, "start", "app")
    ]


def test_an_unhealthy_restarted_sharer_does_not_fail_the_job() -> None:
    snapshot = memory(container("owner"), health=Health(HealthStatus.UNHEALTHY))
    found = {item.name: item.incidental for item in plan("restart", snapshot, "owner").checks_after}
    assert found == {"owner": False, "app": True}
    found = {item.name: item.incidental for item in plan("restart", snapshot).checks_after}
    assert found == {"owner": False, "app": False}, "it is asked for"


def test_a_sharer_of_the_container_itself_is_recreated() -> None:
    """Compose ignores it, and a restart would stop it and find no container to join."""
    snapshot = memory(container("owner"), by_service=False)
    made = plan("recreate", snapshot, "owner")
    up = ("up", "--detach", "--force-recreate", "--no-deps")
    assert commands(made) == [(*COMPOSE, *up, "owner"), (*COMPOSE, *up, "app")]
    assert effects(made)["app"] == "is recreated at the end"
    named = plan("recreate", memory(container("owner")), "owner")
    assert commands(named) == [(*COMPOSE, *up, "owner", "app")], "compose does it by itself"


@pytest.mark.parametrize(
    ("changes", "ended"),
    [
        ({}, True),
        ({"exit_code": 1}, False),
        ({"oom_killed": True}, False),
        ({"finished_at": ENDED + timedelta(minutes=5)}, False),
        ({"finished_at": None}, False),
    ],
)
def test_a_kill_with_the_owner_differs_from_an_own_exit(
    changes: dict[str, object], ended: bool
) -> None:
    again = container("owner", started_at=ENDED + timedelta(seconds=1), finished_at=ENDED)
    for owner in (again, exited("owner", finished_at=ENDED)):
        snapshot = tracer(owner, **changes)
        why = "it was killed with owner, whose PID namespace it shares" if ended else ""
        assert app_of(snapshot).cut_off == why
        if ended:
            assert hint(snapshot)[1] == "Start it (s); if owner is down, it is started first."
    if not changes:
        gone = tracer(again, pid_of=GONE)
        assert hint(gone)[1] == "Recreate it (a): it can't be started again."


def test_a_killed_sharer_that_need_not_run_is_no_problem() -> None:
    owner = exited("owner", finished_at=ENDED)
    unwanted = spec("app", "owner", pid_of=OWNER, replicas=0)
    ended = exited("app", pid_of=owner.id, exit_code=137, finished_at=ENDED)
    assert not app_of(stack(owner, ended, specs=(spec("owner"), unwanted))).cut_off


def test_a_stop_lists_the_killed_sharers() -> None:
    owner = container("owner")
    specs = (spec("owner"), spec("app", "owner", pid_of=OWNER), spec("web", "owner"))
    app = container("app", pid_of=owner.id)
    made = plan("stop", stack(owner, app, container("web"), specs=specs), "owner")
    assert effects(made)["app"] == "is killed with it, without a grace period"
    assert "loses owner" in effects(made)["web"]
    assert commands(made) == [(*COMPOSE, "stop", "owner")]


def test_namespaces_are_read_of_containers_and_of_the_model() -> None:
    host: JsonObject = {
        "NetworkMode": "container:" + "a" * 64,
        "IpcMode": "shareable",
        "PidMode": "host",
    }
    found = parse_container({"Id": "b" * 64, "HostConfig": host | {"PidMode": "container:" + GONE}})
    assert found.shares == ((Namespace.NETWORK, "a" * 64), (Namespace.PID, GONE))
    services: JsonObject = {
        "owner": {"image": "x", "container_name": "own"},
        "app": {"image": "x", "ipc": "container:own", "pid": "service:owner"},
        "web": {"image": "x", "ipc": "container:elsewhere", "pid": "host", "network_mode": "none"},
    }
    resolved = ResolvedProject({"name": "p", "services": services}, frozenset(services), "/srv/p")
    by_name = {str(item.name): item for item in parse_project(resolved, {}).services}
    assert by_name["app"].shares == ((Namespace.IPC, "owner"), (Namespace.PID, "owner"))
    assert by_name["web"].shares == ()
