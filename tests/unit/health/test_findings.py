"""What is wrong with a stack, and which of several things is said."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pixel_tui.health.findings import Severity, finding_of, findings, findings_of_stack
from pixel_tui.health.restarts import LATELY_SECONDS, STABLE_SECONDS, RestartWatch
from pixel_tui.stack.model.container import (
    Container,
    ContainerState,
    Health,
    HealthStatus,
    NetworkAddress,
    Probe,
)
from pixel_tui.stack.model.project import Dependency, External, Project, ServiceSpec
from pixel_tui.stack.model.snapshot import (
    Service,
    ServiceState,
    StackSnapshot,
    Sync,
    SyncAction,
    Trouble,
)
from pixel_tui.text import SafeText, plain
from tests.builders.findings import NOON, project_of, stack


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


def only(found: Service, *others: Service) -> tuple[str, str, str, str]:
    """The finding about the first of these services, in words."""
    finding = next(
        item for item in findings(stack(found, *others), NOON) if item.service == found.name
    )
    return finding.severity.name, finding.what, finding.why, finding.remedy


JUST = NOON - timedelta(seconds=4)
KILLED = container(
    started_at=JUST, oom_killed_before=True, ended_before=plain("exit code 137 (out of memory)"),
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
                "Read its last lines (2), mend the cause, or stop it (x).",
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
                "Mend what the engine names, then start it (s).",
            ),
            id="could not start",
        ),
        pytest.param(
            service(down(143), state=ServiceState.EXITED),
            (
                "BROKEN", "is down for 1h 5m", "exit code 143 (SIGTERM)",
                "Read its last lines (2), then start it (s).",
            ),
            id="down",
        ),
        pytest.param(
            service(
                container(),
                down(1, id="2" * 64, finished_at=NOON - timedelta(minutes=2)),
                state=ServiceState.PARTIAL,
            ),
            (
                "BROKEN", "is partly down for 2m", "exit code 1",
                "Read its last lines (2), then start it (s).",
            ),
            id="partly down",
        ),
        pytest.param(
            service(
                container(health=probed(HealthStatus.UNHEALTHY, "503", "", "no database")),
                health=HealthStatus.UNHEALTHY,
            ),
            (
                "BROKEN", "is unhealthy (4 probes in a row failed)",
                "503 no database (exit code 7)",
                "See the health log (3) and its last lines (2); restart it (r) if it hangs.",
            ),
            id="unhealthy",
        ),
        pytest.param(
            service(
                container(health=probed(HealthStatus.UNHEALTHY)), health=HealthStatus.UNHEALTHY
            ),
            (
                "BROKEN", "is unhealthy (4 probes in a row failed)",
                "the probe said nothing (exit code 7)",
                "See the health log (3) and its last lines (2); restart it (r) if it hangs.",
            ),
            id="unhealthy without a word",
        ),
        pytest.param(
            service(state=ServiceState.ABSENT),
            (
                "BROKEN", "has no container", "",
                "Bring it up (s): docker compose up -d api",
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
                "BROKEN", "is paused: it holds its memory and answers nothing", "",
                "docker compose unpause api",
            ),
            id="paused",
        ),
        pytest.param(
            service(container(restarts=12, started_at=JUST, ended_before=plain("exit code 1"))),
            (
                "BROKEN", "restarts again and again (12 times)", "exit code 1",
                "Read its last lines (2), mend the cause, or stop it (x).",
            ),
            id="restart loop in the part of its round in which it is up",
        ),
        pytest.param(
            service(
                container(id="2" * 64),
                container(restarts=1, started_at=JUST, ended_before=plain("exit code 1")),
            ),
            (
                "WARNING", "was restarted once, last 4s ago", "exit code 1",
                "Read its last lines (2), mend the cause, or stop it (x).",
            ),
            id="one of two restarted for the first time",
        ),
        pytest.param(
            service(
                down(1, restarts=1, state=ContainerState.RESTARTING),
                state=ServiceState.RESTARTING,
            ),
            (
                "BROKEN", "is down: the Docker daemon is about to restart it",
                "exit code 1",
                "Read its last lines (2), mend the cause, or stop it (x).",
            ),
            id="about to be restarted for the first time",
        ),
        pytest.param(
            service(
                down(137, restarts=1, oom_killed=True, state=ContainerState.RESTARTING),
                state=ServiceState.RESTARTING,
            ),
            (
                "BROKEN", "is down: the Docker daemon is about to restart it",
                "exit code 137 (out of memory)",
                "Find the leak, or make room in the host's memory: it has no limit of its own.",
            ),
            id="killed for lack of the host's memory",
        ),
        pytest.param(
            service(
                down(137, oom_killed=True, memory_limit=64 * 2**20), state=ServiceState.EXITED
            ),
            (
                "BROKEN", "is down for 1h 5m",
                "exit code 137 (out of memory), limit 64MiB",
                "Raise its memory limit or find the leak. Then start it (s).",
            ),
            id="killed for lack of memory and down",
        ),
        pytest.param(
            service(KILLED),
            (
                "WARNING", "was killed for lack of memory, and runs again",
                "exit code 137 (out of memory), limit 64MiB",
                "Raise its memory limit or find the leak.",
            ),
            id="killed before",
        ),
        pytest.param(
            service(container(), sync=Sync(SyncAction.RECREATE, plain("it has changed"))),
            (
                "NOTE", "is not as the compose file says: up would recreate it", "it has changed",
                "When that is meant: docker compose up -d api",
            ),
            id="out of sync",
        ),
        pytest.param(
            ORPHAN,
            (
                "NOTE", "is an orphan", "the compose file does not name it",
                "When nothing needs it: docker rm -f shop-api-1",
            ),
            id="orphan",
        ),
    ],
)  # fmt: skip
def test_each_rule_says_what_why_and_what_to_do(
    found: Service, expected: tuple[str, str, str, str]
) -> None:
    assert only(found) == expected


def test_what_waits_for_a_broken_service_says_so() -> None:
    absent = service(state=ServiceState.ABSENT, spec=WAITING)
    assert only(absent, DEAD_DB)[2] == "it waits for db"
    created = service(
        container(state=ContainerState.CREATED), state=ServiceState.CREATED, spec=WAITING
    )
    assert only(created, DEAD_DB)[2:] == (
        "it waits for db",
        "Mend what it waits for, then start it (s).",
    )


def test_the_loop_wins_over_the_death_and_the_death_over_its_old_image() -> None:
    looping = down(1, restarts=4, state=ContainerState.RESTARTING)
    both = service(
        looping,
        state=ServiceState.RESTARTING,
        health=HealthStatus.UNHEALTHY,
        sync=Sync(SyncAction.RECREATE),
    )
    assert only(both)[1].startswith("restarts again")
    dead = service(down(), state=ServiceState.EXITED, sync=Sync(SyncAction.RECREATE))
    assert only(dead)[1].startswith("is down")


def test_one_that_was_stopped_or_given_up_after_restarts_is_down_and_restarts_no_more() -> None:
    stopped = service(down(3, restarts=9), state=ServiceState.EXITED)
    _, what, why, remedy = only(stopped)
    assert what.startswith("is down")
    assert why == "exit code 3, after the daemon had restarted it 9 times"
    assert "stop it" not in remedy


def test_an_unhealthy_one_that_is_out_of_sync_is_unhealthy() -> None:
    both = service(
        container(health=probed(HealthStatus.UNHEALTHY, "no")),
        health=HealthStatus.UNHEALTHY,
        sync=Sync(SyncAction.RECREATE),
    )
    assert only(both)[0] == "BROKEN"


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
def test_what_is_well_has_no_finding(well: Service) -> None:
    assert findings(stack(well), NOON) == ()


def test_an_absent_service_with_a_one_off_beside_it_is_found_and_told_why() -> None:
    one_off = container(oneoff=True, name=SafeText("shop-api-run-7"), restarts=9)
    found = finding_of(service(one_off, state=ServiceState.ABSENT), stack(), NOON)
    assert found is not None
    assert (found.severity, found.what) == (Severity.BROKEN, "has no container")
    assert "shop-api-run-7 is a one-off" in found.why


def test_the_worst_comes_first_then_by_name() -> None:
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


def test_nothing_is_found_before_anything_was_read() -> None:
    unread = replace(stack(service(state=ServiceState.ABSENT)), taken_at=None)
    assert findings(unread, NOON) == ()


# Restarts.


def seen(restarts: int, container_id: str = "1" * 64) -> StackSnapshot:
    return stack(service(container(id=container_id, restarts=restarts)))


def test_the_first_count_is_no_growth() -> None:
    assert RestartWatch().see(seen(7), NOON) == frozenset()


def test_a_count_that_grows_is_marked_for_a_while() -> None:
    watch = RestartWatch()
    watch.see(seen(1), NOON)
    assert watch.see(seen(2), NOON) == {"1" * 64}
    soon = NOON + timedelta(seconds=LATELY_SECONDS - 1)
    assert watch.see(seen(2), soon) == {"1" * 64}
    assert watch.see(seen(2), soon + timedelta(seconds=1)) == frozenset()


def test_a_count_that_begins_anew_is_no_growth() -> None:
    watch = RestartWatch()
    watch.see(seen(5), NOON)
    assert watch.see(seen(0), NOON) == frozenset()
    assert watch.see(seen(1), NOON) == {"1" * 64}


def test_one_that_is_gone_is_forgotten() -> None:
    watch = RestartWatch()
    watch.see(seen(1), NOON)
    watch.see(seen(2), NOON)
    assert watch.see(seen(0, "2" * 64), NOON) == frozenset()
    assert watch.see(seen(2), NOON) == frozenset()


def test_another_name_is_the_reason_of_all_absence_and_is_told_once_for_the_stack() -> None:
    absent = service(state=ServiceState.ABSENT)
    snapshot = replace(stack(absent), project=project_of(), other_names=(plain("web"),))
    (finding,) = findings_of_stack(snapshot)
    assert "the name shop" in finding.what
    assert "the name web" in finding.what
    assert "-p web" in finding.remedy
    of_service = finding_of(absent, snapshot, NOON)
    assert of_service is not None
    assert "web" in of_service.why
    assert "Bring it up" not in of_service.remedy


@pytest.mark.parametrize(
    ("asked", "told"),
    [((), False), (("tools",), False), (("*",), False), (("tools", "tolls"), True)],
)
def test_a_profile_that_is_asked_for_and_not_there_is_told(
    asked: tuple[str, ...], told: bool
) -> None:
    found = findings_of_stack(replace(stack(), project=project_of(profiles=asked)))
    assert bool(found) == told
    assert not found or ("tolls" in found[0].what and "tools" in found[0].remedy)


def test_without_a_project_the_containers_say_where_it_is_and_none_is_an_orphan() -> None:
    trouble = Trouble(plain("no file"), plain(""), NOON)
    model = Project(
        plain("shop"), plain("/srv/shop"), files=(plain("/srv/shop/prod.yml"),), from_labels=True
    )
    paused = service(container(), state=ServiceState.PAUSED)
    snapshot = replace(stack(paused), project_trouble=trouble, by_labels=model)
    (finding,) = findings_of_stack(snapshot)
    assert "/srv/shop with /srv/shop/prod.yml" in finding.what
    assert "work on these containers" in finding.remedy
    of_service = finding_of(paused, snapshot, NOON)
    assert of_service is not None
    assert of_service.remedy == "docker unpause shop-api-1"  # compose would refuse


def made_with(files: str, env_files: str = "") -> Container:
    prefix = "com.docker.compose.project."
    return container(
        labels=(
            (plain(f"{prefix}config_files"), plain(files)),
            (plain(f"{prefix}environment_file"), plain(env_files)),
        )
    )


def test_files_that_the_containers_were_made_with_are_told_whether_read_or_not() -> None:
    project = replace(project_of(), files=(plain("/srv/shop/compose.yaml"),))
    made = service(made_with("/mnt/shop/compose.yaml,/mnt/shop/prod.yml", "/mnt/shop/prod.env"))
    (finding,) = findings_of_stack(replace(stack(made), project=project))
    assert finding.severity is Severity.WARNING
    assert "/mnt/shop/prod.yml, /mnt/shop/prod.env, which is not read" in finding.what
    read = replace(
        project,
        files=(plain("/srv/shop/compose.yaml"), plain("/srv/shop/prod.yml")),
        env_files=(plain("/srv/shop/prod.env"),),
    )
    assert not findings_of_stack(replace(stack(made), project=read))
    (note,) = findings_of_stack(replace(stack(made), project=replace(read, adopted=True)))
    assert note.severity is Severity.NOTE
    assert "-f /srv/shop/prod.yml --env-file /srv/shop/prod.env" in note.what


@pytest.mark.parametrize("files", ["/srv/shop/docker-compose.yml", "/link/compose.yaml", ""])
def test_a_file_that_was_renamed_or_is_reached_otherwise_is_no_finding(files: str) -> None:
    project = replace(project_of(), files=(plain("/srv/shop/compose.yaml"),))
    assert not findings_of_stack(replace(stack(service(made_with(files))), project=project))


def beside(old: Container, **changes: object) -> Container:
    """What compose made to replace a container, and did not put in its place."""
    fields: dict[str, object] = {
        "id": "2" * 64,
        "name": SafeText(f"{old.short_id}_{old.name}"),
        "state": ContainerState.CREATED,
        "created_at": NOON - timedelta(minutes=5),
        "started_at": None,
        "replaces": old.short_id,
    }
    return container(**(fields | changes))


def test_what_a_broken_recreate_left_is_told_and_how_to_get_rid_of_it() -> None:
    running, stopped = container(), down()
    level, what, why, remedy = only(service(running, beside(running)))
    assert (level, what) == ("WARNING", "was not recreated completely")
    assert why.startswith("111111111111_shop-api-1 was made to replace")
    assert remedy == "Remove it: pixel-tui run remove-leftovers api"
    found = only(service(stopped, beside(stopped), state=ServiceState.EXITED))
    assert found[:2] == ("BROKEN", "is down: its recreate broke off")
    assert "what was left is removed first" in found[3]
    twice = only(service(running, beside(running, state=ContainerState.RUNNING, started_at=NOON)))
    assert twice[0] == "BROKEN"
    assert twice[1].startswith("runs twice: 111111111111_shop-api-1")


def test_a_recreate_that_is_under_way_is_no_finding() -> None:
    running = container()
    new = beside(running, created_at=NOON - timedelta(seconds=5))
    assert not findings(stack(service(running, new)), NOON)


def test_a_container_that_cannot_be_inspected_is_shown_with_the_reason() -> None:
    broken = container(partial=True, error=plain("input/output error"))
    finding = finding_of(service(broken), stack(service(broken)), NOON)
    assert finding is not None
    assert finding.severity is Severity.BROKEN
    assert "can't be inspected: shop-api-1" in finding.what
    assert finding.why == "input/output error"


def test_an_image_that_is_missing_is_said_before_what_it_waits_for() -> None:
    needed = service(name="db", state=ServiceState.ABSENT)
    spec = ServiceSpec(plain("api"), plain("x/api"), depends_on=(Dependency(plain("db")),))
    absent = service(
        spec=spec,
        state=ServiceState.ABSENT,
        sync=Sync(SyncAction.PULL, plain("image x/api is not here: it would be pulled")),
    )
    what, why, remedy = said_of(absent, needed)
    assert (what, why) == ("has no container", "image x/api is not here: it would be pulled")
    assert "docker compose pull api" in remedy
    built = replace(absent, spec=replace(spec, builds=True), sync=Sync(SyncAction.BUILD))
    assert "docker compose build api" in said_of(built, needed)[2]


def test_what_compose_does_not_create_comes_first_of_all() -> None:
    volume = External("volume", plain("old"))
    spec = ServiceSpec(plain("api"), plain("image"), externals=(volume,))
    absent = service(spec=spec, state=ServiceState.ABSENT, missing=(volume,))
    _, why, remedy = said_of(absent)
    assert "external volume old does not exist" in why
    assert "a new one is empty" in remedy
    created = service(
        down(state=ContainerState.CREATED), state=ServiceState.CREATED, spec=spec, missing=(volume,)
    )
    assert "external volume old does not exist" in said_of(created)[1]


def test_what_compose_refuses_is_not_advised_to_be_brought_up() -> None:
    spec = ServiceSpec(
        plain("api"), plain(""), refused=plain("it has neither an image nor a build")
    )
    _, why, fix = said_of(service(spec=spec, state=ServiceState.ABSENT))
    assert why == "compose refuses it: it has neither an image nor a build"
    assert fix == "Correct it in the compose file or in .env."


def test_what_is_in_the_way_of_a_dependency_is_told_of_who_waits_for_it() -> None:
    network = External("network", plain("shared"))
    circle = (Dependency(plain("api")),)
    needed = service(
        name="db",
        spec=ServiceSpec(plain("db"), plain("db"), externals=(network,), depends_on=circle),
        state=ServiceState.ABSENT,
        missing=(network,),
    )
    spec = ServiceSpec(plain("api"), plain("api"), depends_on=(Dependency(plain("db")),))
    absent = service(spec=spec, state=ServiceState.ABSENT)
    _, why, fix = said_of(absent, needed)
    assert why.startswith("it waits for db: external network shared does not exist")
    assert fix.endswith("docker network create shared")
    there = replace(needed, containers=(down(),), state=ServiceState.EXITED)
    assert said_of(absent, there)[1] == "it waits for db"
    well = replace(needed, missing=(), sync=Sync(SyncAction.PULL, plain("it is not here")))
    assert said_of(absent, well)[1] == "it waits for db"


def test_a_network_that_a_running_container_is_not_in_is_a_fault() -> None:
    inner, outer = plain("shop_inner"), plain("shop_default")
    spec = ServiceSpec(plain("api"), plain("image"), networks=(inner, outer))
    cut = service(container(networks=(NetworkAddress(outer, plain("10.0.0.2")),)), spec=spec)
    assert not cut.well
    assert "is not connected to its network shop_inner" in said_of(cut)[0]
    stopped = service(down(), spec=spec, state=ServiceState.EXITED)
    assert stopped.disconnected == ()


def test_profiles_that_are_left_out_are_shown_with_the_reason() -> None:
    project = Project(plain("shop"), plain("/srv"), left_out=plain("profile gpu is left out: why"))
    (finding,) = findings_of_stack(replace(stack(), project=project))
    assert finding.severity is Severity.NOTE
    assert "profile gpu is left out: why" in finding.what


def said_of(found: Service, *others: Service) -> tuple[str, str, str]:
    finding = finding_of(found, stack(found, *others), NOON)
    assert finding is not None
    return finding.what, finding.why, finding.remedy
