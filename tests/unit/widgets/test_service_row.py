"""The rows of the service table: cells, texts and tones."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pixel_tui.redaction.redactor import MASK, remember_secret
from pixel_tui.stack.model.container import (
    Container,
    ContainerState,
    Health,
    HealthStatus,
    Port,
    Usage,
    UsageTable,
)
from pixel_tui.stack.model.project import ServiceSpec
from pixel_tui.stack.model.snapshot import (
    Connection,
    EngineStatus,
    Service,
    ServiceState,
    StackSnapshot,
    Sync,
    SyncAction,
)
from pixel_tui.text import SafeText, plain
from widgets.rows.service_row import FORMATS, Column, Row, ports_text, service_rows
from widgets.rows.table import Tone

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
MIB = 1024 * 1024
RUNNING = Container(
    id="1" * 64,
    name=SafeText("shop-api-1"),
    service=SafeText("api"),
    state=ContainerState.RUNNING,
    started_at=NOON - timedelta(hours=3, minutes=12),
    image=SafeText("shop-api"),
    health=Health(HealthStatus.HEALTHY),
    ports=(Port(3000, host_ip=SafeText("127.0.0.1"), host_port=8080),),
)
SPEC = ServiceSpec(SafeText("api"), SafeText("shop-api:1"))
API = Service(
    SafeText("api"),
    SPEC,
    (RUNNING,),
    ServiceState.RUNNING,
    HealthStatus.HEALTHY,
    Sync(SyncAction.NOTHING),
)
USED = Usage(
    cpu=0.12, memory=50 * MIB, memory_limit=100 * MIB, received=2048, sent=300, read=0, written=0,
    processes=4,
)  # fmt: skip


def rows(
    service: Service, usage: UsageTable | None = None, restarted: frozenset[str] = frozenset()
) -> tuple[Row, list[Row]]:
    engine = EngineStatus(plain("x"), plain("x"), connection=Connection.READY)
    snapshot = StackSnapshot(engine, services=(service,), taken_at=NOON)
    (found,) = service_rows(snapshot, usage or {}, NOON, restarted=restarted)
    return found


def words(row: Row) -> dict[str, str]:
    return {column.value: str(cell.text) for column, cell in row.cells.items()}


def tones(row: Row) -> dict[str, str]:
    return {
        column.value: cell.tone.value
        for column, cell in row.cells.items()
        if cell.tone not in {Tone.PLAIN, Tone.MUTED}
    }


def test_a_service_that_runs() -> None:
    row, members = rows(API, {RUNNING.id: USED})
    assert members == []
    assert row.key == "api"
    assert words(row) == {
        "service": "api",
        "state": "● running",
        "health": "✓ healthy",
        "cpu": "12%",
        "memory": "50MiB  50%",
        "sync": "in sync",
        "uptime": "3h 12m",
        "restarts": "0",
        "exit": "–",
        "ports": "lo:8080→3000",
        "network": "2kB 300B",
        "disk": "0",
        "image": "shop-api:1",
    }
    assert tones(row) == {"state": "good", "health": "good"}


def test_a_doubt_about_what_is_in_sync_is_a_question_and_no_alarm() -> None:
    row, _ = rows(replace(API, sync=Sync(SyncAction.NOTHING, plain("image built from unknown"))))
    assert words(row)["sync"] == "in sync?"
    assert tones(row) == {"state": "good", "health": "good"}


def test_a_service_that_was_killed_for_lack_of_memory() -> None:
    dead = replace(
        RUNNING,
        state=ContainerState.EXITED,
        exit_code=137,
        oom_killed=True,
        restarts=4,
        finished_at=NOON,
        health=Health(HealthStatus.UNHEALTHY, failing_streak=3),
        ports=(),
    )
    service = replace(
        API,
        containers=(dead,),
        state=ServiceState.EXITED,
        health=HealthStatus.UNHEALTHY,
        sync=Sync(SyncAction.START, plain("it is down")),
    )
    row, _ = rows(service, restarted=frozenset({dead.id}))
    assert words(row) == {
        "service": "api",
        "state": "■ exited",
        "health": "✗ unhealthy",
        "cpu": "–",
        "memory": "–",
        "sync": "start",
        "uptime": "–",
        "restarts": "4 ↑",
        "exit": "137 (OOM)",
        "ports": "",
        "network": "–",
        "disk": "–",
        "image": "shop-api:1",
    }
    assert tones(row) == {
        "state": "bad", "health": "bad", "sync": "warn", "restarts": "bad", "exit": "bad",
    }  # fmt: skip


def test_a_service_that_is_off_names_its_profile() -> None:
    spec = replace(SPEC, active=False, profiles=(SafeText("tools"),), ports=(Port(80),))
    service = Service(
        SafeText("api"), spec, (), ServiceState.OFF, HealthStatus.NONE, Sync(SyncAction.OFF)
    )
    row, _ = rows(service)
    assert (words(row)["state"], words(row)["sync"], words(row)["ports"]) == (
        "· off",
        "tools",
        "80",
    )
    assert tones(row) == {}


@pytest.mark.parametrize(
    ("state", "text", "tone"),
    [
        (ServiceState.RUNNING, "● running", "good"),
        (ServiceState.RESTARTING, "↻ restarting", "bad"),
        (ServiceState.PAUSED, "‖ paused", "warn"),
        (ServiceState.CREATED, "○ created", "warn"),
        (ServiceState.EXITED, "■ exited", "bad"),
        (ServiceState.DONE, "✓ done", "muted"),
        (ServiceState.ABSENT, "□ absent", "bad"),
        (ServiceState.OFF, "· off", "muted"),
        (ServiceState.UNKNOWN, "? unknown", "muted"),
        (ServiceState.PARTIAL, "◐ 1 of 2 up", "warn"),
    ],
)
def test_every_state_has_a_sign_a_word_and_a_tone(
    state: ServiceState, text: str, tone: str
) -> None:
    spec = replace(SPEC, replicas=2)
    row, _ = rows(replace(API, state=state, spec=spec))
    cell = row.cells[Column.STATE]
    assert (cell.text, cell.tone.value) == (text, tone)
    assert len(cell.text) <= FORMATS[Column.STATE].width


def test_a_scaled_service_has_a_row_for_each_container() -> None:
    second = replace(
        RUNNING,
        id="2" * 64,
        name=SafeText("shop-api-2"),
        number=2,
        started_at=NOON - timedelta(minutes=1),
        restarts=2,
    )
    service = replace(API, containers=(RUNNING, second))
    usage = {RUNNING.id: USED, second.id: replace(USED, cpu=0.5, memory=10 * MIB)}
    row, members = rows(service, usage)
    assert words(row)["service"] == "api ×2"
    assert words(row)["cpu"] == "62%"
    assert words(row)["memory"] == "60MiB  30%"
    assert words(row)["uptime"] == "3h 12m"
    assert words(row)["restarts"] == "2"
    assert [(item.key, item.branch) for item in members] == [
        ("api/shop-api-1", "├ "),
        ("api/shop-api-2", "└ "),
    ]
    assert words(members[1])["uptime"] == "1m"
    assert words(members[1])["sync"] == ""
    assert members[1].container_id == second.id


def test_a_one_off_has_a_row_of_its_own_and_is_not_counted() -> None:
    one = replace(
        RUNNING,
        id="3" * 64,
        name=SafeText("shop-api-run-1"),
        oneoff=True,
        state=ContainerState.EXITED,
        exit_code=0,
    )
    row, members = rows(replace(API, containers=(RUNNING, one)))
    assert words(row)["service"] == "api"
    assert words(row)["exit"] == "–"
    assert words(members[1])["state"] == "✓ done"
    assert words(members[1])["sync"] == "run"
    assert words(members[1])["exit"] == "0"


def test_an_orphan_shows_the_image_of_its_container() -> None:
    row, _ = rows(replace(API, spec=None, sync=Sync(SyncAction.ORPHAN)))
    assert words(row)["image"] == "shop-api"
    assert row.cells[Column.SYNC].tone is Tone.WARN


@pytest.mark.parametrize(
    ("used", "cell", "tone"),
    [
        (Usage(cpu=0.95), Column.CPU, Tone.WARN),
        (Usage(cpu=0.5), Column.CPU, Tone.PLAIN),
        (Usage(memory=81, memory_limit=100), Column.MEMORY, Tone.WARN),
        (Usage(memory=96, memory_limit=100), Column.MEMORY, Tone.BAD),
        (Usage(memory=96), Column.MEMORY, Tone.PLAIN),
    ],
)
def test_figures_that_are_high_stand_out(used: Usage, cell: Column, tone: Tone) -> None:
    row, _ = rows(API, {RUNNING.id: used})
    assert row.cells[cell].tone is tone


def test_memory_without_a_limit_is_no_share() -> None:
    row, _ = rows(API, {RUNNING.id: Usage(memory=50 * MIB)})
    assert words(row)["memory"] == "50MiB"


def test_ports_are_told_once_published_ones_first() -> None:
    ports = (
        Port(9000),
        Port(80, host_ip=SafeText("0.0.0.0"), host_port=8080),
        Port(80, host_ip=SafeText("::"), host_port=8080),
        Port(53, "udp", SafeText("127.0.0.1"), 5353),
    )
    assert ports_text(ports) == "lo:5353→53/udp 8080→80 9000"


def test_sorting_puts_what_wants_attention_on_top() -> None:
    bad = replace(
        API,
        name=SafeText("bad"),
        state=ServiceState.EXITED,
        health=HealthStatus.UNHEALTHY,
        sync=Sync(SyncAction.RECREATE),
        containers=(
            replace(
                RUNNING,
                id="2" * 64,
                state=ContainerState.EXITED,
                exit_code=3,
                restarts=5,
                started_at=NOON,
            ),
        ),
    )
    good, _ = rows(API, {RUNNING.id: USED})
    worse, _ = rows(bad)
    for column in (Column.STATE, Column.HEALTH, Column.SYNC, Column.RESTARTS, Column.EXIT):
        assert worse.order[column] < good.order[column], column
    assert good.order[Column.CPU] < worse.order[Column.CPU]
    assert good.order[Column.MEMORY] < worse.order[Column.MEMORY]
    assert good.order[Column.UPTIME] < worse.order[Column.UPTIME]


def test_rows_are_equal_where_their_cells_are() -> None:
    assert rows(API, {RUNNING.id: USED}) == rows(API, {RUNNING.id: replace(USED, cpu=0.1201)})


def test_a_secret_that_is_put_in_as_an_image_is_masked() -> None:
    remember_secret("Sup3r-S3cret-Value-77")
    row, _ = rows(replace(API, spec=replace(SPEC, image=plain("Sup3r-S3cret-Value-77"))))
    assert row.cells[Column.IMAGE].text == MASK
