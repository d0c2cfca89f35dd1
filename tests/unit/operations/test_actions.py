"""Plans of start, stop and restart."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pixel_tui.errors import NothingToDo, OperationError
from pixel_tui.operations.actions import find_action, why_unavailable
from pixel_tui.operations.planning.plan import ContainerRun, ExpectedState, Risk, plan_outdated
from pixel_tui.redaction.redactor import MASK, remember_secret
from pixel_tui.stack.model.container import Container, ContainerState, Health, HealthStatus
from pixel_tui.stack.model.join import join
from pixel_tui.stack.model.project import Dependency
from pixel_tui.stack.model.snapshot import Connection, EngineStatus, StackSnapshot
from pixel_tui.text import SafeText, plain
from tests.builders.actions import (
    CHAIN,
    COMMAND,
    COMPOSE,
    DOCKER,
    ENGINE,
    NOW,
    STARTED,
    TROUBLE,
    commands,
    container,
    effects,
    exited,
    plan,
    restarting_with,
    running,
    spec,
    stack,
    warnings,
    worker,
)


class TestRestart:
    def test_one_service(self) -> None:
        made = plan("restart", running(), "api")
        assert commands(made) == [(*COMPOSE, "restart", "api")]
        assert made.title == "Restart api"
        assert made.risk is Risk.DISRUPTIVE
        assert made.targets == ("api",)
        assert (made.engine, made.project, made.created_at) == ("unix:///x", "pixel", NOW)

    def test_several_services_are_one_command(self) -> None:
        made = plan("restart", running(), "api", "landing")
        assert commands(made) == [(*COMPOSE, "restart", "api", "landing")]

    def test_running_dependants_are_affected(self) -> None:
        made = plan("restart", running(), "postgres")
        assert effects(made) == {
            "postgres": "is restarted",
            "api": "loses postgres while it is down",
            "web": "may be affected",
        }

    def test_a_stopped_dependant_is_not_affected(self) -> None:
        made = plan("restart", running(exited("api")), "postgres")
        assert "api" not in effects(made)

    def test_several_that_depend_on_each_other_are_restarted_one_layer_after_the_other(
        self,
    ) -> None:
        specs = (
            spec("web", "api", "cache"), spec("api", "db"), spec("cache"), spec("db"),
            spec("mail", restarting_with("api")),
        )  # fmt: skip
        snapshot = stack(*(container(item.name) for item in specs), specs=specs)
        made = plan("restart", snapshot, "web", "db", "cache", "api")
        assert commands(made) == [
            (*COMPOSE, "restart", "--no-deps", "db", "cache"),
            (*COMPOSE, "restart", "--no-deps", "api"),
            (*COMPOSE, "restart", "--no-deps", "web", "mail"),
        ], "what is restarted along is named, and restarted once"
        assert effects(made)["mail"] == "is restarted as well"

    def test_dependants_wait_for_the_health_of_a_dependency(self) -> None:
        specs = (
            spec("web", "api"), spec("api", "db", "cache"), spec("cache"),
            spec("db", has_health_check=True, replicas=2), spec("mail", has_health_check=True),
        )  # fmt: skip
        two = container("db"), container("db", 2)
        snapshot = stack(*two, *(container(item.name) for item in specs[:3]), specs=specs)
        made = plan("restart", snapshot, "web", "api", "db")
        wait = made.steps[1]
        assert [step.title for step in made.steps] == [
            "Restart db", "Wait until db is healthy, for at most 2m", "Restart api",
            "Restart web",
        ]  # fmt: skip
        assert wait.command[4:6] == ("--limit", "120")
        assert wait.command[-2:] == ("pixel-db-1", "pixel-db-2")
        assert "are unchanged" in wait.cancel_effect

    def test_dependants_wait_until_a_task_has_completed(self) -> None:
        completed = Dependency(
            SafeText("migrate"), condition=SafeText("service_completed_successfully")
        )
        specs = (spec("api", completed), spec("migrate", "db"), spec("db"))
        done = exited("migrate", exit_code=0)
        snapshot = stack(container("api"), done, container("db"), specs=specs)
        made = plan("restart", snapshot)
        assert [step.title for step in made.steps] == [
            "Restart db", "Restart migrate", "Wait until migrate is done, for at most 10m",
            "Restart api",
        ]  # fmt: skip
        assert made.steps[2].command[4:7] == ("--limit", "600", "--completed")
        words = [item.sentence for item in made.checks_after]
        assert "migrate is running or done" in words
        assert "api is running" in words

    def test_an_indirect_dependency_is_waited_for_too(self) -> None:
        specs = (spec("web", "api"), spec("api", "db"), spec("db", has_health_check=True))
        snapshot = stack(*(container(item.name) for item in specs), specs=specs)
        made = plan("restart", snapshot, "web", "db")
        assert [step.title.split()[0] for step in made.steps] == ["Restart", "Wait", "Restart"]

    def test_the_order_includes_indirect_dependencies(self) -> None:
        specs = (spec("web", "api"), spec("api", "db"), spec("db"))
        snapshot = stack(*(container(item.name) for item in specs), specs=specs)
        made = plan("restart", snapshot, "web", "db")
        assert [command[-1] for command in commands(made)] == ["db", "web"]

    def test_dependants_with_restart_true_are_restarted_as_well(self) -> None:
        specs = (
            spec("db"),
            spec("api", restarting_with("db")),
            spec("web", restarting_with("api")),
            spec("other", "db"),
        )
        snapshot = stack(*(container(item.name) for item in specs), specs=specs)
        made = plan("restart", snapshot, "db")
        assert effects(made) == {
            "db": "is restarted",
            "api": "is restarted as well",
            "web": "is restarted as well",
            "other": "loses db while it is down",
        }
        assert {item.name for item in made.checks_after} == {"db", "api", "web"}
        assert len(made.interrupts) == 3
        ill = container("api", health=Health(HealthStatus.UNHEALTHY))
        made = plan("restart", stack(container("db"), ill, specs=specs), "db")
        found = {item.name: item.incidental for item in made.checks_after}
        assert found == {"db": False, "api": True}, "it fails nothing where it was ill before"

    def test_stopped_dependants_with_restart_true_are_started(self) -> None:
        specs = (
            spec("db"),
            spec("api", restarting_with("db")),
            spec("gone", restarting_with("db")),
        )
        snapshot = stack(container("db"), exited("api"), specs=specs)
        made = plan("restart", snapshot, "db")
        assert effects(made)["api"] == "is stopped now and is started as well"
        assert "gone" not in effects(made)

    def test_dependants_in_an_inactive_profile_are_not_restarted(self) -> None:
        off = spec("tool", restarting_with("db"), active=False, profiles=("tools",))
        snapshot = stack(container("db"), container("tool"), specs=(spec("db"), off))
        assert effects(plan("restart", snapshot, "db"))["tool"] == ("loses db while it is down")

    def test_naming_a_service_activates_its_profile(self) -> None:
        tool = spec("tool", restarting_with("db"), active=False, profiles=("tools",))
        other = spec("other", active=False, profiles=("tools",))
        specs = (spec("db"), tool, other)
        snapshot = stack(*(container(item.name) for item in specs), specs=specs)
        made = plan("restart", snapshot, "db", "other")
        assert effects(made)["tool"] == "is restarted as well"

    def test_the_stop_grace_period_bounds_the_interruption(self) -> None:
        specs = (spec("agent", stop_grace_period=30.0, has_health_check=True),)
        made = plan("restart", stack(container("agent"), specs=specs), "agent")
        assert made.interrupts == ("agent: up to 30s to stop, then until it is healthy again",)

    def test_the_containers_must_have_been_started_again(self) -> None:
        specs = (spec("agent", has_health_check=True),)
        snapshot = stack(container("agent"), specs=specs)
        (expected,) = plan("restart", snapshot, "agent").checks_after
        assert expected.state is ExpectedState.RUNNING
        assert expected.has_health_check
        assert expected.previous_runs == (ContainerRun(container("agent").id, STARTED),)
        assert expected.sentence == "agent is running and healthy"

    def test_it_expects_as_many_containers_as_before(self) -> None:
        specs = (spec("api", replicas=3),)
        snapshot = stack(container("api", 1), container("api", 2), specs=specs)
        (expected,) = plan("restart", snapshot, "api").checks_after
        assert expected.containers == 2

    def test_a_stopped_service_is_started_by_it(self) -> None:
        made = plan("restart", running(exited("api")), "api")
        assert effects(made) == {"api": "is started"}
        assert made.interrupts == ()

    def test_the_reason_is_the_state_of_the_service(self) -> None:
        made = plan("restart", running(exited("api", exit_code=137, oom_killed=True)), "api")
        assert made.reason == "api has exited with exit code 137 (out of memory)"

    def test_it_warns_that_a_changed_configuration_is_not_applied(self) -> None:
        made = plan("restart", running(container("api", config_hash=SafeText("old"))), "api")
        assert "api keeps its configuration" in warnings(made)

    def test_it_warns_of_a_dependency_that_is_down(self) -> None:
        made = plan("restart", running(exited("postgres")), "api")
        assert "api depends on postgres, which has exited with exit code 1" in warnings(made)

    def test_a_service_without_a_container_can_not_be_restarted(self) -> None:
        with pytest.raises(OperationError, match=r"api has no container \(start it\)"):
            plan("restart", stack(specs=(spec("api"),)), "api")


class TestStop:
    def test_one_service(self) -> None:
        made = plan("stop", running(), "api")
        assert commands(made) == [(*COMPOSE, "stop", "api")]
        assert made.risk is Risk.DISRUPTIVE
        assert effects(made) == {
            "api": "is stopped",
            "web": "loses api until it is started again",
        }
        (expected,) = made.checks_after
        assert expected.state is ExpectedState.STOPPED

    def test_services_stopped_together_do_not_affect_each_other(self) -> None:
        made = plan("stop", running(), "api", "web")
        assert effects(made) == {"api": "is stopped", "web": "is stopped"}

    def test_a_crash_loop_can_be_stopped(self) -> None:
        looping = container("api", state=ContainerState.RESTARTING, exit_code=1, restarts=9)
        assert commands(plan("stop", running(looping), "api"))

    def test_a_stopped_service_is_refused(self) -> None:
        with pytest.raises(OperationError, match="api is already stopped"):
            plan("stop", running(exited("api")), "api")

    def test_it_warns_if_a_worker_needs_the_service(self) -> None:
        specs = (spec("syntropy"), spec("worker", active=False, profiles=("worker",)))
        snapshot = stack(container("syntropy"), worker(), specs=specs)
        for action in ("stop", "restart"):
            made = plan(action, snapshot, "syntropy")
            assert "pixel-worker-1234 is working" in warnings(made)

    def test_it_does_not_warn_of_an_exited_worker(self) -> None:
        specs = (spec("syntropy"), spec("worker", active=False, profiles=("worker",)))
        done = worker(state=ContainerState.EXITED, exit_code=0)
        snapshot = stack(container("syntropy"), done, specs=specs)
        assert warnings(plan("stop", snapshot, "syntropy")) == ""

    def test_a_plan_is_outdated_by_a_new_worker(self) -> None:
        specs = (spec("syntropy"), spec("worker", active=False, profiles=("worker",)))
        made = plan("stop", stack(container("syntropy"), specs=specs), "syntropy")
        assert plan_outdated(made, stack(container("syntropy"), worker(), specs=specs))


class TestStart:
    def test_a_service_with_a_container_is_started(self) -> None:
        made = plan("start", running(exited("landing")), "landing")
        assert commands(made) == [(*COMPOSE, "start", "landing")]
        assert made.risk is Risk.SAFE
        assert effects(made) == {"landing": "is started"}
        assert made.interrupts == ()

    def test_a_service_without_a_container_is_created_and_nothing_recreated(self) -> None:
        made = plan("start", stack(specs=(spec("api"),)), "api")
        assert commands(made) == [(*COMPOSE, "up", "--detach", "--no-recreate", "api")]
        assert effects(made) == {"api": "is created and started"}
        assert made.checks_after[0].containers == 1

    def test_it_warns_that_a_changed_configuration_is_not_applied(self) -> None:
        made = plan("start", running(exited("api", config_hash=SafeText("old"))), "api")
        assert "api keeps its configuration" in warnings(made)

    def test_a_secret_used_as_an_image_name_is_not_shown(self) -> None:
        remember_secret("Sup3r-S3cret-Value-77")
        specs = (spec("api", image=SafeText("Sup3r-S3cret-Value-77")),)
        with pytest.raises(OperationError) as refused:
            plan("start", stack(specs=specs, image=""), "api")
        assert f"has an image name that is not valid, “{MASK}”" in str(refused.value)

    def test_a_missing_image_is_built_or_pulled_first(self) -> None:
        for builds, word in ((True, "built"), (False, "pulled")):
            snapshot = stack(specs=(spec("api", builds=builds),), image=None)
            assert f"image is {word}" in effects(plan("start", snapshot, "api"))["api"]

    def test_dependencies_that_are_down_are_started_too(self) -> None:
        snapshot = running(exited("web"), exited("api"), exited("postgres"))
        made = plan("start", snapshot, "web")
        assert effects(made) == {
            "web": "is started",
            "api": "is started as well",
            "postgres": "is started as well",
        }
        assert {item.name for item in made.checks_after} == {"web", "api", "postgres"}

    def test_up_is_used_if_a_dependency_has_no_container(self) -> None:
        specs = (spec("db"), spec("api", "db"))
        made = plan("start", stack(exited("api"), specs=specs), "api")
        assert commands(made) == [(*COMPOSE, "up", "--detach", "--no-recreate", "api")]
        assert effects(made) == {"api": "is started", "db": "is created and started as well"}

    def test_the_plan_shows_that_up_scales_down(self) -> None:
        specs = (spec("db"), spec("api", "db"))
        snapshot = stack(container("db", 1), container("db", 2), specs=specs)
        made = plan("start", snapshot, "api")
        assert effects(made)["db"] == "loses 1 of its 2 containers"
        assert "everything that 1 container of db wrote outside of its volumes is lost" in warnings(
            made
        )
        assert made.risk is Risk.DISRUPTIVE

    def test_start_and_up_are_two_commands(self) -> None:
        specs = (spec("api"), spec("web"))
        made = plan("start", stack(exited("api"), specs=specs), "api", "web")
        assert [command[-2:] for command in commands(made)] == [
            ("start", "api"),
            ("--no-recreate", "web"),
        ]

    def test_a_service_of_an_inactive_profile_has_a_cause(self) -> None:
        specs = (spec("pgadmin", active=False, profiles=("tools",)),)
        made = plan("start", stack(specs=specs), "pgadmin")
        assert "profile is not active" in made.affects[0].cause

    def test_an_optional_inactive_dependency_is_not_started(self) -> None:
        off = spec("tool", active=False, profiles=("tools",))
        api = spec("api", Dependency(SafeText("tool"), required=False))
        made = plan("start", stack(exited("api"), specs=(api, off)), "api")
        assert effects(made) == {"api": "is started"}

    def test_the_previous_run_does_not_fail_the_start(self) -> None:
        made = plan("start", running(exited("landing")), "landing")
        assert made.checks_after[0].previous_runs == (ContainerRun(exited("landing").id, STARTED),)

    @pytest.mark.parametrize(
        ("service", "says"),
        [
            (container("api"), "api is already running"),
            (container("api", state=ContainerState.PAUSED), "docker unpause pixel-api-1"),
            (container("api", state=ContainerState.RESTARTING), "by Docker"),
        ],
    )
    def test_a_start_that_makes_no_sense_is_refused(self, service: Container, says: str) -> None:
        with pytest.raises(OperationError, match=says):
            plan("start", running(service), "api")

    def test_a_service_scaled_to_0_is_refused(self) -> None:
        with pytest.raises(OperationError, match="scaled to 0"):
            plan("start", stack(specs=(spec("api", replicas=0),)), "api")


class TestSingleContainers:
    def test_docker_is_used_for_an_orphan(self) -> None:
        snapshot = stack(container("old"), container("api"), specs=(spec("api"),))
        for target in ("old", container("old").id):
            made = plan("stop", snapshot, target)
            assert commands(made) == [(*COMMAND.docker, "stop", "pixel-old-1")]
            assert made.checks_after[0].container_id == container("old").id

    def test_docker_is_used_for_a_one_off_by_name(self) -> None:
        snapshot = stack(worker(), specs=(spec("worker", active=False, profiles=("worker",)),))
        made = plan("stop", snapshot, worker().id)
        assert commands(made) == [(*COMMAND.docker, "stop", "pixel-worker-1234")]
        assert effects(made) == {"pixel-worker-1234": "is stopped"}

    def test_a_container_is_found_by_name_and_by_id(self) -> None:
        snapshot = stack(worker(), specs=(spec("worker", active=False, profiles=("worker",)),))
        assert commands(plan("stop", snapshot, "pixel-worker-1234")) == commands(
            plan("stop", snapshot, worker().id)
        )

    def test_one_offs_are_not_part_of_their_service(self) -> None:
        snapshot = stack(worker(), specs=(spec("worker"),))
        with pytest.raises(OperationError, match="worker has no container"):
            plan("stop", snapshot, "worker")

    def test_one_of_several_of_a_service(self) -> None:
        specs = (spec("api"), spec("web", "api"))
        snapshot = stack(container("api", 1), container("api", 2), container("web"), specs=specs)
        made = plan("restart", snapshot, container("api", 2).id)
        assert commands(made) == [(*COMMAND.docker, "restart", "pixel-api-2")]
        assert effects(made)["web"] == "loses a container of api while it is down"

    def test_a_container_and_its_service_are_restarted_once(self) -> None:
        made = plan("restart", running(), container("api").id, "api")
        assert commands(made) == [(*COMPOSE, "restart", "api")]

    def test_services_and_containers_are_separate_steps(self) -> None:
        snapshot = stack(container("old"), container("api"), specs=(spec("api"),))
        made = plan("restart", snapshot, "api", "old")
        assert commands(made) == [
            (*COMPOSE, "restart", "api"),
            (*COMMAND.docker, "restart", "pixel-old-1"),
        ]
        assert made.title == "Restart api and pixel-old-1"


class TestRefusals:
    def test_targets_that_make_no_sense_are_skipped_with_the_reason(self) -> None:
        made = plan("start", running(exited("landing")), "api", "landing")
        assert commands(made) == [(*COMPOSE, "start", "landing")]
        assert "api is already running" in warnings(made)

    @pytest.mark.parametrize("targets", [("nothing",), ("api", "nothing")])
    def test_unknown_targets(self, targets: tuple[str, ...]) -> None:
        with pytest.raises(OperationError):
            plan("restart", running(), *targets)

    def test_a_lost_engine(self) -> None:
        engine = replace(ENGINE, connection=Connection.LOST, trouble=TROUBLE)
        with pytest.raises(OperationError, match="It broke") as raised:
            plan("restart", replace(running(), engine=engine), "api")
        assert raised.value.hint == "Fix it."

    def test_a_project_that_compose_refuses(self) -> None:
        for action in ("recreate", "rebuild", "wipe-volumes"):
            with pytest.raises(OperationError, match="It broke"):
                plan(action, replace(running(), project_trouble=TROUBLE), "api")

    def test_a_stack_that_is_still_loading(self) -> None:
        with pytest.raises(OperationError, match="still loading"):
            plan("restart", replace(running(), project=None), "api")
        with pytest.raises(OperationError, match="still loading"):
            plan("restart", StackSnapshot(EngineStatus(plain("x"), plain("x"))), "api")


def by_labels(*containers: Container) -> StackSnapshot:
    """A stack whose project compose refuses, and that was never resolved."""
    return join(
        engine=ENGINE,
        project=None,
        project_name=SafeText("pixel"),
        project_trouble=TROUBLE,
        containers=containers,
        images={},
        taken_at=NOW,
    )


def test_without_a_project_and_containers_no_action_on_services_is_possible() -> None:
    for name in ("restart", "start", "stop"):
        assert "It broke" in why_unavailable(find_action(name), (), by_labels())


def depending(service: str, on: str, **changes: object) -> Container:
    label = (SafeText("com.docker.compose.depends_on"), SafeText(f"{on}:service_healthy:false"))
    return container(service, 1, labels=(label,), **changes)


class TestWithoutCompose:
    """If compose refuses the project, actions work on the existing containers."""

    STACK = by_labels(depending("api", "postgres"), container("postgres"), exited("web"), worker())

    def test_a_service_is_replaced_by_its_containers(self) -> None:
        made = plan("restart", self.STACK, "api")
        assert commands(made) == [(*DOCKER, "restart", "pixel-api-1")]
        assert [item.container_id for item in made.checks_after] == [
            self.STACK.services[0].containers[0].id
        ]
        assert any(not check.ok and "It broke" in check.message for check in made.checks_before)

    def test_all_services_with_containers_are_ordered_by_their_dependencies(self) -> None:
        made = plan("restart", self.STACK)
        (command,) = commands(made)
        assert command == (
            *DOCKER, "restart", "pixel-postgres-1", "pixel-web-1", "pixel-api-1"
        )  # fmt: skip
        assert made.confirm == "pixel"

    def test_dependants_of_a_container_wait_for_its_health(self) -> None:
        healthy = container("postgres", health=Health(HealthStatus.HEALTHY))
        apis = (depending("api", "postgres"), depending("web", "api"))
        first, wait, rest = commands(plan("restart", by_labels(*apis, healthy, worker())))
        assert first == (*DOCKER, "restart", "pixel-postgres-1")
        assert wait[-1] == "pixel-postgres-1"
        assert "pixel_tui.stack.programs.health_wait" in wait
        assert rest[-2:] == ("pixel-api-1", "pixel-web-1")

    def test_a_container_that_shares_a_network_follows_its_owner(self) -> None:
        vpn = container("vpn")
        app = container("app", joins=(vpn.id,), network_of=vpn.id)
        (command,) = commands(plan("restart", by_labels(app, vpn)))
        assert command == (*DOCKER, "restart", "pixel-vpn-1", "pixel-app-1")

    def test_stopped_containers_are_started(self) -> None:
        assert commands(plan("start", self.STACK)) == [(*DOCKER, "start", "pixel-web-1")]

    @pytest.mark.parametrize("targets", [("landing",), ("api", "landing")])
    def test_an_unknown_name_reports_why_compose_refuses_the_project(
        self, targets: tuple[str, ...]
    ) -> None:
        with pytest.raises(OperationError, match=r"no container of landing\. It broke") as raised:
            plan("start", self.STACK, *targets)
        assert raised.value.hint == "Fix it."

    @pytest.mark.parametrize("action", ["start", "stop", "restart"])
    def test_without_containers_the_error_is_that_of_compose(self, action: str) -> None:
        with pytest.raises(OperationError, match=r"^It broke\. Fix it\.$"):
            plan(action, by_labels())

    def test_dependants_are_affected(self) -> None:
        made = plan("stop", self.STACK, "postgres")
        assert commands(made) == [(*DOCKER, "stop", "pixel-postgres-1")]
        assert any(effect.service == "api" and "loses" in effect.change for effect in made.affects)

    def test_a_one_off_is_only_a_target_if_it_is_named(self) -> None:
        assert commands(plan("stop", self.STACK, "worker")) == [
            (*DOCKER, "stop", "pixel-worker-1234")
        ]

    def test_containers_are_used_even_if_the_project_was_resolved_before(self) -> None:
        stale = stack(container("api"), container("postgres"), container("web"), specs=CHAIN)
        broken = replace(stale, project_trouble=TROUBLE)
        assert commands(plan("stop", broken, "api")) == [(*DOCKER, "stop", "pixel-api-1")]
        with pytest.raises(NothingToDo, match="landing has no container, and compose can't read"):
            plan("start", broken, "landing")

    def test_a_plan_is_outdated_when_compose_reads_the_project_again(self) -> None:
        made = plan("stop", self.STACK, "api")
        assert not plan_outdated(made, self.STACK)
        assert plan_outdated(made, running())


def test_a_service_named_like_an_option_is_no_option() -> None:
    snapshot = stack(container("-v"), specs=(spec("-v"),))
    assert commands(plan("stop", snapshot, "-v")) == [(*COMPOSE, "stop", "--", "-v")]


def test_every_step_has_a_cancel_effect() -> None:
    snapshot = running(exited("landing"))
    for action, target in (("start", "landing"), ("stop", "api")):
        assert all(step.cancel_effect for step in plan(action, snapshot, target).steps)


def test_equal_snapshots_make_equal_plans() -> None:
    assert plan("stop", running(), "api") == plan("stop", running(), "api")


class TestOutdated:
    @pytest.mark.parametrize(
        "changed",
        [
            exited("api"),
            container("api", id="f" * 64),
            container("api", started_at=STARTED + timedelta(minutes=1)),
            container("api", config_hash=SafeText("new")),
            container("api", state=ContainerState.PAUSED),
            exited("web"),
        ],
    )
    def test_when_a_touched_service_has_changed(self, changed: Container) -> None:
        made = plan("restart", running(), "api")
        assert plan_outdated(made, running(changed))

    @pytest.mark.parametrize(
        "changed",
        [
            exited("landing"),
            container("api", health=Health(HealthStatus.UNHEALTHY)),
        ],
    )
    def test_not_when_another_service_has_changed(self, changed: Container) -> None:
        made = plan("restart", running(), "api")
        assert not plan_outdated(made, running(changed))

    def test_not_by_the_next_restart_of_a_crash_loop(self) -> None:
        looping = container("api", state=ContainerState.RESTARTING, exit_code=1, restarts=504)
        later = container("api", restarts=505, started_at=STARTED + timedelta(seconds=30))
        made = plan("restart", running(looping), "api")
        assert not plan_outdated(made, running(later))

    def test_when_the_compose_file_has_changed(self) -> None:
        made = plan("restart", running(), "postgres")
        specs = (*CHAIN[:-1], spec("landing", "postgres"))
        moved = stack(*(container(item.name) for item in specs), specs=specs)
        assert plan_outdated(made, moved)
