"""Joining the compose model with the engine's containers."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pixel_tui.errors import EngineRefused
from pixel_tui.redaction.redactor import MASK, remember_secret
from pixel_tui.stack.model.container import (
    Container,
    ContainerState,
    Health,
    HealthStatus,
    NetworkAddress,
    Port,
)
from pixel_tui.stack.model.join import join
from pixel_tui.stack.model.json_value import JsonObject
from pixel_tui.stack.model.project import Dependency, Project, ServiceSpec
from pixel_tui.stack.model.resource_model import Resource, ResourceKind
from pixel_tui.stack.model.resources import ResourceReader
from pixel_tui.stack.model.snapshot import (
    Connection,
    EngineStatus,
    Service,
    ServiceState,
    SyncAction,
    Trouble,
)
from pixel_tui.text import SafeText, plain
from tests.builders.join import container, spec
from tests.builders.scripted_engine import ScriptedEngine

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ENGINE = EngineStatus(plain("unix:///x"), plain("default"), connection=Connection.READY)


def waiting_for(name: str) -> ServiceSpec:
    condition = SafeText("service_completed_successfully")
    return spec("later", depends_on=(Dependency(SafeText(name), condition),))


def joined(
    *containers: Container,
    specs: tuple[ServiceSpec, ...] = (spec(),),
    images: Mapping[str, str | None] | None = None,
) -> Service:
    project = Project(SafeText("p"), SafeText("/srv/p"), services=specs)
    snapshot = join(
        engine=ENGINE,
        project=project,
        project_name=SafeText("p"),
        project_trouble=None,
        containers=containers,
        images={"api:1": "sha256:now"} if images is None else images,
        taken_at=NOW,
    )
    return snapshot.services[0]


def exited(code: int = 0, **changes: object) -> Container:
    return container("api", 1, state=ContainerState.EXITED, exit_code=code, **changes)


def exited_of(service: str) -> Container:
    return container(service, 2, state=ContainerState.EXITED, exit_code=1)


@pytest.mark.parametrize("secret", ["Sup3r-S3cret-Value-77", "tok en=ab;c", "sup3r-s3cret-77"])
@pytest.mark.parametrize("means", ["", None, "sha256:other"])
def test_a_secret_used_as_an_image_is_not_quoted(secret: str, means: str | None) -> None:
    remember_secret(secret)
    service = joined(container(), specs=(spec(image=SafeText(secret)),), images={secret: means})
    assert MASK in service.sync.reason
    assert secret not in service.sync.reason


def test_a_service_with_a_provider_is_not_absent() -> None:
    db = joined(specs=(spec("db", provider="cloud", image=""),))
    assert (db.state, db.is_ok, db.wanted) == (ServiceState.UNKNOWN, True, False)
    assert db.sync.words == "provider"
    assert db.sync.reason == "cloud provides it: `up` runs that, and there is no container"


@pytest.mark.parametrize(
    ("service", "state", "well"),
    [
        (joined(container()), ServiceState.RUNNING, True),
        (joined(), ServiceState.ABSENT, False),
        (joined(specs=(spec(active=False, profiles=("tools",)),)), ServiceState.OFF, True),
        (joined(specs=(spec(replicas=0),)), ServiceState.OFF, True),
        (joined(container(), specs=(spec(replicas=2),)), ServiceState.PARTIAL, False),
        (joined(container(state=ContainerState.RESTARTING)), ServiceState.RESTARTING, False),
        (joined(container(state=ContainerState.PAUSED)), ServiceState.PAUSED, False),
        (joined(container(state=ContainerState.CREATED)), ServiceState.CREATED, False),
        (joined(exited(1)), ServiceState.EXITED, False),
        (joined(exited(0)), ServiceState.EXITED, False),
        (joined(exited(0), specs=(spec(restart_policy="no"),)), ServiceState.DONE, True),
        (joined(exited(0), specs=(spec(), waiting_for("api"))), ServiceState.DONE, True),
    ],
)
def test_the_state_of_a_service_is_derived_from_its_containers(
    service: Service, state: ServiceState, well: bool
) -> None:
    assert service.state is state
    assert service.is_ok is well


@pytest.mark.parametrize(
    "changes",
    [
        {"ports": (Port(80, host_port=8080),)},
        {"health": Health(HealthStatus.UNHEALTHY)},
    ],
)
def test_a_stopped_server_is_not_done_even_with_exit_code_0(
    changes: dict[str, object],
) -> None:
    stopped = joined(exited(0, **changes), specs=(spec(restart_policy="no"),))
    assert stopped.state is ServiceState.EXITED


def test_the_worst_health_of_several_containers_counts() -> None:
    service = joined(
        container(number=1, health=Health(HealthStatus.HEALTHY)),
        container(number=2, health=Health(HealthStatus.UNHEALTHY)),
        specs=(spec(replicas=2),),
    )
    assert service.health is HealthStatus.UNHEALTHY
    assert not service.is_ok


def test_a_one_off_belongs_to_its_service_but_does_not_make_it_run() -> None:
    service = joined(container(oneoff=True), specs=(spec(active=False, profiles=("worker",)),))
    assert service.oneoffs
    assert not service.regular
    assert service.state is ServiceState.RUNNING
    assert service.sync.action is SyncAction.OFF


def one_off(**changes: object) -> Container:
    return container("api", 7, oneoff=True, name=SafeText("p-api-run-7"), **changes)


@pytest.mark.parametrize(
    "beside",
    [
        one_off(),
        one_off(state=ContainerState.EXITED, exit_code=0),
        one_off(health=Health(HealthStatus.HEALTHY)),
    ],
    ids=["running", "done", "healthy"],
)
def test_a_wanted_service_with_only_a_one_off_is_absent(beside: Container) -> None:
    service = joined(beside)
    assert service.state is ServiceState.ABSENT
    assert service.health is HealthStatus.NONE
    assert service.sync.action is SyncAction.CREATE
    assert not service.is_ok
    assert service.oneoffs == (beside,)


def test_a_failing_one_off_does_not_make_its_service_unhealthy() -> None:
    broken = one_off(health=Health(HealthStatus.UNHEALTHY), restarts=9, oom_killed=True)
    service = joined(container(health=Health(HealthStatus.HEALTHY)), broken)
    assert (service.state, service.health) == (ServiceState.RUNNING, HealthStatus.HEALTHY)
    assert service.restarts == 0
    assert service.is_ok


def test_a_one_off_does_not_count_for_the_scale() -> None:
    service = joined(container(), one_off(), specs=(spec(replicas=2),))
    assert service.state is ServiceState.PARTIAL
    assert service.sync.action is SyncAction.SCALE_UP


def test_a_container_of_a_removed_service_is_an_orphan() -> None:
    service = joined(container("old"), specs=())
    assert service.orphan
    assert service.sync.action is SyncAction.ORPHAN


OFF = (spec(active=False, profiles=("cpu",)),)


@pytest.mark.parametrize(
    ("made", "state"),
    [
        (container(), ServiceState.RUNNING),
        (exited(1), ServiceState.EXITED),
        (exited(137), ServiceState.EXITED),
        (exited(0, oom_killed=True, restart_policy="always"), ServiceState.EXITED),
        (exited(0, error="no such device", restart_policy="always"), ServiceState.EXITED),
        (container(state=ContainerState.RESTARTING), ServiceState.RESTARTING),
    ],
)
def test_a_service_brought_up_by_a_profile_is_wanted_while_it_has_containers(
    made: Container, state: ServiceState
) -> None:
    service = joined(made, specs=OFF)
    assert (service.wanted, service.state) == (True, state)
    assert service.is_ok is (state is ServiceState.RUNNING)
    assert service.sync.action is not SyncAction.OFF
    changed = joined(replace(made, config_hash=SafeText("other")), specs=OFF)
    assert changed.sync.action is SyncAction.RECREATE


@pytest.mark.parametrize(
    "made",
    [
        (),
        (exited(143),),
        (exited(0),),
        (exited(1, restart_policy="unless-stopped"),),
        (container(oneoff=True),),
    ],
)
def test_a_service_stopped_on_purpose_or_removed_is_no_longer_wanted(
    made: tuple[Container, ...],
) -> None:
    service = joined(*made, specs=OFF)
    assert not service.wanted
    assert service.is_ok
    assert service.sync.action is SyncAction.OFF


def test_without_a_resolved_model_no_service_is_an_orphan() -> None:
    labels = (
        (SafeText("com.docker.compose.depends_on"), SafeText("db:service_healthy:true")),
        (SafeText("com.docker.compose.project.config_files"), SafeText("/srv/p/a.yml,/srv/b.yml")),
        (SafeText("com.docker.compose.project.environment_file"), SafeText("/srv/p/prod.env")),
        (SafeText("com.docker.compose.project.working_dir"), SafeText("/srv/p")),
    )
    snapshot = join(
        engine=ENGINE,
        project=None,
        project_name=SafeText("p"),
        project_trouble=Trouble(plain("yaml: no"), plain(""), NOW),
        containers=(
            container(labels=labels), exited_of("db"), container("worker", 3, oneoff=True),
        ),
        images={},
        taken_at=NOW,
    )  # fmt: skip
    assert not snapshot.orphans
    assert {item.name: item.state for item in snapshot.services} == {
        "api": ServiceState.RUNNING,
        "db": ServiceState.EXITED,
        "worker": ServiceState.RUNNING,
    }
    assert {item.sync.action for item in snapshot.services} == {SyncAction.UNKNOWN}
    api, db, worker = snapshot.services
    assert (api.wanted, db.wanted, worker.wanted) == (True, True, False)
    assert api.spec is not None
    assert api.spec.depends_on == (
        Dependency(SafeText("db"), SafeText("service_healthy"), restart=True),
    )
    model = snapshot.by_labels
    assert model is not None
    assert (model.directory, model.files) == ("/srv/p", ("/srv/p/a.yml", "/srv/b.yml"))
    assert model.env_files == ("/srv/p/prod.env",)


@pytest.mark.parametrize(
    ("policy", "label", "state"),
    [
        ("no", "", ServiceState.EXITED),
        ("no", "api:service_started:false", ServiceState.EXITED),
        ("no", "api:service_completed_successfully:false", ServiceState.DONE),
        ("on-failure:3", "", ServiceState.DONE),
    ],
)
def test_without_a_resolved_model_a_task_is_done_only_if_its_labels_say_that_it_is_one(
    policy: str, label: str, state: ServiceState
) -> None:
    labels = ((SafeText("com.docker.compose.depends_on"), SafeText(label)),)
    snapshot = join(
        engine=ENGINE,
        project=None,
        project_name=SafeText("p"),
        project_trouble=Trouble(plain("yaml: no"), plain(""), NOW),
        containers=(
            exited(0, restart_policy=SafeText(policy)), container("web", 1, labels=labels),
        ),
        images={},
        taken_at=NOW,
    )  # fmt: skip
    assert snapshot.services[0].state is state


@pytest.mark.parametrize(
    ("service", "action", "reason"),
    [
        (joined(container()), SyncAction.NOTHING, ""),
        (joined(), SyncAction.CREATE, "no container"),
        (joined(container(config_hash="other")), SyncAction.RECREATE, "configuration has changed"),
        (
            joined(container(), images={"api:1": "sha256:newer"}),
            SyncAction.RECREATE,
            "image api:1 has changed",
        ),
        (joined(container(), images={"api:1": None}), SyncAction.PULL, "would be pulled"),
        (
            joined(container(), specs=(spec(builds=True),), images={"api:1": None}),
            SyncAction.BUILD,
            "would be built",
        ),
        (joined(container(), specs=(spec(replicas=2),)), SyncAction.SCALE_UP, "1 of 2"),
        (
            joined(container(number=1), container(number=2)),
            SyncAction.SCALE_DOWN,
            "2 containers, 1 wanted",
        ),
        (joined(exited(1)), SyncAction.START, "p-api-1 has exited"),
        (joined(container(), specs=(spec(config_hash=""),)), SyncAction.UNKNOWN, "hash"),
    ],
)
def test_sync_has_what_up_would_do_and_why(
    service: Service, action: SyncAction, reason: str
) -> None:
    assert service.sync.action is action
    assert reason in service.sync.reason


def test_before_the_engine_was_read_every_state_is_unknown() -> None:
    snapshot = join(
        engine=ENGINE,
        project=Project(SafeText("p"), SafeText("/srv/p"), services=(spec(),)),
        project_name=SafeText("p"),
        project_trouble=None,
        containers=(),
        images={},
        taken_at=None,
    )
    assert snapshot.services[0].state is ServiceState.UNKNOWN
    assert snapshot.services[0].sync.action is SyncAction.UNKNOWN


def test_equality_ignores_when_a_stack_was_read() -> None:
    def look(at: datetime) -> object:
        return join(
            engine=ENGINE,
            project=None,
            project_name=SafeText("p"),
            project_trouble=None,
            containers=(container(),),
            images={},
            taken_at=at,
        )

    assert look(NOW) == look(NOW.replace(hour=13))


def test_an_unreadable_network_makes_sync_unknown() -> None:
    """As with a socket proxy that allows only requests about containers."""

    class Refusing(ScriptedEngine):
        def networks(self) -> list[JsonObject]:
            raise EngineRefused(403, "Forbidden", on="/networks")

    net = SafeText("net")
    resources = (Resource(ResourceKind.NETWORK, net, SafeText("p_net"), "a hash"),)
    specs = (spec(network_keys=(net,)),)
    project = Project(SafeText("p"), SafeText("/srv/p"), services=specs, resources=resources)
    running = container(networks=(NetworkAddress(SafeText("p_net"), SafeText("10.0.0.2")),))
    snapshot = join(
        engine=ENGINE,
        project=project,
        project_name=SafeText("p"),
        project_trouble=None,
        containers=(running,),
        images={"api:1": "sha256:now"},
        taken_at=NOW,
        diverged=ResourceReader(Refusing()).read(project, (running,)),
    )
    found = snapshot.services[0].sync
    assert found.action is SyncAction.UNKNOWN
    assert found.reason == "network p_net can't be compared: Forbidden: /networks."
