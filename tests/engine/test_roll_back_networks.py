"""Going back to files that want other networks: `up` never hits one half way."""

from pathlib import Path

import pytest

from tests.builders.engine_backups import Desk
from tests.engine.fixtures import MakeProject
from tests.engine.private_engine import BASE_IMAGE, unique_name

pytestmark = pytest.mark.engine

PART = f"{{image: {BASE_IMAGE}, command: [sleep, '100000'], stop_grace_period: 0s"
THEN = f"""
services:
  a: {PART}, networks: [net]}}
  b: {PART}, networks: [net], depends_on: [a]}}
networks: {{net: {{labels: {{version: "${{VERSION}}"}}}}}}
"""


@pytest.fixture
def desk(make_project: MakeProject, tmp_path: Path) -> Desk:
    project = make_project(THEN, files={".env": "VERSION=1\n"}, up=True)
    return Desk(project, tmp_path / "state")


def test_another_network_of_then_is_found_before_anything_is_stopped(desk: Desk) -> None:
    project, net = desk.project, f"{desk.project.name}_net"
    made = desk.back_up()
    (desk.folder / ".env").write_text("VERSION=2\n")
    project.compose("stop")
    project.engine.docker("network", "rm", net)
    project.compose("up", "--detach", "--force-recreate")
    before = [project.container(name) for name in "ab"]
    said = desk.run("run", "roll-back", made, "--yes", code=1)
    output = said.stdout + said.stderr
    assert f"In the restored files, network {net} differs from the existing one" in output
    assert [project.container(name) for name in "ab"] == before
    assert all(project.inspect(name)["State"]["Running"] for name in "ab")
    assert (desk.folder / ".env").read_text() == "VERSION=1\n"
    line = next(item for item in output.splitlines() if "To run it as it was: " in item)
    commands = line.partition("To run it as it was: ")[2].split(" && ")
    assert len(commands) == 3
    project.engine.run(["sh", "-c", " && ".join(commands)], cwd=desk.folder)
    assert project.engine.inspect(net)["Labels"]["version"] == "1"
    assert all(project.inspect(name)["State"]["Running"] for name in "ab")


def test_going_back_before_the_network_was_made_again_needs_nothing(desk: Desk) -> None:
    project, net = desk.project, f"{desk.project.name}_net"
    made = desk.back_up()
    (desk.folder / ".env").write_text("VERSION=2\n")
    desk.run("run", "roll-back", made, "--yes")
    assert project.engine.inspect(net)["Labels"]["version"] == "1"
    assert all(project.inspect(name)["State"]["Running"] for name in "ab")


def test_an_external_network_of_then_that_is_gone_is_missed_before_up(
    make_project: MakeProject, tmp_path: Path
) -> None:
    part = f"{PART}, networks: [net]}}"
    yaml = f"""
services: {{a: {part}, b: {part}}}
networks: {{net: {{external: true, name: "${{NET}}"}}}}
"""
    then, now = unique_name("then"), unique_name("now")
    project = make_project(yaml, files={".env": f"NET={then}\n"})
    project.engine.docker("network", "create", then)
    project.engine.docker("network", "create", now)
    try:
        project.compose("up", "--detach")
        desk = Desk(project, tmp_path / "state")
        made = desk.back_up()
        (desk.folder / ".env").write_text(f"NET={now}\n")
        project.compose("up", "--detach")
        project.engine.docker("network", "rm", then)
        before = [project.container(name) for name in "ab"]
        said = desk.run("run", "roll-back", made, "--yes", code=1)
        output = said.stdout + said.stderr
        assert f"In the restored files, network {then} is external, but it does not exist" in output
        assert f"network create {then}" in output
        assert [project.container(name) for name in "ab"] == before
        assert all(project.inspect(name)["State"]["Running"] for name in "ab")
    finally:
        project.compose("down", "--timeout", "0")
        project.engine.docker("network", "rm", now)


def test_where_the_files_are_those_of_then_it_is_refused_before(desk: Desk) -> None:
    project, net = desk.project, f"{desk.project.name}_net"
    (desk.folder / ".env").write_text("VERSION=2\n")
    made = desk.back_up()
    said = desk.run("run", "roll-back", made, "--yes", code=None)
    assert said.returncode
    assert f"Network {net} has changed in the compose file" in said.stdout + said.stderr
    assert all(project.inspect(name)["State"]["Running"] for name in "ab")
