"""Findings about a service, and their order."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pixel_tui.health.finding import Severity
from pixel_tui.health.findings import finding_of, findings
from pixel_tui.health.restarts import STABLE_SECONDS
from pixel_tui.stack.model.container import (
    ContainerState,
    HealthStatus,
    NetworkAddress,
)
from pixel_tui.stack.model.label_model import labelled_project
from pixel_tui.stack.model.project import Dependency, ServiceSpec
from pixel_tui.stack.model.snapshot import (
    Service,
    ServiceState,
    Sync,
    SyncAction,
    Trouble,
)
from pixel_tui.text import SafeText, plain
from tests.builders.findings import NOON, stack
from tests.builders.service_faults import (
    container,
    down,
    finding_texts,
    first_finding,
    probed,
    service,
)

JUST = NOON - timedelta(seconds=4)
KILLED = container(
    started_at=JUST, previous_oom_killed=True, previous_exit=plain("exit code 137 (out of memory)"),
    memory_limit=64 * 2**20,
)  # fmt: skip
WAITING = ServiceSpec(plain("api"), plain("image"), depends_on=(Dependency(plain("db")),))
DEAD_DB = service(down(service=plain("db")), name="db", state=ServiceState.EXITED)
ORPHAN = service(container(), spec=None, sync=Sync(SyncAction.ORPHAN))


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param(
            service(
                container(state=ContainerState.RESTARTING, restarts=5, exit_code=3),
                state=ServiceState.RESTARTING,
            ),
            (
                "BROKEN", "restarts again and again (5 times)", "exit code 3",
                "Check its logs (2), fix the cause, or stop it (x).",
            ),
            id="restart loop",
        ),
        pytest.param(
            service(
                down(
                    137, restarts=3, oom_killed=True, state=ContainerState.RESTARTING,
                    memory_limit=512 * 2**20,
                ),
                state=ServiceState.RESTARTING,
            ),
            (
                "BROKEN", "restarts again and again (3 times)",
                "exit code 137 (out of memory), limit 512MiB",
                "Raise its memory limit or find the leak.",
            ),
            id="restart loop for lack of memory",
        ),
        pytest.param(
            service(
                container(state=ContainerState.CREATED, error=plain("port is taken")),
                state=ServiceState.CREATED,
            ),
            (
                "BROKEN", "could not be started", "port is taken",
                "Fix the error that Docker reports, then start it (s).",
            ),
            id="could not start",
        ),
        pytest.param(
            service(down(143), state=ServiceState.EXITED),
            (
                "BROKEN", "has been down for 1h 5m", "exit code 143 (SIGTERM)",
                "Check its logs (2), then start it (s).",
            ),
            id="down",
        ),
        pytest.param(
            service(down(0), state=ServiceState.EXITED),
            (
                "BROKEN", "has been down for 1h 5m", "exit code 0",
                (
                    "Start it (s). If it is a task that ran once: "
                    'set restart: "no" in the compose file.'
                ),
            ),
            id="a server or a task",
        ),
        pytest.param(
            service(
                container(),
                down(1, id="2" * 64, finished_at=NOON - timedelta(minutes=2)),
                state=ServiceState.PARTIAL,
            ),
            (
                "BROKEN", "has been partly down for 2m", "exit code 1",
                "Check its logs (2), then start it (s).",
            ),
            id="partly down",
        ),
        pytest.param(
            service(
                container(health=probed(HealthStatus.UNHEALTHY, "503", "", "no database")),
                health=HealthStatus.UNHEALTHY,
            ),
            (
                "BROKEN", "is unhealthy (4 health checks failed in a row)",
                "503 no database (exit code 7)",
                "See its health log (3) and its logs (2); restart it (r) if it hangs.",
            ),
            id="unhealthy",
        ),
        pytest.param(
            service(
                container(health=probed(HealthStatus.UNHEALTHY)), health=HealthStatus.UNHEALTHY
            ),
            (
                "BROKEN", "is unhealthy (4 health checks failed in a row)",
                "no output (exit code 7)",
                "See its health log (3) and its logs (2); restart it (r) if it hangs.",
            ),
            id="unhealthy without a word",
        ),
        pytest.param(
            service(state=ServiceState.ABSENT),
            (
                "BROKEN", "has no container", "",
                "Start it: docker compose up -d api",
            ),
            id="absent",
        ),
        pytest.param(
            service(container(state=ContainerState.CREATED), state=ServiceState.CREATED),
            ("BROKEN", "was created and never started", "", "Start it (s)."),
            id="created",
        ),
        pytest.param(
            service(container(state=ContainerState.PAUSED), state=ServiceState.PAUSED),
            (
                "BROKEN", "is paused: it keeps its memory, but does not respond", "",
                "Unpause it: docker compose unpause api",
            ),
            id="paused",
        ),
        pytest.param(
            service(container(restarts=12, started_at=JUST, previous_exit=plain("exit code 1"))),
            (
                "BROKEN", "restarts again and again (12 times)", "exit code 1",
                "Check its logs (2), fix the cause, or stop it (x).",
            ),
            id="restart loop in the part of its round in which it is up",
        ),
        pytest.param(
            service(
                container(id="2" * 64),
                container(restarts=1, started_at=JUST, previous_exit=plain("exit code 1")),
            ),
            (
                "WARNING", "was restarted once, last 4s ago", "exit code 1",
                "Check its logs (2), fix the cause, or stop it (x).",
            ),
            id="one of two restarted for the first time",
        ),
        pytest.param(
            service(
                container(id="2" * 64),
                container(restarts=1, started_at=NOON, previous_exit=plain("exit code 1")),
            ),
            (
                "WARNING", "was restarted once, just now", "exit code 1",
                "Check its logs (2), fix the cause, or stop it (x).",
            ),
            id="restarted just now",
        ),
        pytest.param(
            service(
                down(1, restarts=1, state=ContainerState.RESTARTING),
                state=ServiceState.RESTARTING,
            ),
            (
                "BROKEN", "is down: Docker is about to restart it",
                "exit code 1",
                "Check its logs (2), fix the cause, or stop it (x).",
            ),
            id="about to be restarted for the first time",
        ),
        pytest.param(
            service(
                down(137, restarts=1, oom_killed=True, state=ContainerState.RESTARTING),
                state=ServiceState.RESTARTING,
            ),
            (
                "BROKEN", "is down: Docker is about to restart it",
                "exit code 137 (out of memory)",
                "Find the leak or free memory: no memory limit is set.",
            ),
            id="killed for lack of the host's memory",
        ),
        pytest.param(
            service(
                down(137, oom_killed=True, memory_limit=64 * 2**20), state=ServiceState.EXITED
            ),
            (
                "BROKEN", "has been down for 1h 5m",
                "exit code 137 (out of memory), limit 64MiB",
                "Raise its memory limit or find the leak. Then start it (s).",
            ),
            id="killed for lack of memory and down",
        ),
        pytest.param(
            service(KILLED),
            (
                "WARNING", "ran out of memory, and is running again",
                "exit code 137 (out of memory), limit 64MiB",
                "Raise its memory limit or find the leak.",
            ),
            id="killed before",
        ),
        pytest.param(
            service(container(), sync=Sync(SyncAction.RECREATE, plain("it has changed"))),
            (
                "NOTE",
                "is out of sync with the compose file: `up` would recreate it",
                "it has changed",
                "If that is meant: docker compose up -d api",
            ),
            id="out of sync",
        ),
        pytest.param(
            ORPHAN,
            (
                "NOTE", "is an orphan", "it is not in the compose file",
                "If nothing needs it: docker rm -f shop-api-1",
            ),
            id="orphan",
        ),
    ],
)  # fmt: skip
def test_each_rule_has_a_problem_a_reason_and_a_fix(
    found: Service, expected: tuple[str, str, str, str]
) -> None:
    assert first_finding(found) == expected


@pytest.mark.parametrize(
    ("found", "by_key", "by_command"),
    [
        (
            service(state=ServiceState.ABSENT),
            "Start it (s).",
            "Start it: docker compose up -d api",
        ),
        (
            service(container(), sync=Sync(SyncAction.RECREATE, plain("it has changed"))),
            "If that is meant, recreate it (a, Recreate).",
            "If that is meant: docker compose up -d api",
        ),
        (
            service(container(), sync=Sync(SyncAction.REBUILD, plain("A was built in"))),
            "Rebuild it (a, Rebuild).",
            "Rebuild it: docker compose build api && docker compose up -d api",
        ),
        (
            service(container(state=ContainerState.CREATED), state=ServiceState.CREATED),
            "Start it (s).",
            "Start it.",
        ),
        (
            service(container(), sync=Sync(SyncAction.SCALE_DOWN, plain("2 containers"))),
            "If that is meant: docker compose up -d api",
            "If that is meant: docker compose up -d api",
        ),
    ],
    ids=["absent", "out of sync", "built otherwise", "created", "too many"],
)
def test_a_fix_is_a_key_where_keys_change_things_and_else_a_command(
    found: Service, by_key: str, by_command: str
) -> None:
    (finding,) = findings(stack(found), NOON)
    assert finding.fix(read_only=False, bound={}) == by_key
    assert finding.fix(read_only=True, bound={}) == by_command


def test_a_fix_names_the_keys_of_the_settings() -> None:
    (finding,) = findings(stack(service(state=ServiceState.ABSENT)), NOON)
    bound = {"services.start": "f2,ctrl+s", "services.actions": "ctrl+a"}
    assert finding.fix(read_only=False, bound=bound) == "Start it (F2)."
    force = Sync(SyncAction.RECREATE, plain("its network is gone"), needs_force=True)
    (finding,) = findings(stack(service(container(), sync=force)), NOON)
    assert finding.fix(read_only=False, bound=bound) == "Recreate it (^a, Recreate)."


def test_a_fix_begins_with_what_to_do_however_long_the_reason_is() -> None:
    force = Sync(SyncAction.RECREATE, plain("a reason of many words " * 9), needs_force=True)
    dead = service(down(1), state=ServiceState.EXITED, sync=force)
    (finding,) = findings(stack(dead), NOON)
    assert finding.fix(read_only=False, bound={}).startswith("Recreate it (a): it can't be started")


def test_a_service_waiting_for_a_broken_one_names_it() -> None:
    absent = service(state=ServiceState.ABSENT, spec=WAITING)
    assert first_finding(absent, DEAD_DB)[2] == "it waits for db"
    created = service(
        container(state=ContainerState.CREATED), state=ServiceState.CREATED, spec=WAITING
    )
    assert first_finding(created, DEAD_DB)[2:] == (
        "it waits for db",
        "Fix what it waits for, then start it (s).",
    )


def test_rules_have_an_order() -> None:
    looping = down(1, restarts=4, state=ContainerState.RESTARTING)
    both = service(
        looping,
        state=ServiceState.RESTARTING,
        health=HealthStatus.UNHEALTHY,
        sync=Sync(SyncAction.RECREATE),
    )
    assert first_finding(both)[1].startswith("restarts again")
    dead = service(down(), state=ServiceState.EXITED, sync=Sync(SyncAction.RECREATE))
    assert first_finding(dead)[1].startswith("has been down")


def test_a_container_no_longer_restarted_is_down_and_not_in_a_loop() -> None:
    stopped = service(down(3, restarts=9), state=ServiceState.EXITED)
    _, what, why, hint = first_finding(stopped)
    assert what.startswith("has been down")
    assert why == "exit code 3, after the daemon had restarted it 9 times"
    assert "stop it" not in hint


def test_unhealthy_takes_precedence_over_out_of_sync() -> None:
    both = service(
        container(health=probed(HealthStatus.UNHEALTHY, "no")),
        health=HealthStatus.UNHEALTHY,
        sync=Sync(SyncAction.RECREATE),
    )
    assert first_finding(both)[0] == "BROKEN"


@pytest.mark.parametrize(
    "well",
    [
        pytest.param(service(container()), id="running"),
        pytest.param(service(container(restarts=9)), id="restarted and up again"),
        pytest.param(
            service(container(restarts=9, started_at=NOON - timedelta(seconds=STABLE_SECONDS))),
            id="restarted and stable",
        ),
        pytest.param(service(container(started_at=NOON)), id="started by hand"),
        pytest.param(service(down(0), state=ServiceState.DONE), id="done"),
        pytest.param(service(state=ServiceState.OFF), id="off"),
        pytest.param(
            service(
                down(1),
                state=ServiceState.EXITED,
                spec=ServiceSpec(plain("api"), plain("image"), active=False),
                sync=Sync(SyncAction.OFF),
            ),
            id="dead and not wanted",
        ),
        pytest.param(
            service(container(), sync=Sync(SyncAction.UNKNOWN)), id="sync is not known yet"
        ),
    ],
)
def test_a_service_that_is_ok_has_no_finding(well: Service) -> None:
    assert findings(stack(well), NOON) == ()


def test_an_absent_service_with_a_one_off_explains_it() -> None:
    one_off = container(oneoff=True, name=SafeText("shop-api-run-7"), restarts=9)
    found = finding_of(service(one_off, state=ServiceState.ABSENT), stack(), NOON)
    assert found is not None
    assert (found.severity, found.what) == (Severity.BROKEN, "has no container")
    assert "shop-api-run-7 is a one-off" in found.why


def test_findings_are_sorted_by_severity_then_by_name() -> None:
    found = findings(
        stack(
            replace(ORPHAN, name=plain("aaa")),
            service(state=ServiceState.ABSENT, name="zoo"),
            service(KILLED, name="mid"),
            service(state=ServiceState.ABSENT, name="bee"),
        ),
        NOON,
    )
    assert [(item.service, item.severity) for item in found] == [
        ("bee", Severity.BROKEN),
        ("zoo", Severity.BROKEN),
        ("mid", Severity.WARNING),
        ("aaa", Severity.NOTE),
    ]


def test_there_are_no_findings_before_the_engine_was_read() -> None:
    unread = replace(stack(service(state=ServiceState.ABSENT)), taken_at=None)
    assert findings(unread, NOON) == ()


def test_an_uninspectable_container_is_a_finding_with_the_reason() -> None:
    broken = container(partial=True, error=plain("input/output error"))
    finding = finding_of(service(broken), stack(service(broken)), NOON)
    assert finding is not None
    assert finding.severity is Severity.BROKEN
    assert "can't be inspected: shop-api-1" in finding.what
    assert finding.why == "input/output error"


def test_a_running_container_outside_its_network_is_a_finding() -> None:
    inner, outer = plain("shop_inner"), plain("shop_default")
    spec = ServiceSpec(plain("api"), plain("image"), networks=(inner, outer))
    cut = service(container(networks=(NetworkAddress(outer, plain("10.0.0.2")),)), spec=spec)
    assert not cut.is_ok
    assert "is not connected to its network shop_inner" in finding_texts(cut)[0]
    stopped = service(down(), spec=spec, state=ServiceState.EXITED)
    assert stopped.disconnected == ()


def test_without_the_compose_file_exit_code_0_may_be_of_a_task() -> None:
    container = down(0)
    model = labelled_project(plain("pixel"), (container,))
    exited = service(container, state=ServiceState.EXITED, spec=model.services[0])
    trouble = Trouble(plain("line 3: oh no"), plain(""), NOON)
    unread = replace(stack(exited), project_trouble=trouble, by_labels=model)
    finding = finding_of(exited, unread, NOON)
    assert finding is not None
    assert finding.severity is Severity.WARNING
    assert finding.why.startswith("exit code 0, but compose can't read the project")
    assert "restart:" not in finding.hint
    failed = replace(exited, containers=(down(1),))
    finding = finding_of(failed, replace(unread, services=(failed,)), NOON)
    assert finding is not None
    assert (finding.severity, finding.why) == (Severity.BROKEN, "exit code 1")
