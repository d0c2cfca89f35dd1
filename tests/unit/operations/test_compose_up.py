"""Recreate and rebuild: what the plan says of the targets and of all that hangs on them."""

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
from tests.builders.compose_up import changes, left_beside

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
    def test_what_is_as_the_file_wants_it_is_left_alone(self) -> None:
        assert changes(running(), "web") == {}

    def test_a_dependency_that_has_changed_is_recreated_as_well(self) -> None:
        old = container("postgres", config_hash=SafeText("old"))
        assert changes(running(old), "web") == {"postgres": "recreated"}
        assert changes(running(old), "web", no_deps=True) == {}

    def test_what_depends_on_a_service_is_not_looked_at(self) -> None:
        assert changes(running(), "api", force=True) == {"api": "recreated"}

    def test_restart_true_counts_among_what_is_looked_at_and_one_step_far(self) -> None:
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

    def test_what_shares_a_recreated_container_is_recreated_where_it_is_looked_at(self) -> None:
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

    def test_a_built_image_recreates_what_runs_it_and_may_not(self) -> None:
        found = predict_up(running(), ["web"], UpOptions(rebuilt=("web",)))
        assert [(item.service, item.change, item.certain) for item in found.values()] == [
            ("web", ContainerChange.RECREATED, False)
        ]

    def test_what_is_down_is_started_and_a_task_runs_again(self) -> None:
        assert changes(running(exited("postgres", exit_code=0)), "web") == {"postgres": "started"}

    def test_what_is_missing_is_created(self) -> None:
        snapshot = stack(container("web"), specs=BUILT)
        assert changes(snapshot, "web") == {"postgres": "created", "api": "created"}


class TestRecreate:
    def made(self, snapshot: StackSnapshot, *targets: str) -> Plan:
        return plan("recreate", snapshot, *targets)

    def test_it_touches_nothing_but_what_it_names(self) -> None:
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

    def test_what_its_containers_wrote_is_lost_and_the_plan_says_so(self) -> None:
        assert "everything that pixel-api-1 wrote outside of its volumes is lost" in warnings(
            self.made(running(), "api")
        )

    def test_what_depends_on_it_is_verified_too(self) -> None:
        expected = {str(item.name): item for item in self.made(running(), "api").checks_after}
        assert set(expected) == {"api", "web", "syntropy"}
        assert expected["api"].previous_runs
        assert not expected["web"].previous_runs

    def test_one_container_of_several_can_not_be_recreated(self) -> None:
        with pytest.raises(NothingToDo, match="compose recreates complete services"):
            self.made(running(), container("api").id)

    def test_a_paused_one_is_left_alone(self) -> None:
        with pytest.raises(NothingToDo, match="is paused"):
            self.made(running(container("api", state=ContainerState.PAUSED)), "api")

    def test_a_running_worker_warns(self) -> None:
        snapshot = stack(container("syntropy"), worker(), specs=BUILT)
        assert "is working" in warnings(self.made(snapshot, "syntropy"))


class TestRebuild:
    def test_it_builds_and_then_runs_what_was_built(self) -> None:
        made = plan("rebuild", running(), "api")
        assert commands(made) == [
            (*COMPOSE, "build", "api"),
            (*COMPOSE, "up", "--detach", "api"),
        ]
        assert effects(made)["api"] == "is recreated if the build produces a new image"
        assert made.risk is Risk.DISRUPTIVE

    def test_from_nothing_it_uses_no_layer_of_before(self) -> None:
        made = plan("hard-rebuild", running(), "api")
        assert commands(made)[0] == (*COMPOSE, "build", "--no-cache", "api")
        assert made.title == "Rebuild without cache api"

    def test_the_cascade_is_named_with_its_cause(self) -> None:
        made = plan("rebuild", running(container("postgres", config_hash=SafeText("old"))), "api")
        (postgres,) = [item for item in made.affects if item.service == "postgres"]
        assert postgres.change == "is recreated as well"
        assert "configuration has changed" in postgres.cause
        assert "postgres" in {item.name for item in made.checks_after}

    def test_what_is_not_built_is_refused(self) -> None:
        with pytest.raises(NothingToDo, match="the compose file names an image"):
            plan("rebuild", running(), "postgres")

    def test_all_of_a_project_wants_its_name(self) -> None:
        made = plan("rebuild", running())
        assert made.title == "Rebuild all of pixel"
        assert made.confirm == "pixel"
        assert "not changed: postgres is not built" in warnings_named(made)


def warnings_named(made: Plan) -> str:
    return "; ".join(f"{check.name}: {check.message}" for check in made.checks_before)


ILL = Health(HealthStatus.UNHEALTHY)


def test_a_dependant_that_was_ill_before_fails_no_job() -> None:
    snapshot = running(container("web", health=ILL), container("api", health=ILL))
    for action in ("recreate", "rebuild"):
        found = {item.name: item.incidental for item in plan(action, snapshot, "api").checks_after}
        assert found == {"api": False, "web": True, "syntropy": False}


def test_what_is_taken_along_and_was_ill_before_fails_no_job() -> None:
    old = container("postgres", config_hash=SafeText("old"), health=ILL)
    found = {
        item.name: item.incidental for item in plan("rebuild", running(old), "api").checks_after
    }
    assert found[SafeText("postgres")]
    stopped = exited("postgres", config_hash=SafeText("old"))
    made = plan("rebuild", running(stopped), "api")
    assert not any(item.incidental for item in made.checks_after), "api needs it"


class TestHandScaled:
    """`up --scale api=3` was run by hand: nothing that recreates it brings that down."""

    def scaled(self, *more: Container) -> StackSnapshot:
        three = [container("api", number) for number in (1, 2, 3)]
        return stack(*three, container("web"), container("postgres"), *more, specs=BUILT[:3])

    def test_recreate_keeps_the_number_says_so_and_verifies_it(self) -> None:
        made = plan("recreate", self.scaled(), "api")
        up = ("up", "--detach", "--force-recreate", "--no-deps", "--scale=api=3", "api")
        assert commands(made) == [(*COMPOSE, *up)]
        assert effects(made)["api"] == "is recreated"
        api = next(item for item in made.checks_after if item.name == "api")
        assert (api.containers, len(api.previous_runs)) == (3, 3)
        told = [check.message for check in made.checks_before if check.name == "scale"]
        assert told == ["api keeps its 3 containers; the compose file says 1"]

    def test_a_rebuild_keeps_that_of_what_it_depends_on_too(self) -> None:
        made = plan("rebuild", self.scaled(), "web")
        assert commands(made)[1] == (*COMPOSE, "up", "--detach", "--scale=api=3", "web")
        assert "api" not in effects(made), "it is left as it is"
        # Compose refuses the name of a service that it does not touch.
        made = plan("recreate", self.scaled(), "web")
        assert commands(made)[0][-1] == "web"
        assert "--scale" not in str(commands(made))

    def test_what_the_file_scales_to_nothing_keeps_what_runs(self) -> None:
        specs = (spec("api", replicas=0),)
        made = plan("recreate", stack(container("api"), specs=specs), "api")
        assert "--scale=api=1" in commands(made)[0]
        assert effects(made)["api"] == "is recreated"

    def test_fewer_than_the_file_wants_are_filled_up(self) -> None:
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
    """All but a stopped job runs; the network of all but web has changed."""
    there = [container("postgres"), container("api")]
    attached = tuple(AttachedContainer(item.id, item.name) for item in (*there, *others))
    net = Diverged(ResourceKind.NETWORK, NET[0], SafeText("pixel_net"), attached)
    return stack(*there, container("web"), exited("job"), specs=ON_NET, diverged=(net,))


class TestChangedNetwork:
    def test_sync_tells_it_of_all_on_it_and_of_no_other(self) -> None:
        found = {item.name: item.sync for item in changed_net().services}
        for name in ("postgres", "api"):
            assert found[SafeText(name)].action is SyncAction.RECREATE
            words = "network pixel_net has changed in the compose file"
            assert found[SafeText(name)].reason == words
        assert found[SafeText("web")].action is SyncAction.NOTHING

    def test_a_recreate_takes_along_what_runs_on_it(self) -> None:
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

    def test_a_rebuild_builds_what_was_asked_for_and_recreates_all_on_it(self) -> None:
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
    def test_what_would_fail_half_way_is_refused_with_what_to_do(self, action: str) -> None:
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

    def test_a_stopped_stranger_on_it_is_named_with_what_repairs_it(self) -> None:
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
        told = [item.message for item in made.checks_before if "is stopped on" in item.message]
        docker = shown(COMMAND.docker)
        shop = f"{shown(COMMAND.compose)} --project-directory /srv/shop"
        shop += " --file /srv/shop/compose.yml --project-name shop"
        leave = f"{docker} network disconnect --force pixel_net debug"
        come = f"{docker} network connect --alias probe --alias=-x pixel_net debug"
        assert [item.rpartition("run: ")[2] for item in told] == [
            f"{leave} && {come}",
            f"{shop} up --no-start --no-deps --force-recreate db",
        ]
        assert told[0].startswith("debug is stopped on pixel_net")
        assert not plan_outdated(made, snapshot)
        assert plan_outdated(made, changed_net())
        unknown = replace(net, unlisted=SafeText("Forbidden"))
        made = plan("recreate", replace(snapshot, diverged=(unknown,)), "api")
        assert "are unknown, and can't start afterwards: Forbidden" in warnings(made)

    def test_a_network_that_nothing_named_is_on_changes_no_plan(self) -> None:
        assert len(commands(plan("recreate", changed_net(), "web"))) == 1

    def test_who_is_on_it_is_part_of_what_a_plan_was_made_from(self) -> None:
        made = plan("recreate", changed_net(), "api")
        assert not plan_outdated(made, changed_net())
        assert plan_outdated(made, changed_net(container("other")))

    def test_a_changed_volume_is_told_and_kept(self) -> None:
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
    def test_what_shares_the_network_of_a_recreated_one_is_recreated_with_it(self) -> None:
        vpn = container("vpn")
        specs = (spec("vpn"), spec("app", "vpn", joins=(SafeText("vpn"),)))
        made = plan("recreate", stack(vpn, container("app", joins=(vpn.id,)), specs=specs), "vpn")
        assert commands(made)[-1][-2:] == ("vpn", "app")
        assert effects(made)["app"] == "is recreated as well"
        app = next(item for item in made.checks_after if item.name == "app")
        assert app.previous_runs


VPN = SafeText("vpn")
BEHIND_VPN = (spec("vpn"), spec("app", "vpn", joins=(VPN,), network_of=VPN))


def behind_vpn(vpn: Container, **changes: object) -> StackSnapshot:
    joined: dict[str, object] = {"joins": (vpn.id,), "network_of": vpn.id}
    return stack(vpn, container("app", 1, **(joined | changes)), specs=BEHIND_VPN)


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
    def test_what_has_lost_it_is_not_well_and_a_finding_says_why(
        self, vpn: Container, why: str
    ) -> None:
        snapshot = behind_vpn(vpn)
        app = snapshot.service("app")
        assert app is not None
        assert app.is_ok is not bool(why)
        found = finding_of(app, snapshot, NOW)
        assert (found.what if found else "") == ("has no network" if why else "")
        assert why in app.cut_off

    def test_what_shared_a_container_that_is_gone_has_none(self) -> None:
        app = behind_vpn(container("vpn"), network_of="d" * 64).service("app")
        assert app is not None
        assert "is gone" in app.cut_off
        assert not app.is_ok

    @pytest.mark.parametrize("action", ["restart", "start"])
    def test_it_is_restarted_after_the_one_whose_network_it_shares(self, action: str) -> None:
        vpn = container("vpn") if action == "restart" else exited("vpn")
        made = plan(action, behind_vpn(vpn), "vpn")
        assert commands(made)[-1] == (*COMPOSE, "restart", "--no-deps", "app")
        assert effects(made)["app"] == "is restarted at the end"
        (app,) = [item for item in made.checks_after if item.name == "app"]
        assert app.previous_runs
        assert made.risk is Risk.DISRUPTIVE

    def test_where_compose_restarts_it_along_that_is_enough(self) -> None:
        vpn = container("vpn")
        specs = (spec("vpn"), spec("app", restarting_with("vpn"), joins=(VPN,), network_of=VPN))
        app = container("app", joins=(vpn.id,), network_of=vpn.id)
        made = plan("restart", stack(vpn, app, specs=specs), "vpn")
        assert commands(made) == [(*COMPOSE, "restart", "vpn")]

    @pytest.mark.parametrize("action", ["restart", "start"])
    def test_what_shared_a_container_that_is_gone_can_only_be_recreated(self, action: str) -> None:
        # The engine stops it, and then finds no container to join.
        changes: dict[str, object] = {"joins": ("d" * 64,), "network_of": "d" * 64}
        app = container("app", 1, **changes) if action == "restart" else exited("app", 1, **changes)
        snapshot = stack(container("vpn"), app, specs=BEHIND_VPN)
        with pytest.raises(OperationError, match=r"is gone \(recreate it\)"):
            plan(action, snapshot, "app")

    def test_the_finding_of_it_does_not_advise_a_restart(self) -> None:
        snapshot = behind_vpn(container("vpn"), network_of="d" * 64)
        app = snapshot.service("app")
        assert app is not None
        found = finding_of(app, snapshot, NOW)
        assert found is not None
        assert found.hint.startswith("Recreate it")

    def test_a_gateway_that_is_created_takes_along_what_shared_the_one_that_is_gone(self) -> None:
        app = container("app", joins=("d" * 64,), network_of="d" * 64)
        made = plan("start", stack(app, specs=BEHIND_VPN), "vpn")
        words = ("up", "--detach", "--force-recreate", "--no-deps", "app")
        assert commands(made)[-1] == (*COMPOSE, *words)
        assert effects(made)["app"] == "is recreated at the end"
        (expected,) = [item for item in made.checks_after if item.name == "app"]
        assert expected.previous_runs
        assert made.risk is Risk.DISRUPTIVE

    @pytest.mark.parametrize("names", [("vpn",), ()], ids=["the gateway", "all"])
    def test_a_restart_that_compose_would_fail_along_recreates_instead(
        self, names: tuple[str, ...]
    ) -> None:
        specs = (spec("vpn"), spec("app", restarting_with("vpn"), joins=(VPN,), network_of=VPN))
        app = container("app", joins=("d" * 64,), network_of="d" * 64)
        made = plan("restart", stack(container("vpn"), app, specs=specs), *names)
        assert [item[len(COMPOSE)] for item in commands(made)] == ["restart", "up"]
        assert commands(made)[0][-2:] == ("--no-deps", "vpn")
        assert "not changed" not in {check.name for check in made.checks_before}

    def test_it_is_restarted_by_container_while_compose_can_not_read_the_project(self) -> None:
        broken = replace(behind_vpn(container("vpn")), project_trouble=TROUBLE)
        made = plan("restart", broken, "vpn")
        assert commands(made) == [
            (*DOCKER, "restart", "pixel-vpn-1"),
            (*DOCKER, "restart", "pixel-app-1"),
        ]
        assert effects(made)["pixel-app-1"] == "is restarted at the end"
        assert {item.name for item in made.checks_after} == {"pixel-vpn-1", "pixel-app-1"}

    def test_one_that_is_stopped_is_left_alone(self) -> None:
        vpn = container("vpn")
        app = exited("app", joins=(vpn.id,), network_of=vpn.id)
        made = plan("restart", stack(vpn, app, specs=BEHIND_VPN), "vpn")
        assert len(made.steps) == 1


class TestLeftovers:
    """A recreate that was cancelled or killed leaves its new container beside the old one."""

    NAME = "6170692d3100_pixel-api-1"

    def stack(self, **changes: object) -> StackSnapshot:
        api = container("api")
        left = left_beside(api, **changes)
        assert left.name == self.NAME
        rest = (container("postgres"), container("web"))
        return stack(api, left, *rest, specs=BUILT[:3])

    def test_it_is_no_replica_and_changes_no_state(self) -> None:
        service = self.stack().service("api")
        assert service is not None
        assert [item.name for item in service.regular] == ["pixel-api-1"]
        assert [item.name for item in service.leftovers] == [self.NAME]
        assert (service.state, service.sync.action) == (ServiceState.RUNNING, SyncAction.NOTHING)

    def test_a_picture_from_the_middle_of_a_recreate_decides_nothing(self) -> None:
        expected = Expectation(SafeText("api"), ExpectedState.RUNNING)
        ended = exited("api", exit_code=137)
        alone = stack(ended, specs=BUILT[1:2])
        assert check_expectation(expected, alone).state is ExpectationState.BROKEN
        between = stack(ended, left_beside(ended), specs=BUILT[1:2])
        assert check_expectation(expected, between).state is ExpectationState.WAITING

    def test_where_the_old_container_is_gone_the_new_one_is_the_service(self) -> None:
        service = stack(left_beside(container("api")), specs=BUILT[1:2]).service("api")
        assert service is not None
        assert len(service.regular) == 1
        assert not service.leftovers
        assert service.state is ServiceState.CREATED

    @pytest.mark.parametrize("action", ["recreate", "rebuild", "restart"])
    def test_every_plan_that_has_it_run_removes_it_first(self, action: str) -> None:
        made = plan(action, self.stack(), "api")
        assert commands(made)[0] == (*COMMAND.docker, "rm", self.NAME)
        expected = {str(item.name): item for item in made.checks_after}
        assert expected["api"].containers == 1
        assert expected[self.NAME].state is ExpectedState.GONE
        assert "an interrupted recreate left" in warnings(made)

    def test_start_removes_it_and_starts_the_old_one(self) -> None:
        api = exited("api")
        made = plan("start", stack(api, left_beside(api), specs=(spec("api"),)), "api")
        assert commands(made) == [
            (*COMMAND.docker, "rm", self.NAME),
            (*COMPOSE, "start", "api"),
        ]

    @pytest.mark.parametrize("action", ["start", "rebuild"])
    def test_one_of_what_is_needed_is_removed_too(self, action: str) -> None:
        """`start` and `up` start it, though the service itself runs and is not touched."""
        db = container("postgres")
        left = left_beside(db)
        made = plan(action, stack(db, left, exited("api"), specs=BUILT[:2]), "api")
        assert commands(made)[0] == (*COMMAND.docker, "rm", left.name)

    def test_one_that_was_started_is_stopped_before(self) -> None:
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

    def test_a_plan_for_another_service_or_to_stop_leaves_it(self) -> None:
        assert commands(plan("stop", self.stack(), "api")) == [(*COMPOSE, "stop", "api")]
        made = plan("recreate", self.stack(), "web")
        assert self.NAME not in str(commands(made))

    def test_it_can_not_be_started_by_itself_and_can_be_removed(self) -> None:
        for action in ("start", "restart", "recreate"):
            with pytest.raises(NothingToDo):
                plan(action, self.stack(), "f" * 64)
        for target in ("f" * 64, "api"):
            made = plan("remove-leftovers", self.stack(), target)
            assert commands(made) == [(*COMMAND.docker, "rm", self.NAME)]
            assert made.risk is Risk.SAFE
        with pytest.raises(NothingToDo, match="no container left over from a recreate"):
            plan("remove-leftovers", running(), "api")
