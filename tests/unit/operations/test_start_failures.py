"""A start that would fail is refused, with the reason and a hint."""

from dataclasses import replace
from pathlib import Path

import pytest

from pixel_tui.backups.holders import Volume
from pixel_tui.errors import OperationError
from pixel_tui.facts.start import read_build_troubles
from pixel_tui.operations.actions import find_action, plan_action, why_unavailable
from pixel_tui.operations.planning.facts import Facts, HeldPort
from pixel_tui.operations.planning.plan import Plan
from pixel_tui.stack.model.container import Container, NetworkAddress, Port
from pixel_tui.stack.model.project import Dependency, External, ServiceSpec
from pixel_tui.stack.model.snapshot import StackSnapshot, Sync, SyncAction
from pixel_tui.stack.model.sync import REFUSED as REFUSED_IMAGE
from pixel_tui.stack.model.target_ref import TargetRef
from pixel_tui.text import SafeText, plain
from tests.builders.actions import COMMAND, NOW, container, exited, spec, stack

PORT = Port(80, "tcp", plain("0.0.0.0"), 8080)


def start(snapshot: StackSnapshot, *names: str, facts: Facts) -> Plan:
    return plan_action("start", names, snapshot, COMMAND, now=NOW, facts=facts)


def test_a_missing_external_network_or_volume() -> None:
    """Also for a service of an inactive profile, which the plan starts anyway."""
    externals = (External("network", plain("shared")), External("volume", plain("kept")))
    worker = spec("worker", externals=externals, active=False, profiles=(plain("late"),))
    nothing = stack(specs=(worker,))
    there = Facts(networks=frozenset({"id", "shared"}), volumes=(Volume("kept", ""),))
    assert start(nothing, "worker", facts=there).steps
    for facts, command in (
        (replace(there, networks=frozenset({"id"})), r"docker network create shared"),
        (replace(there, volumes=()), r"docker volume create kept"),
    ):
        with pytest.raises(OperationError, match=rf"which does not exist \({command}\)"):
            start(nothing, "worker", facts=facts)
    unknown = start(nothing, "worker", facts=replace(there, volumes=None))
    messages = " ".join(item.message for item in unknown.checks_before)
    assert "whether external networks and volumes exist" in messages
    made = stack(exited("worker"), specs=(worker,))
    assert start(made, "worker", facts=replace(there, volumes=())).steps, "it has its own"


NO_NETWORK = r"needs the external network shared, which does not exist \(docker network create"
SHARED = (External("network", plain("shared")),)


@pytest.mark.parametrize("action", ["recreate", "rebuild", "hard-rebuild", "start"])
def test_missing_resources_are_found_before_anything_is_stopped(action: str) -> None:
    """Also for dependencies with a container: the file may have changed since."""
    db, api = spec("db", externals=SHARED), spec("api", "db", builds=True)
    seen = stack(container("db"), specs=(db, api))
    gone, there = Facts(networks=frozenset()), Facts(networks=frozenset({"shared"}))
    assert plan_action(action, ["api"], seen, COMMAND, now=NOW, facts=there).steps
    if action == "recreate":  # with `--no-deps`
        assert plan_action(action, ["api"], seen, COMMAND, now=NOW, facts=gone).steps
        with pytest.raises(OperationError, match=f"db {NO_NETWORK}"):
            plan_action(action, ["db"], seen, COMMAND, now=NOW, facts=gone)
        return
    with pytest.raises(OperationError, match=f"api depends on db, which {NO_NETWORK}"):
        plan_action(action, ["api"], seen, COMMAND, now=NOW, facts=gone)
    unknown = plan_action(action, ["api"], seen, COMMAND, now=NOW, facts=Facts())
    (words,) = [check.message for check in unknown.checks_before if check.name == "not checked"]
    assert words.startswith("whether external networks and volumes exist")


def test_missing_resources_of_coupled_services_are_found() -> None:
    owner = container("owner")
    parts = {"joins": (plain("owner"),), "ipc_of": plain("owner"), "externals": SHARED}
    gone = Facts(networks=frozenset())
    by_name = spec("app", **parts)
    # Compose ignores `container:`, so the plan recreates it at the end.
    for app in (by_name, replace(by_name, joins=())):
        joined = container("app", joins=(owner.id,), ipc_of=owner.id)
        seen = stack(owner, joined, specs=(spec("owner"), app))
        with pytest.raises(
            OperationError, match=f"app must be recreated as well, and {NO_NETWORK}"
        ):
            plan_action("recreate", ["owner"], seen, COMMAND, now=NOW, facts=gone)
    lost = container("app", joins=("d" * 64,), ipc_of="d" * 64)
    seen = stack(owner, lost, specs=(spec("owner"), by_name))
    made = plan_action("restart", ["owner"], seen, COMMAND, now=NOW, facts=gone)
    assert [step.title for step in made.steps] == ["Restart owner"], "app has lost it already"
    (left,) = [check.message for check in made.checks_before if check.name == "not changed"]
    assert "needs the external network shared" in left


def test_an_inactive_service_is_built_first(tmp_path: Path) -> None:
    worker = spec("worker", builds=True, active=False, build_folder=str(tmp_path / "none"))
    nothing = stack(specs=(worker,), image=None)
    service = nothing.service("worker")
    assert service is not None
    assert (service.sync.action, service.sync.missing_image) == (SyncAction.OFF, True)
    facts = Facts(build_troubles=read_build_troubles(nothing))
    with pytest.raises(OperationError, match=r"must be built, and folder .* does not exist"):
        start(nothing, "worker", facts=facts)
    made = start(nothing, "worker", facts=Facts())
    assert made.affects[0].change == "is created and started, once its image is built"


def held(port: int, address: str = "", protocol: str = "tcp", owner: str = "other") -> Facts:
    item = HeldPort(port, protocol, address, plain(owner), owner)
    return Facts(held_ports=(item,))


def publishing(port: Port) -> StackSnapshot:
    return stack(exited("web"), specs=(spec("web", ports=(port,)),))


@pytest.mark.parametrize(
    ("wanted", "facts"),
    [
        (PORT, held(8080, "0.0.0.0")),
        (PORT, held(8080, "127.0.0.1")),
        (Port(80, "tcp", plain(""), 8080), held(8080, "::")),
        (Port(80, "tcp", plain("127.0.0.1"), 8080), held(8080, "127.0.0.1")),
        (Port(53, "udp", plain(""), 53), held(53, "0.0.0.0", "udp")),
    ],
)
def test_a_port_held_by_another_container(wanted: Port, facts: Facts) -> None:
    with pytest.raises(OperationError, match=r"port \d+, which other holds \(stop that first\)"):
        start(publishing(wanted), "web", facts=facts)


@pytest.mark.parametrize(
    "facts",
    [
        held(8081),
        held(8080, "::1"),
        held(8080, "", "udp"),
        Facts(held_ports=()),
        Facts(held_ports=None),
        held(8080, owner=exited("web").id),
    ],
)
def test_another_port_is_no_problem(facts: Facts) -> None:
    assert start(publishing(PORT), "web", facts=facts).steps


def unchecked(snapshot: StackSnapshot, name: str, facts: Facts) -> list[str]:
    checks = start(snapshot, name, facts=facts).checks_before
    return [check.message for check in checks if check.name == "not checked"]


def test_it_warns_of_what_docker_did_not_report_in_time() -> None:
    (message,) = unchecked(publishing(PORT), "web", Facts())
    assert message == "ports held by other containers (Docker did not answer in time)"
    assert not unchecked(publishing(PORT), "web", Facts(held_ports=()))
    assert not unchecked(publishing(Port(80, "tcp", plain(""))), "web", Facts())
    (message,) = unchecked(on_network("old"), "web", Facts(held_ports=()))
    assert "networks of the containers" in message
    assert not unchecked(on_network("old"), "web", Facts(networks=frozenset({"old"})))


def test_it_warns_of_unchecked_ports_of_dependencies() -> None:
    specs = (spec("db", ports=(PORT,)), spec("api", "db"))
    assert unchecked(stack(exited("db"), exited("api"), specs=specs), "api", Facts())
    seen = stack(container("db"), exited("api"), specs=specs)
    assert not unchecked(seen, "api", Facts()), "it runs already"


def wrongly_named(*names: str, seen: StackSnapshot) -> StackSnapshot:
    """The same stack, where these services have invalid image names."""
    wrong = Sync(SyncAction.UNKNOWN, plain("no name"), invalid_image=True)
    services = tuple(
        replace(item, sync=wrong, spec=replace(item.spec, image=plain("Bad/Name")))
        if item.spec is not None and item.name in names
        else item
        for item in seen.services
    )
    return replace(seen, services=services)


REFUSED = "web has an image name that is not valid, “Bad/Name”"


def test_an_invalid_image_name_is_refused_if_a_container_is_created() -> None:
    specs = (spec("web", builds=True), spec("api", "web", builds=True))
    seen = wrongly_named("web", seen=stack(container("web"), specs=specs))
    for action in ("recreate", "rebuild", "hard-rebuild"):
        with pytest.raises(OperationError, match=REFUSED):
            plan_action(action, ["web"], seen, COMMAND, now=NOW)
        assert "not valid" in why_unavailable(find_action(action), [TargetRef("web")], seen)
    with pytest.raises(OperationError, match=f"api depends on web, which {REFUSED[4:]}"):
        start(seen, "api", facts=Facts())
    with pytest.raises(OperationError, match="depends on web"):
        plan_action("rebuild", ["api"], seen, COMMAND, now=NOW)
    assert plan_action("recreate", ["api"], seen, COMMAND, now=NOW).steps, "it has no use for it"


def test_a_service_that_compose_refuses_is_refused_with_its_reason() -> None:
    """Possible for a service of an inactive profile, which compose does not check before."""
    off = {"active": False, "profiles": (plain("late"),), "refused": plain("no image")}
    web, api = spec("web", image=plain(""), **off), spec("api", "web", **(off | {"refused": ""}))
    words = "web is refused by compose: no image"
    for action in ("start", "recreate"):
        with pytest.raises(OperationError, match=words):
            plan_action(action, ["web"], stack(specs=(web, api)), COMMAND, now=NOW)
    with pytest.raises(OperationError, match=f"api depends on web, which {words[4:]}"):
        start(stack(specs=(web, api)), "api", facts=Facts())
    with pytest.raises(OperationError, match="names no image and no build"):
        plan_action("rebuild", ["web"], stack(specs=(web,)), COMMAND, now=NOW)
    made = stack(exited("web"), specs=(web,))
    assert start(made, "web", facts=Facts()).steps, "it has its container"


def test_an_invalid_image_name_is_refused_while_its_profile_is_inactive() -> None:
    web = spec("web", image=plain("a b"), active=False, profiles=(plain("late"),))
    seen = stack(specs=(web,), image=REFUSED_IMAGE)
    with pytest.raises(OperationError, match="not valid, “a b”"):
        start(seen, "web", facts=Facts())


def test_an_existing_container_starts_with_an_invalid_image_name() -> None:
    seen = wrongly_named("web", seen=stack(exited("web"), specs=(spec("web"),)))
    assert start(seen, "web", facts=Facts()).steps
    gone = wrongly_named("web", seen=stack(specs=(spec("web"),)))
    with pytest.raises(OperationError, match=REFUSED):
        start(gone, "web", facts=Facts())


def test_the_port_of_a_dependency_counts_too() -> None:
    seen = stack(exited("db"), exited("api"), specs=(spec("db", ports=(PORT,)), spec("api", "db")))
    with pytest.raises(OperationError, match="api depends on db, which needs port 8080"):
        start(seen, "api", facts=held(8080))


@pytest.mark.parametrize("action", ["recreate", "rebuild", "hard-rebuild"])
def test_a_taken_port_is_found_before_the_old_container_is_removed(action: str) -> None:
    """A port that its own container holds is free by then."""

    def made(facts: Facts, *others: Container, name: str = "web") -> Plan:
        specs = (spec("web", builds=True, ports=(PORT,)), spec("api", "web", builds=True))
        more = tuple(spec(str(item.service)) for item in others)
        containers = (container("web"), container("api"), *others)
        seen = stack(*containers, specs=(*specs, *more))
        return plan_action(action, [name], seen, COMMAND, now=NOW, facts=facts)

    assert made(held(8080, owner=container("web").id)).steps
    with pytest.raises(OperationError, match=r"web needs port 8080, which other holds"):
        made(held(8080))
    old = container("old")
    with pytest.raises(OperationError, match=r"web needs port 8080, which 6f6c64.* holds"):
        made(held(8080, owner=old.id), old)
    if action != "recreate":  # with `--no-deps`
        with pytest.raises(OperationError, match=r"api depends on web, which needs port 8080"):
            made(held(8080), name="api")
    messages = [
        check.message for check in made(Facts()).checks_before if check.name == "not checked"
    ]
    assert "ports held by other containers" in " ".join(messages)
    messages = [check.message for check in made(Facts(held_ports=())).checks_before]
    assert "ports held by other containers" not in " ".join(messages)


def test_a_port_that_moves_to_another_service_is_free_if_both_are_recreated() -> None:
    specs = (spec("web", ports=(PORT,)), spec("old"))
    seen = stack(container("web"), container("old"), specs=specs)
    facts = held(8080, owner=container("old").id)
    made = plan_action("recreate", ["web", "old"], seen, COMMAND, now=NOW, facts=facts)
    assert made.targets == ("web", "old")


def profiled(*, required: bool = True) -> tuple[ServiceSpec, ...]:
    needs = Dependency(SafeText("db"), required=required)
    off = {"active": False, "profiles": (SafeText("data"),)}
    return (spec("db", **off), spec("api", needs), spec("web", "api"))


@pytest.mark.parametrize("name", ["api", "web"])
def test_a_dependency_whose_profile_is_inactive(name: str) -> None:
    with pytest.raises(OperationError, match=r"on db.*whose profile is not active.*--profile data"):
        start(stack(specs=profiled()), name, facts=Facts())


@pytest.mark.parametrize("action", ["recreate", "rebuild"])
def test_an_inactive_dependency_is_found_before_anything_is_built(action: str) -> None:
    db, api, web = (replace(item, builds=True) for item in profiled())
    seen = stack(container("api"), container("web"), specs=(db, api, web))
    with pytest.raises(OperationError, match=r"would fail: .* db, whose profile is not active"):
        plan_action(action, ["web"], seen, COMMAND, now=NOW, facts=Facts())
    both = plan_action(action, ["api", "db"], seen, COMMAND, now=NOW, facts=Facts())
    assert both.steps, "a name turns its profile on"


def test_an_optional_dependency_may_be_inactive() -> None:
    assert start(stack(specs=profiled(required=False)), "api", facts=Facts()).steps


def building(folder: Path, dockerfile: str = "Dockerfile") -> StackSnapshot:
    item = spec("api", builds=True, build_folder=str(folder), dockerfile=dockerfile)
    return stack(specs=(item,), image=None)


@pytest.mark.parametrize(
    ("prepare", "reason"),
    [
        (lambda folder: None, " does not exist"),
        (lambda folder: folder.mkdir(), "is empty .*submodule"),
        (lambda folder: (folder.mkdir(), (folder / "x").touch()), "no Dockerfile in"),
    ],
)
def test_an_unusable_build_folder(tmp_path: Path, prepare: object, reason: str) -> None:
    prepare(tmp_path / "api")  # type: ignore[operator]
    seen = building(tmp_path / "api")
    with pytest.raises(OperationError, match=f"must be built, and .*{reason}"):
        start(seen, "api", facts=Facts(build_troubles=read_build_troubles(seen)))


@pytest.mark.parametrize("action", ["rebuild", "hard-rebuild"])
@pytest.mark.parametrize("image", [None, "sha256:now"])
def test_a_build_from_an_empty_folder_is_refused(
    tmp_path: Path, action: str, image: str | None
) -> None:
    api = spec("api", builds=True, build_folder=str(tmp_path), dockerfile="Dockerfile")
    other = spec("other", builds=True)
    seen = stack(container("api"), container("other"), specs=(api, other), image=image)
    facts = Facts(build_troubles=read_build_troubles(seen))
    with pytest.raises(OperationError, match=r"api can't be built: .* is empty \(a submodule\?"):
        plan_action(action, ["api"], seen, COMMAND, now=NOW, facts=facts)
    made = plan_action(action, [], seen, COMMAND, now=NOW, facts=facts)
    assert made.targets == ("other",)
    (left,) = [check.message for check in made.checks_before if check.name == "not changed"]
    assert left.startswith("api can't be built")


@pytest.mark.parametrize("action", ["recreate", "start", "rebuild"])
@pytest.mark.parametrize("always", [True, False])
def test_an_unusable_build_folder_is_found_before_anything_is_stopped(
    tmp_path: Path, action: str, *, always: bool
) -> None:
    """Also for dependencies; not if the image exists, or if `start` creates nothing."""
    changes: dict[str, object] = {"builds": True, "build_folder": str(tmp_path)}
    db = spec("db", always_builds=always, **changes)
    specs = (db, spec("api", "db", builds=True))
    seen = stack(exited("db"), specs=specs, image="sha256:now" if always else None)
    facts = Facts(build_troubles=read_build_troubles(seen))
    name, reason = ("db", "") if action == "recreate" else ("api", "api depends on db, which ")
    with pytest.raises(OperationError, match=f"{reason}must be built, and .* is empty"):
        plan_action(action, [name], seen, COMMAND, now=NOW, facts=facts)
    assert plan_action("start", ["db"], seen, COMMAND, now=NOW, facts=facts).steps
    there = stack(exited("db"), specs=(replace(db, always_builds=False), specs[1]))
    assert plan_action(action, [name], there, COMMAND, now=NOW, facts=facts).steps


def test_a_folder_with_a_dockerfile_can_be_built(tmp_path: Path) -> None:
    (tmp_path / "other.Dockerfile").touch()
    assert not read_build_troubles(building(tmp_path, "other.Dockerfile"))
    assert not read_build_troubles(building(tmp_path, "")), "it is written in the compose file"


def on_network(network_id: str) -> StackSnapshot:
    place = NetworkAddress(plain("shared"), plain(""), network_id=network_id)
    return stack(exited("web", networks=(place,)), specs=(spec("web"),))


def test_a_recreated_network_is_another_one() -> None:
    now = Facts(networks=frozenset({"new"}))
    with pytest.raises(OperationError, match=r"network shared, which is gone \(recreate it\)"):
        start(on_network("old"), "web", facts=now)
    assert plan_action("recreate", ["web"], on_network("old"), COMMAND, now=NOW, facts=now).steps


def test_a_restart_of_a_stopped_service_is_refused_for_the_same_reasons() -> None:
    """Otherwise running containers are interrupted before the engine notices."""
    place = NetworkAddress(plain("shared"), plain(""), network_id="old")
    down = exited("web", networks=(place,))
    specs = (spec("web", externals=SHARED), spec("api"))
    now = Facts(networks=frozenset({"other"}), held_ports=())
    seen = stack(down, container("api"), specs=specs)
    made = plan_action("restart", [], seen, COMMAND, now=NOW, facts=now)
    assert [step.title for step in made.steps] == ["Restart api"]
    (left,) = [check.message for check in made.checks_before if check.name == "not changed"]
    create = "docker network create shared, then recreate it"
    assert left == f"web was created for network shared, which is gone ({create})"
    with pytest.raises(OperationError, match=create):
        start(seen, "web", facts=now)
    again = replace(now, networks=frozenset({"shared", "new"}))
    with pytest.raises(OperationError, match=r"gone \(recreate it\)"):
        plan_action("restart", ["web"], seen, COMMAND, now=NOW, facts=again)
    with pytest.raises(OperationError, match=r"which other holds"):
        plan_action("restart", ["web"], publishing(PORT), COMMAND, now=NOW, facts=held(8080))
    unknown = plan_action("restart", ["web"], seen, COMMAND, now=NOW, facts=Facts())
    messages = [check.message for check in unknown.checks_before if check.name == "not checked"]
    assert messages == [
        "whether the networks of the containers still exist (Docker did not answer in time)"
    ]


@pytest.mark.parametrize("action", ["start", "restart"])
def test_one_of_several_containers_may_be_without_its_network(action: str) -> None:
    place = NetworkAddress(plain("shared"), plain(""), network_id="old")
    several = (container("web"), exited("web", 2, networks=(place,)))
    seen = stack(*several, specs=(spec("web", replicas=2),))
    with pytest.raises(OperationError, match=r"network shared, which is gone \(recreate it\)"):
        plan_action(
            action, ["web"], seen, COMMAND, now=NOW, facts=Facts(networks=frozenset({"new"}))
        )


@pytest.mark.parametrize("facts", [Facts(), Facts(networks=frozenset({"old"}))])
def test_an_existing_or_unknown_network_is_no_problem(facts: Facts) -> None:
    assert start(on_network("old"), "web", facts=facts).steps


def test_services_that_can_not_start_do_not_prevent_others() -> None:
    seen = stack(exited("web"), exited("api"), specs=(spec("web", ports=(PORT,)), spec("api")))
    made = start(seen, facts=held(8080))
    assert made.targets == ("api",)
    left = [check.message for check in made.checks_before if check.name == "not changed"]
    assert left == ["web needs port 8080, which other holds (stop that first)"]


def test_the_list_of_actions_has_the_reason() -> None:
    reason = why_unavailable(find_action("start"), [TargetRef("web")], publishing(PORT), held(8080))
    assert "port 8080" in reason
    assert not why_unavailable(find_action("start"), [TargetRef("web")], publishing(PORT), Facts())


def test_a_stop_of_all_services_warns_of_what_keeps_running() -> None:
    specs = (spec("api"), spec("tool", active=False, profiles=(SafeText("tools"),)))
    one = container("job", 9, oneoff=True, name=SafeText("pixel-job-run-1"))
    seen = stack(container("api"), container("tool"), container("gone"), one, specs=specs)
    made = plan_action("stop", (), seen, COMMAND, now=NOW)
    words = [check.message for check in made.checks_before if check.name == "keeps running"]
    named = {word.split(" ", 1)[0] for word in words} | set(made.targets)
    assert named >= {"api", "pixel-gone-1", "pixel-job-run-1"}
    assert "pixel-tool-1" in named or "tool" in named
    assert not any(
        check.name == "keeps running"
        for check in plan_action("stop", ["api"], seen, COMMAND, now=NOW).checks_before
    )
