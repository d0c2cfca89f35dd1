"""Plans of recreate and rebuild, with their effects on other services."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pixel_tui.errors import NothingToDo, OperationError
from pixel_tui.health.findings import finding_of
from pixel_tui.operations.jobs.expectations import ExpectationState, check_expectation
from pixel_tui.operations.planning.plan import Expectation, ExpectedState, Plan, Risk, plan_outdated
from pixel_tui.operations.planning.up_prediction import (
    ContainerChange,
    UpOptions,
    predict_up,
    services_cut_off,
)
from pixel_tui.stack.compose.command import shown
from pixel_tui.stack.model.container import Container, ContainerState, Health, HealthStatus
from pixel_tui.stack.model.resource_model import AttachedContainer, Diverged, ResourceKind
from pixel_tui.stack.model.snapshot import ServiceState, StackSnapshot, SyncAction
from pixel_tui.text import SafeText
from tests.builders.actions import (
    COMMAND,
    COMPOSE,
    DOCKER,
    NOW,
    STARTED,
    TROUBLE,
    commands,
    container,
    effects,
    exited,
    plan,
    restarting_with,
    spec,
    stack,
    warnings,
    worker,
)
from tests.builders.compose_up import changes, leftover_of

BUILT = (
    spec("postgres"),
    spec("api", "postgres", builds=True),
    spec("web", "api", builds=True),
    spec("syntropy", "api", builds=True),
    spec("worker", builds=True, image=SafeText("syntropy:1"), replicas=0),
)


def running(*changed: object) -> StackSnapshot:
    known = {name: container(name) for name in ("postgres", "api", "web", "syntropy")}
    found = {item.service: item for item in changed}  # type: ignore[attr-defined]
    return stack(*(known | found).values(), specs=BUILT)  # type: ignore[arg-type]


class TestPrediction:
    def test_a_service_in_sync_is_not_changed(self) -> None:
        assert changes(running(), "web") == {}

    def test_a_dependency_that_has_changed_is_recreated_as_well(self) -> None:
        old = container("postgres", config_hash=SafeText("old"))
        assert changes(running(old), "web") == {"postgres": "recreated"}
        assert changes(running(old), "web", no_deps=True) == {}

    def test_dependants_are_not_considered(self) -> None:
        assert changes(running(), "api", force=True) == {"api": "recreated"}

    def test_restart_true_applies_to_direct_considered_dependants(self) -> None:
        specs = (
            spec("a"),
            spec("b", restarting_with("a")),
            spec("c", restarting_with("b")),
        )
        snapshot = stack(
            container("a", config_hash=SafeText("old")), container("b"), container("c"), specs=specs
        )
        assert changes(snapshot, "c") == {"a": "recreated", "b": "restarted"}
        assert changes(snapshot, "a") == {"a": "recreated"}

    def test_a_considered_sharer_of_a_recreated_container_is_recreated(self) -> None:
        specs = (spec("vpn"), spec("app", restarting_with("vpn"), joins=(SafeText("vpn"),)))
        vpn = container("vpn")
        app = container("app", joins=(vpn.id,))
        snapshot = stack(vpn, app, specs=specs)
        assert changes(snapshot, "app") == {}
        assert changes(snapshot, "app", "vpn", force=True) == {
            "vpn": "recreated",
            "app": "recreated",
        }
        alone = predict_up(snapshot, ["vpn"], UpOptions(force=True, no_deps=True))
        assert services_cut_off(snapshot, alone) == {"app": "vpn"}

    def test_a_built_image_may_recreate_its_services(self) -> None:
        found = predict_up(running(), ["web"], UpOptions(rebuilt=("web",)))
        assert [(item.service, item.change, item.certain) for item in found.values()] == [
            ("web", ContainerChange.RECREATED, False)
        ]

    def test_stopped_services_and_completed_tasks_are_started(self) -> None:
        assert changes(running(exited("postgres", exit_code=0)), "web") == {"postgres": "started"}

    def test_missing_containers_are_created(self) -> None:
        snapshot = stack(container("web"), specs=BUILT)
        assert changes(snapshot, "web") == {"postgres": "created", "api": "created"}


class TestRecreate:
    def made(self, snapshot: StackSnapshot, *targets: str) -> Plan:
        return plan("recreate", snapshot, *targets)

    def test_only_the_named_service_is_recreated(self) -> None:
        made = self.made(running(container("postgres", config_hash=SafeText("old"))), "api")
        assert commands(made) == [
            (*COMPOSE, "up", "--detach", "--force-recreate", "--no-deps", "api")
        ]
        assert made.risk is Risk.DISRUPTIVE
        assert effects(made) == {
            "api": "is recreated",
            "web": "loses api while it is down",
            "syntropy": "loses api while it is down",
        }
        assert made.interrupts[0].startswith("api: up to 10s to stop")

    def test_it_warns_of_data_outside_of_volumes(self) -> None:
        assert "everything that pixel-api-1 wrote outside of its volumes is lost" in warnings(
            self.made(running(), "api")
        )

    def test_dependants_are_verified_too(self) -> None:
        expected = {str(item.name): item for item in self.made(running(), "api").checks_after}
        assert set(expected) == {"api", "web", "syntropy"}
        assert expected["api"].previous_runs
        assert not expected["web"].previous_runs

    def test_one_container_of_several_can_not_be_recreated(self) -> None:
        with pytest.raises(NothingToDo, match="compose recreates complete services"):
            self.made(running(), container("api").id)

    def test_a_paused_service_is_skipped(self) -> None:
        with pytest.raises(NothingToDo, match="is paused"):
            self.made(running(container("api", state=ContainerState.PAUSED)), "api")

    def test_a_running_worker_warns(self) -> None:
        snapshot = stack(container("syntropy"), worker(), specs=BUILT)
        assert "is working" in warnings(self.made(snapshot, "syntropy"))


class TestRebuild:
    def test_it_builds_and_then_brings_up(self) -> None:
        made = plan("rebuild", running(), "api")
        assert commands(made) == [
            (*COMPOSE, "build", "api"),
            (*COMPOSE, "up", "--detach", "api"),
        ]
        assert effects(made)["api"] == "is recreated if the build produces a new image"
        assert made.risk is Risk.DISRUPTIVE

    def test_a_hard_rebuild_uses_no_cache(self) -> None:
        made = plan("hard-rebuild", running(), "api")
        assert commands(made)[0] == (*COMPOSE, "build", "--no-cache", "api")
        assert made.title == "Rebuild without cache api"

    def test_coupled_services_have_their_cause(self) -> None:
        made = plan("rebuild", running(container("postgres", config_hash=SafeText("old"))), "api")
        (postgres,) = [item for item in made.affects if item.service == "postgres"]
        assert postgres.change == "is recreated as well"
        assert "configuration has changed" in postgres.cause
        assert "postgres" in {item.name for item in made.checks_after}

    def test_a_service_that_is_not_built_is_refused(self) -> None:
        with pytest.raises(NothingToDo, match="the compose file names an image"):
            plan("rebuild", running(), "postgres")

    def test_a_rebuild_of_all_services_needs_the_project_name(self) -> None:
        made = plan("rebuild", running())
        assert made.title == "Rebuild all of pixel"
        assert made.confirm == "pixel"
        assert "not changed: postgres is not built" in warnings_named(made)


def warnings_named(made: Plan) -> str:
    return "; ".join(f"{check.name}: {check.message}" for check in made.checks_before)


UNHEALTHY = Health(HealthStatus.UNHEALTHY)


def test_an_unhealthy_dependant_does_not_fail_the_job() -> None:
    snapshot = running(container("web", health=UNHEALTHY), container("api", health=UNHEALTHY))
    for action in ("recreate", "rebuild"):
        found = {item.name: item.incidental for item in plan(action, snapshot, "api").checks_after}
        assert found == {"api": False, "web": True, "syntropy": False}


def test_an_unhealthy_coupled_service_does_not_fail_the_job() -> None:
    old = container("postgres", config_hash=SafeText("old"), health=UNHEALTHY)
    found = {
        item.name: item.incidental for item in plan("rebuild", running(old), "api").checks_after
    }
    assert found[SafeText("postgres")]
    stopped = exited("postgres", config_hash=SafeText("old"))
    made = plan("rebuild", running(stopped), "api")
    assert not any(item.incidental for item in made.checks_after), "api needs it"


class TestHandScaled:
    """After a manual `up --scale api=3`, no recreate scales it down."""

    def scaled(self, *more: Container) -> StackSnapshot:
        three = [container("api", number) for number in (1, 2, 3)]
        return stack(*three, container("web"), container("postgres"), *more, specs=BUILT[:3])

    def test_recreate_keeps_and_verifies_the_scale(self) -> None:
        made = plan("recreate", self.scaled(), "api")
        up = ("up", "--detach", "--force-recreate", "--no-deps", "--scale=api=3", "api")
        assert commands(made) == [(*COMPOSE, *up)]
        assert effects(made)["api"] == "is recreated"
        api = next(item for item in made.checks_after if item.name == "api")
        assert (api.containers, len(api.previous_runs)) == (3, 3)
        messages = [check.message for check in made.checks_before if check.name == "scale"]
        assert messages == ["api keeps its 3 containers; the compose file says 1"]

    def test_a_rebuild_keeps_the_scale_of_dependencies_too(self) -> None:
        made = plan("rebuild", self.scaled(), "web")
        assert commands(made)[1] == (*COMPOSE, "up", "--detach", "--scale=api=3", "web")
        assert "api" not in effects(made), "it is left as it is"
        # Compose refuses `--scale` of a service that it does not consider.
        made = plan("recreate", self.scaled(), "web")
        assert commands(made)[0][-1] == "web"
        assert "--scale" not in str(commands(made))

    def test_a_service_scaled_to_0_in_the_file_keeps_its_containers(self) -> None:
        specs = (spec("api", replicas=0),)
        made = plan("recreate", stack(container("api"), specs=specs), "api")
        assert "--scale=api=1" in commands(made)[0]
        assert effects(made)["api"] == "is recreated"

    def test_missing_replicas_are_created(self) -> None:
        specs = (spec("api", replicas=2),)
        made = plan("recreate", stack(container("api"), specs=specs), "api")
        assert "--scale" not in str(commands(made))
        assert made.checks_after[0].containers == 2


NET = (SafeText("net"),)
ON_NET = (
    spec("postgres", network_keys=NET),
    spec("api", "postgres", network_keys=NET),
    spec("web", network_keys=(SafeText("front"),)),
    spec("job", network_keys=NET),
)


def changed_net(*others: Container) -> StackSnapshot:
    """All services except a stopped job are running; the network of all but web has changed."""
    there = [container("postgres"), container("api")]
    attached = tuple(AttachedContainer(item.id, item.name) for item in (*there, *others))
    net = Diverged(ResourceKind.NETWORK, NET[0], SafeText("pixel_net"), attached)
    return stack(*there, container("web"), exited("job"), specs=ON_NET, diverged=(net,))


class TestChangedNetwork:
    def test_all_services_on_it_are_out_of_sync_and_no_others(self) -> None:
        found = {item.name: item.sync for item in changed_net().services}
        for name in ("postgres", "api"):
            assert found[SafeText(name)].action is SyncAction.RECREATE
            words = "network pixel_net has changed in the compose file"
            assert found[SafeText(name)].reason == words
        assert found[SafeText("web")].action is SyncAction.NOTHING

    def test_a_recreate_includes_all_running_services_on_it(self) -> None:
        made = plan("recreate", changed_net(), "api")
        up = ("up", "--detach", "--force-recreate", "--no-deps")
        assert commands(made) == [
            (*COMPOSE, "stop", "api", "postgres"),
            (*COMMAND.docker, "network", "rm", "pixel_net"),
            (*COMPOSE, *up, "api", "postgres"),
        ]
        assert effects(made)["postgres"] == "is recreated as well"
        assert made.targets == ("api", "postgres")
        assert all(item.previous_runs for item in made.checks_after if item.name in made.targets)
        assert (
            "everything that pixel-api-1 and pixel-postgres-1 wrote outside of their volumes"
            in (warnings(made))
        )
        assert "recreated, with everything on it" in warnings(made)
        assert "job is stopped: recreate it before you start it" in warnings(made)

    def test_a_rebuild_builds_only_the_requested_service(self) -> None:
        specs = tuple(replace(item, builds=True) for item in ON_NET)
        snapshot = changed_net()
        assert snapshot.project is not None
        snapshot = stack(
            *(item for service in snapshot.services for item in service.containers),
            specs=specs,
            diverged=snapshot.diverged,
        )
        made = plan("rebuild", snapshot, "api")
        assert commands(made)[0] == (*COMPOSE, "build", "api")
        up = ("up", "--detach", "--force-recreate", "api", "postgres")
        assert commands(made)[-1] == (*COMPOSE, *up)

    @pytest.mark.parametrize("action", ["recreate", "start"])
    def test_it_is_refused_with_a_hint_if_it_would_fail(self, action: str) -> None:
        stranger = container("other", name=SafeText("elsewhere-db-1"))
        snapshot = changed_net(stranger)
        if action == "start":
            specs = (*ON_NET, spec("new", network_keys=NET))
            containers = [item for service in snapshot.services for item in service.containers]
            snapshot = stack(*containers, specs=specs, diverged=snapshot.diverged)
        with pytest.raises(OperationError) as caught:
            plan(action, snapshot, "api" if action == "recreate" else "new")
        assert "Network pixel_net has changed in the compose file" in caught.value.what
        if action == "recreate":
            assert "elsewhere-db-1" in caught.value.what
            stop = shown((*COMMAND.docker, "stop", "elsewhere-db-1"))
            assert caught.value.hint == f"Wait until it exits, or stop it: {stop}"

    def test_it_warns_of_a_stopped_foreign_container_with_the_repair(self) -> None:
        strangers = (
            AttachedContainer("e" * 64, SafeText("debug"), aliases=("probe", "-x")),
            AttachedContainer(
                "f" * 64,
                SafeText("shop-db-1"),
                project=SafeText("shop"),
                service=SafeText("db"),
                directory="/srv/shop",
                files=("/srv/shop/compose.yml",),
            ),
            AttachedContainer(exited("job").id, SafeText("pixel-job-1"), project=SafeText("pixel")),
        )
        snapshot = changed_net()
        (net,) = snapshot.diverged
        snapshot = replace(snapshot, diverged=(replace(net, stopped=strangers),))
        made = plan("recreate", snapshot, "api")
        messages = [item.message for item in made.checks_before if "is stopped on" in item.message]
        docker = shown(COMMAND.docker)
        shop = f"{shown(COMMAND.compose)} --project-directory /srv/shop"
        shop += " --file /srv/shop/compose.yml --project-name shop"
        leave = f"{docker} network disconnect --force pixel_net debug"
        come = f"{docker} network connect --alias probe --alias=-x pixel_net debug"
        assert [item.rpartition("run: ")[2] for item in messages] == [
            f"{leave} && {come}",
            f"{shop} up --no-start --no-deps --force-recreate db",
        ]
        assert messages[0].startswith("debug is stopped on pixel_net")
        assert not plan_outdated(made, snapshot)
        assert plan_outdated(made, changed_net())
        unknown = replace(net, unlisted=SafeText("Forbidden"))
        made = plan("recreate", replace(snapshot, diverged=(unknown,)), "api")
        assert "are unknown, and can't start afterwards: Forbidden" in warnings(made)

    def test_a_changed_network_of_other_services_does_not_matter(self) -> None:
        assert len(commands(plan("recreate", changed_net(), "web"))) == 1

    def test_the_containers_on_it_are_in_the_fingerprint(self) -> None:
        made = plan("recreate", changed_net(), "api")
        assert not plan_outdated(made, changed_net())
        assert plan_outdated(made, changed_net(container("other")))

    def test_a_changed_volume_is_kept_with_a_warning(self) -> None:
        data = Diverged(ResourceKind.VOLUME, SafeText("data"), SafeText("pixel_data"))
        specs = (spec("api", volumes=(SafeText("data"),)),)
        snapshot = stack(container("api"), specs=specs, diverged=(data,))
        service = snapshot.service("api")
        assert service is not None
        assert service.sync.action is SyncAction.VOLUME
        assert "pixel_data has changed" in service.sync.reason
        made = plan("recreate", snapshot, "api")
        assert len(made.steps) == 1
        assert "but stays unchanged, with its data" in warnings(made)


class TestSharing:
    def test_a_sharer_of_a_recreated_network_is_recreated_too(self) -> None:
        vpn = container("vpn")
        specs = (spec("vpn"), spec("app", "vpn", joins=(SafeText("vpn"),)))
        made = plan("recreate", stack(vpn, container("app", joins=(vpn.id,)), specs=specs), "vpn")
        assert commands(made)[-1][-2:] == ("vpn", "app")
        assert effects(made)["app"] == "is recreated as well"
        app = next(item for item in made.checks_after if item.name == "app")
        assert app.previous_runs


VPN = SafeText("vpn")
SHARING_VPN = (spec("vpn"), spec("app", "vpn", joins=(VPN,), network_of=VPN))


def sharing_vpn(vpn: Container, **changes: object) -> StackSnapshot:
    joined: dict[str, object] = {"joins": (vpn.id,), "network_of": vpn.id}
    return stack(vpn, container("app", 1, **(joined | changes)), specs=SHARING_VPN)


class TestNetworkOfAnother:
    @pytest.mark.parametrize(
        ("vpn", "why"),
        [
            (container("vpn", started_at=STARTED + timedelta(seconds=1)), "was started after it"),
            (exited("vpn"), "is not running"),
            (container("vpn"), ""),
            (container("vpn", started_at=STARTED - timedelta(seconds=1)), ""),
        ],
    )
    def test_a_cut_off_service_is_broken_with_a_finding(self, vpn: Container, why: str) -> None:
        snapshot = sharing_vpn(vpn)
        app = snapshot.service("app")
        assert app is not None
        assert app.is_ok is not bool(why)
        found = finding_of(app, snapshot, NOW)
        assert (found.what if found else "") == ("has no network" if why else "")
        assert why in app.cut_off

    def test_a_sharer_of_a_removed_container_is_cut_off(self) -> None:
        app = sharing_vpn(container("vpn"), network_of="d" * 64).service("app")
        assert app is not None
        assert "is gone" in app.cut_off
        assert not app.is_ok

    @pytest.mark.parametrize("action", ["restart", "start"])
    def test_a_sharer_is_restarted_after_the_owner_of_the_network(self, action: str) -> None:
        vpn = container("vpn") if action == "restart" else exited("vpn")
        made = plan(action, sharing_vpn(vpn), "vpn")
        assert commands(made)[-1] == (*COMPOSE, "restart", "--no-deps", "app")
        assert effects(made)["app"] == "is restarted at the end"
        (app,) = [item for item in made.checks_after if item.name == "app"]
        assert app.previous_runs
        assert made.risk is Risk.DISRUPTIVE

    def test_a_sharer_that_compose_restarts_needs_no_step(self) -> None:
        vpn = container("vpn")
        specs = (spec("vpn"), spec("app", restarting_with("vpn"), joins=(VPN,), network_of=VPN))
        app = container("app", joins=(vpn.id,), network_of=vpn.id)
        made = plan("restart", stack(vpn, app, specs=specs), "vpn")
        assert commands(made) == [(*COMPOSE, "restart", "vpn")]

    @pytest.mark.parametrize("action", ["restart", "start"])
    def test_a_sharer_of_a_removed_container_must_be_recreated(self, action: str) -> None:
        # The engine would stop it, and then find no container to join.
        changes: dict[str, object] = {"joins": ("d" * 64,), "network_of": "d" * 64}
        app = container("app", 1, **changes) if action == "restart" else exited("app", 1, **changes)
        snapshot = stack(container("vpn"), app, specs=SHARING_VPN)
        with pytest.raises(OperationError, match=r"is gone \(recreate it\)"):
            plan(action, snapshot, "app")

    def test_the_finding_does_not_suggest_a_restart(self) -> None:
        snapshot = sharing_vpn(container("vpn"), network_of="d" * 64)
        app = snapshot.service("app")
        assert app is not None
        found = finding_of(app, snapshot, NOW)
        assert found is not None
        assert found.hint.startswith("Recreate it")

    def test_a_created_gateway_recreates_the_sharers_of_the_removed_one(self) -> None:
        app = container("app", joins=("d" * 64,), network_of="d" * 64)
        made = plan("start", stack(app, specs=SHARING_VPN), "vpn")
        words = ("up", "--detach", "--force-recreate", "--no-deps", "app")
        assert commands(made)[-1] == (*COMPOSE, *words)
        assert effects(made)["app"] == "is recreated at the end"
        (expected,) = [item for item in made.checks_after if item.name == "app"]
        assert expected.previous_runs
        assert made.risk is Risk.DISRUPTIVE

    @pytest.mark.parametrize("names", [("vpn",), ()], ids=["the gateway", "all"])
    def test_a_sharer_that_can_not_be_restarted_is_recreated(self, names: tuple[str, ...]) -> None:
        specs = (spec("vpn"), spec("app", restarting_with("vpn"), joins=(VPN,), network_of=VPN))
        app = container("app", joins=("d" * 64,), network_of="d" * 64)
        made = plan("restart", stack(container("vpn"), app, specs=specs), *names)
        assert [item[len(COMPOSE)] for item in commands(made)] == ["restart", "up"]
        assert commands(made)[0][-2:] == ("--no-deps", "vpn")
        assert "not changed" not in {check.name for check in made.checks_before}

    def test_a_sharer_is_restarted_by_container_if_compose_refuses_the_project(self) -> None:
        broken = replace(sharing_vpn(container("vpn")), project_trouble=TROUBLE)
        made = plan("restart", broken, "vpn")
        assert commands(made) == [
            (*DOCKER, "restart", "pixel-vpn-1"),
            (*DOCKER, "restart", "pixel-app-1"),
        ]
        assert effects(made)["pixel-app-1"] == "is restarted at the end"
        assert {item.name for item in made.checks_after} == {"pixel-vpn-1", "pixel-app-1"}

    def test_a_stopped_sharer_is_not_changed(self) -> None:
        vpn = container("vpn")
        app = exited("app", joins=(vpn.id,), network_of=vpn.id)
        made = plan("restart", stack(vpn, app, specs=SHARING_VPN), "vpn")
        assert len(made.steps) == 1


class TestLeftovers:
    """A cancelled or killed recreate leaves its new container beside the old one."""

    NAME = "6170692d3100_pixel-api-1"

    def stack(self, **changes: object) -> StackSnapshot:
        api = container("api")
        left = leftover_of(api, **changes)
        assert left.name == self.NAME
        rest = (container("postgres"), container("web"))
        return stack(api, left, *rest, specs=BUILT[:3])

    def test_a_leftover_is_no_replica(self) -> None:
        service = self.stack().service("api")
        assert service is not None
        assert [item.name for item in service.regular] == ["pixel-api-1"]
        assert [item.name for item in service.leftovers] == [self.NAME]
        assert (service.state, service.sync.action) == (ServiceState.RUNNING, SyncAction.NOTHING)

    def test_a_snapshot_during_a_recreate_fails_nothing(self) -> None:
        expected = Expectation(SafeText("api"), ExpectedState.RUNNING)
        ended = exited("api", exit_code=137)
        alone = stack(ended, specs=BUILT[1:2])
        assert check_expectation(expected, alone).state is ExpectationState.BROKEN
        between = stack(ended, leftover_of(ended), specs=BUILT[1:2])
        assert check_expectation(expected, between).state is ExpectationState.WAITING

    def test_without_the_old_container_the_replacement_is_the_service(self) -> None:
        service = stack(leftover_of(container("api")), specs=BUILT[1:2]).service("api")
        assert service is not None
        assert len(service.regular) == 1
        assert not service.leftovers
        assert service.state is ServiceState.CREATED

    @pytest.mark.parametrize("action", ["recreate", "rebuild", "restart"])
    def test_every_plan_that_starts_it_removes_it_first(self, action: str) -> None:
        made = plan(action, self.stack(), "api")
        assert commands(made)[0] == (*COMMAND.docker, "rm", self.NAME)
        expected = {str(item.name): item for item in made.checks_after}
        assert expected["api"].containers == 1
        assert expected[self.NAME].state is ExpectedState.GONE
        assert "an interrupted recreate left" in warnings(made)

    def test_start_removes_it_and_starts_the_old_one(self) -> None:
        api = exited("api")
        made = plan("start", stack(api, leftover_of(api), specs=(spec("api"),)), "api")
        assert commands(made) == [
            (*COMMAND.docker, "rm", self.NAME),
            (*COMPOSE, "start", "api"),
        ]

    @pytest.mark.parametrize("action", ["start", "rebuild"])
    def test_the_leftover_of_a_dependency_is_removed_too(self, action: str) -> None:
        """`start` and `up` would start it, although its service is running."""
        db = container("postgres")
        left = leftover_of(db)
        made = plan(action, stack(db, left, exited("api"), specs=BUILT[:2]), "api")
        assert commands(made)[0] == (*COMMAND.docker, "rm", left.name)

    def test_a_running_leftover_is_stopped_first(self) -> None:
        snapshot = self.stack(state=ContainerState.RUNNING, started_at=NOW)
        made = plan("recreate", snapshot, "api")
        assert commands(made)[:2] == [
            (*COMMAND.docker, "stop", self.NAME),
            (*COMMAND.docker, "rm", self.NAME),
        ]
        assert (
            f"everything that pixel-api-1 and {self.NAME} wrote outside of their volumes is lost"
            in (warnings(made))
        )

    def test_a_stop_or_another_service_keeps_the_leftover(self) -> None:
        assert commands(plan("stop", self.stack(), "api")) == [(*COMPOSE, "stop", "api")]
        made = plan("recreate", self.stack(), "web")
        assert self.NAME not in str(commands(made))

    def test_a_leftover_can_be_removed_but_not_started(self) -> None:
        for action in ("start", "restart", "recreate"):
            with pytest.raises(NothingToDo):
                plan(action, self.stack(), "f" * 64)
        for target in ("f" * 64, "api"):
            made = plan("remove-leftovers", self.stack(), target)
            assert commands(made) == [(*COMMAND.docker, "rm", self.NAME)]
            assert made.risk is Risk.SAFE
        with pytest.raises(NothingToDo, match="no container left over from a recreate"):
            plan("remove-leftovers", running(), "api")
