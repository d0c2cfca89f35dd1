"""What compose recreates beside containers, and what goes with them: on a real engine."""

import json
import uuid
from pathlib import Path

import pytest

from pixel_tui.clock import SystemClock
from pixel_tui.commands.status_output import reasons
from pixel_tui.errors import NothingToDo, OperationError
from pixel_tui.health.findings import finding_of
from pixel_tui.operations.jobs.job import JobState
from pixel_tui.stack.model.snapshot import Service, ServiceState, SyncAction
from tests.builders.engine_changes import Desk, desk_of
from tests.builders.engine_command import pixel_tui
from tests.builders.engine_compose_up import seen
from tests.engine.fixtures import MakeProject
from tests.engine.private_engine import BASE_IMAGE, Project, eventually, unique_name

pytestmark = pytest.mark.engine

PART = f"{{image: {BASE_IMAGE}, command: [sleep, '100000'], stop_grace_period: 0s"
NETWORK = f"""
services:
  a: {PART}, networks: [net]}}
  b: {PART}, networks: [net, other]}}
  c: {PART}, networks: [other]}}
networks: {{net: {{labels: {{version: "1"}}}}, other: {{}}}}
"""


def write(project: Project, text: str) -> None:
    (project.directory / "docker-compose.yml").write_text(text)


def service(desk: Desk, name: str) -> Service:
    found = desk.watcher.snapshot.service(name)
    assert found is not None
    return found


def is_told(desk: Desk, name: str, words: str) -> None:
    eventually(lambda: words in service(desk, name).sync.reason)


def test_a_changed_network_is_told_and_made_again_with_all_on_it(
    make_project: MakeProject, tmp_path: Path
) -> None:
    project = make_project(NETWORK, up=True)
    bystander = project.container("c")
    with desk_of(project, tmp_path / "state") as desk:
        eventually(lambda: service(desk, "a").sync.action is SyncAction.NOTHING)
        write(project, NETWORK.replace('"1"', '"2"'))
        desk.watcher.refresh()
        for name in ("a", "b"):
            is_told(desk, name, f"network {project.name}_net has changed in the compose file")
        assert service(desk, "c").sync.action is SyncAction.NOTHING
        status = desk.run("recreate", "a")
        assert status.state is JobState.SUCCEEDED, status.message
        eventually(lambda: service(desk, "a").sync.action is SyncAction.NOTHING)
        # What compose leaves half way: it has stopped and disconnected one of two.
        write(project, NETWORK.replace('"1"', '"3"'))
        assert project.compose("up", "--detach", "--no-deps", "a", check=False).returncode
        desk.watcher.refresh()
        is_told(desk, "a", "has changed in the compose file")
        eventually(lambda: not service(desk, "a").containers[0].running)
        status = desk.run("recreate", "a")
        assert status.state is JobState.SUCCEEDED, status.message
    labels = project.engine.inspect(f"{project.name}_net")["Labels"]
    assert labels["version"] == "3"
    assert project.container("c") == bystander


def test_a_stranger_on_a_changed_network_is_named_before_anything_is_stopped(
    make_project: MakeProject, tmp_path: Path
) -> None:
    project = make_project(NETWORK, up=True)
    stranger = f"{project.name}-stranger"
    net = f"{project.name}_net"
    run = ("run", "--detach", "--rm", "--name", stranger, "--network", net)
    project.engine.docker(*run, BASE_IMAGE, "sleep", "100000")
    try:
        with desk_of(project, tmp_path / "state") as desk:
            write(project, NETWORK.replace('"1"', '"2"'))
            desk.watcher.refresh()
            is_told(desk, "a", "has changed in the compose file")
            with pytest.raises(OperationError, match=f"while {stranger} is running on it"):
                desk.plan("recreate", "a")
            assert [project.inspect(name)["State"]["Running"] for name in "ab"] == [True, True]
    finally:
        project.engine.docker("rm", "--force", stranger)


def test_what_stands_still_on_a_changed_network_is_repaired_by_the_command_that_is_named(
    make_project: MakeProject, tmp_path: Path
) -> None:
    project = make_project(NETWORK, up=True)
    engine, net = project.engine, f"{project.name}_net"
    stranger = f"{project.name}-stranger"
    run = ("run", "--detach", "--name", stranger, "--network", net, "--network-alias", "probe")
    engine.docker(*run, BASE_IMAGE, "sleep", "100000")
    other = make_project(
        f"services: {{db: {PART}, networks: [net]}}}}\n"
        f"networks: {{net: {{external: true, name: {net}}}}}\n",
        up=True,
    )
    db = f"{other.name}-db-1"
    try:
        engine.docker("stop", "--time", "0", stranger, db)
        with desk_of(project, tmp_path / "state") as desk:
            write(project, NETWORK.replace('"1"', '"2"'))
            desk.watcher.refresh()
            is_told(desk, "a", "has changed in the compose file")
            plan = desk.plan("recreate", "a")
            told = [item.message for item in plan.checks_before if "is stopped on" in item.message]
            assert [item.partition(" ")[0] for item in told] == sorted([stranger, db])
            status = desk.run("recreate", "a")
            assert status.state is JobState.SUCCEEDED, status.message
        for name, words in zip(sorted([stranger, db]), told, strict=True):
            assert engine.docker("start", name, check=False).returncode, "its network is gone"
            engine.run(["sh", "-c", words.rpartition("run: ")[2]])
            engine.docker("start", name)
        asked = project.compose("exec", "-T", "a", "nslookup", "probe", "127.0.0.11", check=False)
        assert "NXDOMAIN" not in asked.stdout, asked.stdout
        asked = project.compose("exec", "-T", "a", "nslookup", "db", "127.0.0.11", check=False)
        assert "NXDOMAIN" not in asked.stdout, asked.stdout
    finally:
        engine.docker("rm", "--force", stranger, db, check=False)


def test_the_hashes_of_networks_and_volumes_are_the_labels_that_compose_writes(
    make_project: MakeProject,
) -> None:
    odd = "a<b$$c&d>e \u2028 \u00fc \U0001f600 \\t \\\" '"
    networks = {
        "plain": {},
        "odd": {"labels": {"odd": odd, "z": "", "a": "1"}, "driver": "bridge"},
        "options": {"driver_opts": {"com.docker.network.driver.mtu": 1400}, "attachable": True},
        "range": {"ipam": {"config": [{"subnet": "10.214.9.0/24"}]}, "x-note": "left out"},
        "named": {"name": "${NAME}", "internal": True},
    }
    volumes = {
        "data": {},
        "marked": {"labels": {"odd": odd}},
        "memory": {"driver_opts": {"type": "tmpfs", "device": "tmpfs"}},
        "local": {"driver": "local", "name": "${NAME}-data"},
    }
    mounts = [f"{name}:/{name}" for name in volumes]
    app = {"image": BASE_IMAGE, "command": ["sleep", "100000"], "stop_grace_period": "0s"}
    app |= {"networks": list(networks), "volumes": mounts}
    text = json.dumps(
        {"services": {"app": app}, "networks": networks, "volumes": volumes}, ensure_ascii=False
    )
    project = make_project(text)
    write(project, text.replace("${NAME}", f"{project.name}-own"))
    project.compose("up", "--detach")
    resources = seen(project).project.resources  # type: ignore[union-attr]
    assert len(resources) == len(networks) + len(volumes)
    for item in resources:
        command = ("docker", item.kind.value, "inspect", item.name)
        (there,) = json.loads(project.engine.run(command).stdout)
        assert there["Labels"]["com.docker.compose.config-hash"] == item.config_hash, item
    assert not seen(project).diverged


VOLUME = f"""
services:
  a: {PART}, volumes: ['data:/data']}}
volumes: {{data: {{labels: {{version: "1"}}}}}}
"""


def test_a_changed_volume_is_told_and_its_data_stays(
    make_project: MakeProject, tmp_path: Path
) -> None:
    project = make_project(VOLUME, up=True)
    project.compose("exec", "-T", "a", "touch", "/data/precious")
    write(project, VOLUME.replace('"1"', '"2"'))
    with desk_of(project, tmp_path / "state") as desk:
        is_told(desk, "a", f"volume {project.name}_data has changed in the compose file")
        assert service(desk, "a").sync.action is SyncAction.VOLUME
        status = desk.run("recreate", "a")
        assert status.state is JobState.SUCCEEDED, status.message
    assert project.compose("exec", "-T", "a", "ls", "/data").stdout.split() == ["precious"]


# Written out without `restart: true`, compose restarts nothing along.
GATEWAY = f"""
services:
  vpn: {PART}}}
  app: {PART}, network_mode: "service:vpn", depends_on: [vpn]}}
"""


def has_network(project: Project) -> bool:
    """Whether `app` reaches the router of its network."""
    router = "$(ip route | awk '/^default/ { print $3 }')"
    words = ("exec", "-T", "app", "sh", "-c", f"ping -c 1 -W 5 {router}")
    return project.compose(*words, check=False).returncode == 0


def test_what_shares_a_network_loses_it_with_a_restart_and_gets_it_back_by_each_plan(
    make_project: MakeProject, tmp_path: Path
) -> None:
    project = make_project(GATEWAY, up=True)
    with desk_of(project, tmp_path / "state") as desk:
        assert service(desk, "app").is_ok
        project.engine.docker("restart", "--time", "0", project.container("vpn"))
        assert not has_network(project)
        eventually(lambda: service(desk, "app").cut_off)
        assert not service(desk, "app").is_ok
        (reason,) = reasons(desk.watcher.snapshot)
        assert reason.startswith("app has no network: vpn")
        with pytest.raises(OperationError, match=r"without the network of vpn \(restart it\)"):
            desk.plan("start")
        for action in ("restart", "recreate"):
            status = desk.run(action, "vpn")
            assert status.state is JobState.SUCCEEDED, status.message
            assert has_network(project), action
            eventually(lambda: service(desk, "app").is_ok)
        project.compose("stop", "vpn")
        eventually(lambda: "is not running" in service(desk, "app").cut_off)
        status = desk.run("start", "vpn")
        assert status.state is JobState.SUCCEEDED, status.message
        assert has_network(project)


# Without its `sleep`, the first process of `vpn` exits, and the engine starts it again.
CRASHING = f"""
services:
  vpn:
    image: {BASE_IMAGE}
    command: [sh, -c, "sleep 100000; exit 3"]
    restart: always
    stop_grace_period: 0s
  app: {PART}, network_mode: "service:vpn", depends_on: [vpn]}}
"""


@pytest.mark.parametrize("target", ["vpn", "app"])
def test_what_shares_a_crashed_gateways_network_is_reported_and_fixed_by_either_plan(
    make_project: MakeProject, tmp_path: Path, target: str
) -> None:
    project = make_project(CRASHING, up=True)
    state = tmp_path / "state"
    with desk_of(project, state) as desk:
        assert service(desk, "app").is_ok
        assert has_network(project)
        project.compose("exec", "-T", "vpn", "killall", "sleep")
        eventually(lambda: project.inspect("vpn")["RestartCount"] == 1)
        is_cut_off(desk, "app", "vpn, whose network it shares, was started after it")
        assert not has_network(project)
        found = finding_of(service(desk, "app"), desk.watcher.snapshot, SystemClock().now())
        assert found is not None
        assert found.what == "has no network"
        told = pixel_tui(project, state, "status", "--json")
        assert told.returncode == 1, told.stderr
        app, vpn = json.loads(told.stdout)["services"]
        assert (app["state"], app["well"], vpn["restarts"]) == ("running", False, 1)
        assert app["finding"]["what"] == "has no network"
        assert app["finding"]["fix"].startswith("Restart it; if vpn is down")
        assert "app has no network: vpn, whose network" in told.stderr
        assert "vpn was restarted once" in told.stderr

        status = desk.run("restart", target)
        assert status.state is JobState.SUCCEEDED, status.message
        assert has_network(project)
        eventually(lambda: service(desk, "app").is_ok)
        told = pixel_tui(project, state, "status", "--json")
        app = json.loads(told.stdout)["services"][0]
        assert (app["well"], app["finding"]) == (True, None)


PROVIDER = """#!/bin/sh
case "$2 $3" in *up*) echo '{"type": "setenv", "message": "URL=https://db"}';; esac
"""
PROVIDED = f"""
services:
  app: {PART}, depends_on: [db]}}
  db: {{provider: {{type: "TYPE", options: {{kind: x}}}}}}
"""


def test_a_provider_is_run_and_its_variables_reach_who_depends_on_it_with_each_plan(
    make_project: MakeProject, tmp_path: Path
) -> None:
    program = tmp_path / "cloud"
    program.write_text(PROVIDER)
    program.chmod(0o755)
    project = make_project(PROVIDED.replace("TYPE", str(program)))
    with desk_of(project, tmp_path / "state") as desk:
        for action, target in (("start", ""), ("recreate", "app"), ("start", "db")):
            status = desk.run(action, *filter(None, [target]))
            assert status.state is JobState.SUCCEEDED, status.message
            assert "DB_URL=https://db" in project.inspect("app")["Config"]["Env"], action
        eventually(lambda: service(desk, "app").state is ServiceState.RUNNING)
        assert service(desk, "app").sync.action is SyncAction.UNKNOWN, "not: recreate"
        assert service(desk, "db").sync.action is SyncAction.PROVIDER
        with pytest.raises(NothingToDo):
            desk.plan("start")


SHARING = f"""
services:
  owner: {PART}, ipc: shareable, container_name: OWN}}
  memory: {PART}, ipc: "service:owner", depends_on: [owner]}}
  tracer: {PART}, pid: "service:owner", depends_on: [owner]}}
  named: {PART}, ipc: "container:OWN", depends_on: [owner]}}
"""


def share_all(project: Project) -> bool:
    """Whether all have the namespaces of the owner that there is."""
    mark = uuid.uuid4().hex
    project.compose("exec", "-T", "owner", "touch", f"/dev/shm/{mark}")
    places = [project.compose("exec", "-T", name, "ls", "/dev/shm") for name in ("memory", "named")]
    first = project.compose("exec", "-T", "tracer", "cat", "/proc/1/cmdline").stdout
    return all(mark in place.stdout for place in places) and "sleep" in first


def is_cut_off(desk: Desk, name: str, words: str) -> None:
    eventually(lambda: words in service(desk, name).cut_off)


def test_what_shares_memory_or_processes_is_told_and_seen_to_by_each_plan(
    make_project: MakeProject, tmp_path: Path
) -> None:
    own = unique_name("own")
    project = make_project(SHARING.replace("OWN", own), up=True)
    with desk_of(project, tmp_path / "state") as desk:
        assert share_all(project)
        assert all(service(desk, name).is_ok for name in ("memory", "tracer", "named"))
        project.engine.docker("restart", "--time", "0", own)
        for name in ("memory", "named"):
            is_cut_off(desk, name, "was started after it")
        is_cut_off(desk, "tracer", "was killed with owner")
        tracer = service(desk, "tracer")
        found = finding_of(tracer, desk.watcher.snapshot, SystemClock().now())
        assert found is not None
        assert found.hint.startswith("Start it (s)")
        assert desk.run("start", "tracer").state is JobState.SUCCEEDED
        for action in ("restart", "recreate"):
            before = project.container("named")
            status = desk.run(action, "owner")
            assert status.state is JobState.SUCCEEDED, status.message
            eventually(lambda: all(item.is_ok for item in desk.watcher.snapshot.services))
            assert share_all(project), action
            again = project.container("named") != before
            assert again is (action == "recreate"), "compose leaves it alone"
        told = {str(item.service): str(item.change) for item in desk.plan("stop", "owner").affects}
        assert told["tracer"].startswith("is killed with it")
        assert desk.run("stop", "owner").state is JobState.SUCCEEDED
        is_cut_off(desk, "memory", "is not running")
        is_cut_off(desk, "tracer", "was killed with owner")
        assert desk.run("start", "owner", "tracer").state is JobState.SUCCEEDED
        eventually(lambda: all(item.is_ok for item in desk.watcher.snapshot.services))
        assert share_all(project)


@pytest.mark.parametrize("action", ["start", "restart"])
def test_what_shares_the_network_of_a_container_that_is_gone_is_recreated(
    make_project: MakeProject, tmp_path: Path, action: str
) -> None:
    project = make_project(GATEWAY, up=True)
    project.engine.docker("rm", "--force", project.container("vpn"))
    if action == "restart":
        project.compose("up", "--detach", "--no-deps", "vpn")
    with desk_of(project, tmp_path / "state") as desk:
        eventually(lambda: "is gone" in service(desk, "app").cut_off)
        if action == "restart":  # what has just been started moves the stack until then
            eventually(lambda: service(desk, "vpn").is_ok)
        with pytest.raises(OperationError, match="recreate it"):
            desk.run("restart", "app")
        assert service(desk, "app").state is ServiceState.RUNNING, "it was not touched"
        status = desk.run(action, "vpn")
        assert status.state is JobState.SUCCEEDED, status.message
        assert has_network(project)
        eventually(lambda: service(desk, "app").is_ok)
