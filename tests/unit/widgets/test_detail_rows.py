"""The details of a service, line by line."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from pixel_tui.health.finding import Finding, Severity
from pixel_tui.redaction.redactor import MASK, remember_secret
from pixel_tui.stack.model.container import (
    Container,
    ContainerState,
    EnvironmentEntry,
    Health,
    HealthStatus,
    Mount,
    NetworkAddress,
    Port,
    Probe,
)
from pixel_tui.stack.model.project import Dependency, Project, ServiceSpec
from pixel_tui.stack.model.snapshot import Service, ServiceState, StackEvent, Sync, SyncAction
from pixel_tui.text import SafeText, plain
from widgets.rows.detail_rows import Section, detail_sections, health_sections
from widgets.rows.numbers import moment
from widgets.rows.table import Tone

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
EARLIER = NOON - timedelta(hours=2)
SPEC = ServiceSpec(
    plain("api"),
    plain("shop-api"),
    profiles=(plain("tools"),),
    depends_on=(
        Dependency(plain("db"), plain("service_healthy")),
        Dependency(plain("cache")),
    ),
    restart_policy=plain("unless-stopped"),
)
WEB = ServiceSpec(plain("web"), plain("web"), depends_on=(Dependency(plain("api")),))
PROJECT = Project(plain("shop"), plain("/srv/shop"), services=(SPEC, WEB))
PROBES = (
    Probe(EARLIER, EARLIER + timedelta(seconds=0.25), 0, (plain("fine"),)),
    Probe(NOON, None, 1, (plain("503"), plain("no database"))),
)
CONTAINER = Container(
    id="abcdef0123456789" * 4,
    name=plain("shop-api-1"),
    service=plain("api"),
    state=ContainerState.EXITED,
    created_at=EARLIER,
    started_at=EARLIER,
    finished_at=NOON - timedelta(minutes=5),
    image=plain("shop-api"),
    image_id=plain("sha256:feed"),
    health=Health(HealthStatus.UNHEALTHY, 3, PROBES),
    exit_code=137,
    oom_killed=True,
    error=plain("no space"),
    restarts=4,
    restart_policy=plain("unless-stopped"),
    command=plain("node server.js"),
    ports=(Port(3000, host_port=8080),),
    mounts=(
        Mount(plain("bind"), plain("/data"), plain("/app/data"), writable=True),
        Mount(plain("volume"), plain("keys"), plain("/keys"), writable=False),
    ),
    networks=(
        NetworkAddress(plain("shop_net"), plain("172.20.0.2"), (plain("api"), plain("db"))),
        NetworkAddress(plain("shop_other"), plain("")),
    ),
    labels=((plain("maintainer"), plain("pixel")),),
    environment=(EnvironmentEntry(plain("TOKEN"), plain("********")),),
    log_driver=plain("json-file"),
    memory_limit=64 * 1024 * 1024,
)
SERVICE = Service(
    plain("api"), SPEC, (CONTAINER,), ServiceState.EXITED, HealthStatus.UNHEALTHY,
    Sync(SyncAction.RECREATE, plain("its configuration has changed")),
)  # fmt: skip
FINDING = Finding(
    plain("api"), Severity.BROKEN, plain("is down"), plain("it exited"), plain("start it")
)


def event(seconds: float, action: str, **changes: object) -> StackEvent:
    fields: dict[str, object] = {
        "at": NOON + timedelta(seconds=seconds),
        "action": plain(action),
        "container_id": CONTAINER.id,
        "container": CONTAINER.name,
        "service": plain("api"),
    }
    return StackEvent(**(fields | changes))  # type: ignore[arg-type]


EVENTS = (
    event(0, "start"),
    event(1, "die", detail=plain("exit code 137 (SIGKILL)")),
    event(2, "start", service=plain("web"), container_id="f" * 64),
)


def told(sections: tuple[Section, ...], title: str) -> list[tuple[str, str]]:
    section = next(item for item in sections if item.title == title)
    return [(line.label, str(line.value)) for line in section.lines]


def everything() -> tuple[Section, ...]:
    return detail_sections(SERVICE, None, PROJECT, FINDING, EVENTS, NOON)


def test_the_sections_stand_in_the_order_of_their_weight() -> None:
    assert [section.title for section in everything()] == [
        "Problems", "Service", "Container shop-api-1", "Health log", "Networks", "Mounts",
        "Environment", "Labels", "Recent events",
    ]  # fmt: skip


def test_what_is_wrong_is_said_first_with_why_and_what_to_do() -> None:
    sections = everything()
    assert told(sections, "Problems") == [
        ("", "api is down."),
        ("why", "it exited"),
        ("do", "start it"),
    ]
    assert sections[0].lines[0].tone is Tone.BAD


def test_the_service_as_the_file_wants_it() -> None:
    assert told(everything(), "Service") == [
        ("sync", "recreate: its configuration has changed"),
        ("image", "shop-api"),
        ("profiles", "tools (active)"),
        ("replicas", "1"),
        ("restart", "unless-stopped"),
        ("depends on", "db (healthy), cache (started)"),
        ("needed by", "web"),
    ]


def test_the_container_as_the_engine_has_it() -> None:
    assert told(everything(), "Container shop-api-1") == [
        ("state", "exited, exit code 137 (out of memory)"),
        ("id", "abcdef012345"),
        ("image", "shop-api"),
        ("digest", "sha256:feed"),
        ("command", "node server.js"),
        ("created", f"{moment(EARLIER)} (2h ago)"),
        ("started", f"{moment(EARLIER)} (2h ago)"),
        ("ended", f"{moment(NOON - timedelta(minutes=5))} (5m ago)"),
        ("error", "no space"),
        ("restarts", "4 (policy unless-stopped)"),
        ("memory limit", "64MiB"),
        ("log driver", "json-file"),
        ("ports", "8080→3000"),
    ]


def test_the_newest_probe_comes_first() -> None:
    local = [at.astimezone().strftime("%H:%M:%S") for at in (NOON, EARLIER)]
    expected = [
        ("status", "unhealthy, 3 failed in a row"),
        (local[0], "failed with exit code 1"),
        ("", "503"),
        ("", "no database"),
        (local[1], "passed in 250ms"),
        ("", "fine"),
    ]
    assert told(everything(), "Health log") == expected
    assert told(health_sections(SERVICE), "shop-api-1") == expected


def test_networks_mounts_and_environment() -> None:
    sections = everything()
    assert told(sections, "Networks") == [
        ("shop_net", "172.20.0.2 as api, db"),
        ("shop_other", "no address"),
    ]
    assert told(sections, "Mounts") == [
        ("/app/data", "bind /data"),
        ("/keys", "volume keys (read only)"),
    ]
    assert told(sections, "Environment") == [("TOKEN", "********")]
    assert told(sections, "Labels") == [("maintainer", "pixel")]


def test_its_own_last_events_newest_first() -> None:
    found = told(everything(), "Recent events")
    assert [value for _, value in found] == ["die exit code 137 (SIGKILL)", "start"]
    many = [event(number, "start") for number in range(50)]
    sections = detail_sections(SERVICE, CONTAINER, PROJECT, None, many, NOON)
    assert len(told(sections, "Recent events")) == 20


def test_one_container_of_several_is_shown_alone() -> None:
    other = replace(CONTAINER, id="2" * 64, name=SafeText("shop-api-2"), health=None)
    both = replace(SERVICE, containers=(CONTAINER, other))
    sections = detail_sections(both, None, PROJECT, None, (), NOON)
    titles = [str(item.title) for item in sections]
    assert titles.count("Container shop-api-1") == titles.count("Container shop-api-2") == 1
    sections = detail_sections(both, other, PROJECT, None, EVENTS, NOON)
    titles = [str(item.title) for item in sections]
    assert "Container shop-api-1" not in titles
    assert "Health log" not in titles
    assert "Recent events" not in titles
    assert health_sections(both, other) == ()


def test_an_orphan_says_what_it_is() -> None:
    sections = detail_sections(replace(SERVICE, spec=None), None, PROJECT, None, (), NOON)
    assert told(sections, "Service") == [("", "Not in the compose file.")]


def test_a_secret_that_is_put_in_as_an_image_is_masked() -> None:
    remember_secret("tok en=ab;c")
    service = replace(SERVICE, spec=replace(SPEC, image=plain("tok en=ab;c")))
    sections = detail_sections(service, None, PROJECT, FINDING, EVENTS, NOON)
    assert ("image", MASK) in told(sections, "Service")
