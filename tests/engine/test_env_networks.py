"""A new environment that changes a network: it is made again, and the one of before comes back."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pixel_tui.environment.storage.staging import Staging, digest
from tests.builders.engine_env_apply import Bench, eventually
from tests.engine.fixtures import MakeProject
from tests.engine.private_engine import BASE_IMAGE, Engine, Project, unique_name
from tests.patience import PATIENCE

pytestmark = pytest.mark.engine

PART = f"{{image: {BASE_IMAGE}, command: [sleep, '100000'], stop_grace_period: 0s"
YAML = f"""
services:
  a: {PART}, networks: [net]}}
  b: {PART}, networks: [net, other], healthcheck: {{test: [CMD, "true"], interval: 1s}}}}
  c: {PART}, networks: [other]}}
  stopped: {PART}, networks: [net]}}
  sharer: {PART}, network_mode: "service:a"}}
networks:
  net: {{ipam: {{config: [{{subnet: "${{SUBNET}}"}}]}}}}
  other: {{ipam: {{config: [{{subnet: 10.214.20.0/24}}]}}}}
"""
BEFORE = b"SUBNET=10.214.21.0/24\n"
GOOD = b"SUBNET=10.214.22.0/24\n"
OVERLAPS = b"SUBNET=10.214.20.0/25\n"


@pytest.fixture
def bench(engine: Engine, make_project: MakeProject, tmp_path: Path) -> Iterator[Bench]:
    project = make_project(YAML, files={".env": BEFORE.decode()}, up=True)
    project.compose("stop", "stopped")
    bench = Bench(engine, project, tmp_path / "state")
    yield bench
    for process in bench.started:
        process.kill()
        process.wait()


def stage(bench: Bench, content: bytes) -> str:
    staging = Staging(bench.state / "pixel-tui", bench.project.directory)
    return staging.stage(content, base=digest(BEFORE))


def ended(process: "subprocess.Popen[str]") -> str:
    return process.communicate(timeout=PATIENCE)[0]


def network_id(project: Project) -> str:
    return str(project.engine.inspect(f"{project.name}_net")["Id"])


def require_all_on(project: Project, subnet: str) -> None:
    net = f"{project.name}_net"
    (pool,) = project.engine.inspect(net)["IPAM"]["Config"]
    assert pool["Subnet"] == subnet
    for name in ("a", "b"):
        found = project.inspect(name)
        assert found["State"]["Running"], name
        place = found["NetworkSettings"]["Networks"][net]
        assert place["NetworkID"] == network_id(project)
        assert place["IPAddress"].startswith(subnet.rpartition(".")[0])
    assert "eth0" in project.compose("exec", "-T", "sharer", "ip", "-o", "addr").stdout


def test_a_changed_network_is_made_again_and_stays_where_it_is_confirmed(bench: Bench) -> None:
    bystander, before = bench.project.container("c"), network_id(bench.project)
    console = bench.console("environment-apply", stage(bench, GOOD), "--yes")
    eventually(bench.confirmation.waiting, "it waits to be confirmed", console)
    assert bench.confirmation.confirm()
    output = ended(console)
    assert console.returncode == 0, output
    net = f"{bench.project.name}_net"
    assert f"network {net} changes with this file: recreated, with everything on it" in output
    assert "stopped is stopped: recreate it before you start it" in output
    assert bench.file.read_bytes() == GOOD
    assert network_id(bench.project) != before
    require_all_on(bench.project, "10.214.22.0/24")
    assert bench.project.container("c") == bystander


def test_a_network_that_the_engine_refuses_brings_the_one_of_before_back(bench: Bench) -> None:
    bystander = bench.project.container("c")
    console = bench.console("environment-apply", stage(bench, OVERLAPS), "--yes")
    output = ended(console)
    assert console.returncode == 1, output
    assert "overlaps" in output
    assert "Rolled back: the previous environment is restored." in output
    assert bench.file.read_bytes() == BEFORE
    assert bench.files.read() is None
    require_all_on(bench.project, "10.214.21.0/24")
    assert bench.project.container("c") == bystander


def test_a_network_that_nobody_confirms_is_as_before(bench: Bench) -> None:
    console = bench.console("environment-apply", stage(bench, GOOD), "--yes", confirm_seconds=1)
    output = ended(console)
    assert "Not confirmed within" in output
    assert bench.file.read_bytes() == BEFORE
    require_all_on(bench.project, "10.214.21.0/24")


def test_who_runs_on_it_beside_the_project_is_named_and_nothing_is_changed(bench: Bench) -> None:
    stranger, before = f"{bench.project.name}-stranger", network_id(bench.project)
    net = f"{bench.project.name}_net"
    run = ("run", "--detach", "--rm", "--name", stranger, "--network", net)
    staged = stage(bench, GOOD)
    bench.engine.docker(*run, BASE_IMAGE, "sleep", "100000")
    try:
        console = bench.console("environment-apply", staged, "--yes")
        output = ended(console)
        assert console.returncode not in {0, None}
        assert f"while {stranger} is running on it" in output
        assert f"stop {stranger}" in output
        # And one that comes after the plan was made: the program looks again.
        was = digest(BEFORE)
        words = ("--was", was, "--recreate", "a", "--recreate", "b", "--recreate", "sharer")
        process = bench.run("apply", staged, *words, "--network", net)
        assert f"while {stranger} is running on it" in ended(process)
    finally:
        bench.engine.docker("rm", "--force", stranger)
    assert bench.file.read_bytes() == BEFORE
    assert network_id(bench.project) == before
    require_all_on(bench.project, "10.214.21.0/24")
    assert bench.files.read() is None


def test_who_stands_still_on_a_network_is_named_where_an_apply_is_taken_back(bench: Bench) -> None:
    net, stranger = f"{bench.project.name}_net", f"{bench.project.name}-stranger"
    console = bench.console("environment-apply", stage(bench, GOOD), "--yes")
    bench.kill_waiting(console)
    bench.engine.docker("create", "--name", stranger, "--network", net, BASE_IMAGE)
    try:
        later = bench.console("environment-roll-back", "--yes")
        output = " ".join(ended(later).split())
        assert later.returncode == 0, output
        assert f"network {net} is not the one from before the apply: recreated" in output
        assert f"{stranger} is stopped on {net}, is not part of this" in output
        require_all_on(bench.project, "10.214.21.0/24")
    finally:
        bench.engine.docker("rm", "--force", stranger)


def test_a_volume_that_it_changes_is_refused_with_the_commands(
    engine: Engine, make_project: MakeProject, tmp_path: Path
) -> None:
    yaml = (
        f"services: {{a: {PART}, volumes: ['data:/data'], environment: [SIZE]}}}}\n"
        'volumes: {data: {labels: {size: "${SIZE}"}}}\n'
    )
    project = make_project(yaml, files={".env": "SIZE=1\n"}, up=True)
    bench = Bench(engine, project, tmp_path / "state")
    staging = Staging(bench.state / "pixel-tui", project.directory)
    staged = staging.stage(b"SIZE=2\n", base=digest(b"SIZE=1\n"))
    output = ended(bench.console("environment-apply", staged, "--yes"))
    assert f"changes volume {project.name}_data" in output
    assert f"volume rm {project.name}_data" in output
    assert bench.file.read_bytes() == b"SIZE=1\n"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ("NET=pixel-tui-none", "a needs the external network pixel-tui-none, which does not exist"),
        ("TAG=a b", "a has an image name that is not valid, “pixel-tui-test:a b”"),
    ],
)
def test_what_can_not_be_made_is_said_before_anything_is_saved(
    make_project: MakeProject, engine: Engine, tmp_path: Path, changed: str, words: str
) -> None:
    part = PART.replace(BASE_IMAGE, '"pixel-tui-test:${TAG}"')
    yaml = f"""
services: {{a: {part}, networks: [net]}}}}
networks: {{net: {{external: true, name: "${{NET}}"}}}}
"""
    net = unique_name("net")
    before = f"NET={net}\nTAG=latest\n"
    project = make_project(yaml, files={".env": before})
    engine.docker("network", "create", net)
    try:
        project.compose("up", "--detach")
        bench, runs = Bench(engine, project, tmp_path / "state"), project.container("a")
        staging = Staging(bench.state / "pixel-tui", project.directory)
        staged = staging.stage(f"{before}{changed}\n".encode(), base=digest(before.encode()))
        console = bench.console("environment-apply", staged, "--yes")
        output = ended(console)
        assert console.returncode, output
        assert words in " ".join(output.split())
        assert bench.file.read_bytes() == before.encode()
        assert project.container("a") == runs
    finally:
        project.compose("down", "--timeout", "0")
        engine.docker("network", "rm", net)
