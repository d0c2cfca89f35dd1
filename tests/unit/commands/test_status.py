"""`pixel-tui status`: its table, JSON and exit codes."""

import json
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jsonschema
import pytest

from pixel_tui.clock import FixedClock
from pixel_tui.commands.status import print_applies
from pixel_tui.commands.status_output import (
    all_healthy,
    as_json,
    as_table,
    reasons,
)
from pixel_tui.commands.waiting_apply import waiting_message
from pixel_tui.confirm_keys import DEFAULT_KEYS, confirm_keys
from pixel_tui.demo.stack.engine import DemoEngine
from pixel_tui.demo.stack.project import DemoProject
from pixel_tui.demo.stack.world import DemoWorld
from pixel_tui.environment.apply.state import ApplyFiles, ApplyState, Phase, this_process
from pixel_tui.settings import state_folder
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.model.container import Container, ContainerState, HealthStatus, Namespace
from pixel_tui.stack.model.project import Project, ServiceSpec
from pixel_tui.stack.model.snapshot import (
    Connection,
    EngineStatus,
    Service,
    ServiceState,
    StackSnapshot,
    Sync,
    SyncAction,
    Trouble,
)
from pixel_tui.stack.watch.look_once import read_snapshot
from pixel_tui.text import plain

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SCHEMA = Path(__file__).parents[3] / "docs" / "status.schema.json"
API = Container("1" * 64, plain("shop-api-1"), plain("api"), ContainerState.RUNNING)
DEAD = replace(
    API, id="2" * 64, name=plain("shop-api-2"), number=2, state=ContainerState.EXITED,
    exit_code=137, oom_killed=True, restarts=3,
)  # fmt: skip
ONE_OFF = replace(
    DEAD, id="3" * 64, name=plain("shop-api-run-1"), oneoff=True, exit_code=0, oom_killed=False,
    restarts=0,
)  # fmt: skip
SERVICE = Service(
    plain("api"), ServiceSpec(plain("api"), plain("shop-api"), replicas=2), (API, DEAD, ONE_OFF),
    ServiceState.PARTIAL, HealthStatus.HEALTHY, Sync(SyncAction.NOTHING),
)  # fmt: skip
OFF = Service(
    plain("pgadmin"),
    ServiceSpec(plain("pgadmin"), plain("pgadmin"), active=False, profiles=(plain("tools"),)),
    state=ServiceState.OFF, sync=Sync(SyncAction.OFF),
)  # fmt: skip
STACK = StackSnapshot(
    EngineStatus(plain("unix:///x"), plain("default"), connection=Connection.READY),
    plain("shop"), services=(SERVICE, OFF), taken_at=NOON,
)  # fmt: skip


def test_the_table_has_a_line_for_each_service_and_each_further_container() -> None:
    oom = "137 (out of memory)"
    assert as_table(STACK).splitlines() == [
        f"SERVICE           STATE    HEALTH   SYNC     RESTARTS  {'LAST EXIT':<19}  CONTAINER",
        f"api               partial  healthy  in sync  3         {'-':<19}  shop-api-1",
        f"  shop-api-2      exited   -                 3         {oom}  shop-api-2",
        f"  shop-api-run-1  exited   -        run      0         {'0':<19}  shop-api-run-1",
        f"pgadmin           off      -        tools    0         {'-':<19}  -",
    ]


@pytest.mark.parametrize(
    ("service", "well"),
    [
        (OFF, True),
        (SERVICE, False),
        (replace(SERVICE, state=ServiceState.RUNNING), True),
        (replace(SERVICE, state=ServiceState.RUNNING, health=HealthStatus.STARTING), False),
        (replace(SERVICE, state=ServiceState.RUNNING, health=HealthStatus.UNHEALTHY), False),
        (replace(SERVICE, state=ServiceState.DONE, health=HealthStatus.NONE), True),
        (replace(SERVICE, state=ServiceState.ABSENT), False),
        (replace(SERVICE, spec=None, state=ServiceState.RESTARTING), False),
    ],
)
def test_the_stack_is_healthy_if_everything_that_should_run_does(
    service: Service, *, well: bool
) -> None:
    assert all_healthy(replace(STACK, services=(service, OFF))) is well


def test_a_one_off_has_its_own_line_without_a_service_container() -> None:
    absent = replace(SERVICE, containers=(ONE_OFF,), state=ServiceState.ABSENT)
    assert as_table(replace(STACK, services=(absent,))).splitlines()[1:] == [
        "api               absent  healthy  in sync  0         -          -",
        "  shop-api-run-1  exited  -        run      0         0          shop-api-run-1",
    ]


def test_the_json_matches_its_schema() -> None:
    schema = json.loads(SCHEMA.read_text())
    clock = FixedClock(NOON)
    world = DemoWorld(clock)
    demo = read_snapshot(DemoEngine(world), DemoProject(world), clock)
    broken = replace(
        STACK, project=None, project_trouble=Trouble(plain("no file"), plain("make one"), NOON)
    )
    for snapshot in (demo, STACK, broken):
        document = json.loads(json.dumps(as_json(snapshot, read_only=True)))
        jsonschema.validate(document, schema)


GATEWAY = plain("gw")
CUT_OFF = replace(
    SERVICE,
    spec=ServiceSpec(plain("api"), plain("shop-api"), network_of=GATEWAY),
    containers=(API,),
    state=ServiceState.RUNNING,
    cut_off=plain("gw, whose network it shares, was started after it"),
    cut_off_from=Namespace.NETWORK,
)


def test_an_unhealthy_service_has_a_reason() -> None:
    snapshot = replace(STACK, services=(CUT_OFF, OFF))
    assert not all_healthy(snapshot)
    (reason,) = reasons(snapshot)
    assert reason.startswith("api has no network: gw, whose network it shares, was started after")
    assert "Restart it;" in reason, "the shell has no keys"
    services = as_json(snapshot, read_only=False)["services"]
    assert isinstance(services, list)
    api, pgadmin = (item for item in services if isinstance(item, dict))
    assert api["well"] is False
    finding = api["finding"]
    assert isinstance(finding, dict)
    assert (finding["severity"], finding["what"]) == ("broken", "has no network")
    assert finding["why"] == CUT_OFF.cut_off
    assert pgadmin["finding"] is None


LEFT = replace(
    API, id="4" * 64, name=plain(f"{API.short_id}_shop-api-1"), replaces=API.short_id,
    started_at=NOON - timedelta(hours=1),
)  # fmt: skip
FINE = replace(SERVICE, containers=(API,), state=ServiceState.RUNNING)


@pytest.mark.parametrize(
    ("service", "told"),
    [
        pytest.param(
            replace(FINE, containers=(API, LEFT)),
            f"api runs twice: {LEFT.name} is left over from a recreate. Remove it: pixel-tui run"
            " remove-leftovers api",
            id="a leftover that runs",
        ),
        pytest.param(
            replace(FINE, containers=(API, replace(LEFT, state=ContainerState.EXITED))),
            "api was not recreated completely",
            id="a leftover that does not",
        ),
        pytest.param(
            replace(FINE, sync=Sync(SyncAction.REBUILD, plain("image built with another A"))),
            "api uses values built into its image, not the current environment",
            id="another build",
        ),
        pytest.param(
            replace(
                FINE, spec=None, state=ServiceState.PAUSED,
                containers=(replace(API, state=ContainerState.PAUSED),),
            ),
            "api is paused",
            id="a paused orphan",
        ),
        pytest.param(
            replace(
                FINE, spec=ServiceSpec(plain("api"), plain("i"), active=False),
                state=ServiceState.EXITED,
                containers=(replace(DEAD, error=plain("port is already allocated")),),
            ),
            "api could not be started: port is already allocated",
            id="not wanted, and could not be started",
        ),
    ],
)  # fmt: skip
def test_a_running_and_healthy_service_can_have_a_problem(service: Service, told: str) -> None:
    """Two containers on one volume are, above all."""
    snapshot = replace(STACK, services=(service, OFF))
    assert service.is_ok, "what it is about: it runs, or need not"
    assert not all_healthy(snapshot)
    (reason,) = reasons(snapshot)
    assert reason.startswith(told)
    services = as_json(snapshot, read_only=False)
    assert services["well"] is False


def test_a_warning_about_the_stack_is_a_problem() -> None:
    tools = ServiceSpec(plain("api"), plain("i"), profiles=(plain("tools"),))
    for asked in (("tools",), ("tolls",)):
        profiles = tuple(map(plain, asked))
        project = Project(plain("shop"), plain("/srv"), services=(tools,), profiles=profiles)
        snapshot = replace(STACK, project=project, services=(FINE,))
        assert all_healthy(snapshot) is (asked == ("tools",))


def test_a_recent_restart_is_reported_once() -> None:
    young = replace(API, restarts=1, started_at=NOON - timedelta(seconds=5))
    snapshot = replace(STACK, services=(replace(FINE, containers=(young,)),))
    assert not all_healthy(snapshot)
    (reason,) = reasons(snapshot)
    assert reason.startswith("api was restarted once, last 5s ago")
    assert reason.endswith("Check its logs, fix the cause, or stop it.")


def test_a_healthy_service_has_no_reason() -> None:
    note = replace(
        CUT_OFF,
        cut_off=plain(""),
        cut_off_from=None,
        sync=Sync(SyncAction.RECREATE, plain("its configuration has changed")),
    )
    assert not list(reasons(replace(STACK, services=(note, OFF))))


def test_an_unreadable_project_is_never_healthy() -> None:
    fine = replace(SERVICE, state=ServiceState.RUNNING)
    trouble = Trouble(plain("no file"), plain("make one"), NOON)
    assert all_healthy(replace(STACK, services=(fine,)))
    broken = replace(STACK, services=(fine,), project_trouble=trouble)
    assert not all_healthy(broken)
    assert as_json(broken, read_only=False)["well"] is False


def test_the_json_has_times_orphans_and_exit_codes() -> None:
    orphan = replace(SERVICE, spec=None, containers=(replace(API, started_at=NOON),))
    document = as_json(replace(STACK, services=(SERVICE, orphan)), read_only=False)
    assert document["read_only"] is False
    assert document["taken_at"] == "2026-03-01T12:00:00.000000Z"
    services, orphans = document["services"], document["orphans"]
    assert isinstance(services, list)
    assert isinstance(orphans, list)
    assert len(services) == len(orphans) == 1
    assert isinstance(orphans[0], dict)
    assert orphans[0]["started_at"] == "2026-03-01T12:00:00.000000Z"
    service = services[0]
    assert isinstance(service, dict)
    containers = service["containers"]
    assert isinstance(containers, list)
    assert isinstance(containers[1], dict)
    assert (containers[1]["exit_code"], containers[1]["oom_killed"]) == (137, True)


def test_only_an_interrupted_apply_is_not_settled(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ComposeCommand(directory=str(tmp_path))
    assert print_applies(command, tmp_path, DEFAULT_KEYS)
    files = ApplyFiles(tmp_path, command.env_mark)
    waits = ApplyState(
        Phase.WAITING, ".env", "shop", "a", "b", deadline=time.time() + 90, process=this_process()
    )
    files.write(waits)
    assert print_applies(command, tmp_path, DEFAULT_KEYS)
    assert "An apply was interrupted" not in capsys.readouterr().err
    files.write(replace(waits, process=None))
    assert not print_applies(command, tmp_path, DEFAULT_KEYS)
    assert "An apply was interrupted" in capsys.readouterr().err


def test_a_waiting_apply_is_reported_with_how_to_confirm_it(tmp_path: Path) -> None:
    command = ComposeCommand(directory="/srv/shop")
    keys = confirm_keys({"confirm": "f9,ctrl+w", "job.confirm": "ctrl+k"})
    assert not waiting_message(command, state_folder(), keys)
    files = ApplyFiles(state_folder(), command.each_edited[0].env_mark)
    waits = ApplyState(
        Phase.WAITING, ".env", "shop", "a", "b", deadline=time.time() + 90, process=this_process()
    )
    files.write(waits)
    words = waiting_message(command, state_folder(), keys)
    assert "waits for confirmation. It is rolled back in " in words
    assert "F9 and then `^k` in pixel-tui, or `pixel-tui -C /srv/shop env confirm`" in words
    assert "F8 and then `c` in" in waiting_message(command, state_folder(), confirm_keys({}))
    files.clear()
