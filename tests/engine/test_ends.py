"""What was stopped is told from what ended by itself, whatever code it ended with."""

import json
from pathlib import Path

import pytest

from pixel_tui.stack.model.snapshot import Service
from tests.builders.engine_changes import Desk, desk_of
from tests.builders.engine_command import pixel_tui
from tests.engine.fixtures import MakeProject
from tests.engine.private_engine import Engine, eventually

pytestmark = pytest.mark.engine

# As many programs do, it answers SIGTERM with a code of its own.
YAML = """
services:
  web:
    image: pixel-tui-test:latest
    command: [sleep, "600"]
    stop_grace_period: 0s
  model:
    image: pixel-tui-test:latest
    profiles: [cpu]
    command: [sh, -c, "sleep 600 & trap 'exit 3' TERM; trap 'exit 143' USR1; wait"]
"""


def model(desk: Desk) -> Service:
    found = desk.watcher.snapshot.service("model")
    assert found is not None
    return found


def is_down(desk: Desk, *, wanted: bool) -> None:
    eventually(lambda: not model(desk).regular[0].running and model(desk).wanted is wanted)


def test_a_stop_with_any_code_is_meant_and_an_end_of_its_own_is_not(
    make_project: MakeProject, tmp_path: Path
) -> None:
    project = make_project(YAML)
    engine = project.engine
    project.compose("--profile", "cpu", "up", "--detach", "--wait")
    container = project.compose("--profile", "cpu", "ps", "--quiet", "model").stdout.strip()
    with desk_of(project, tmp_path / "state") as desk:
        eventually(lambda: model(desk).wanted)
        for words, wanted, code in (
            (("stop",), False, 3),
            (("kill", "--signal", "USR1"), True, 143),  # nobody asked it to end
            (("kill",), False, 137),
        ):
            engine.docker("start", container)
            eventually(lambda: model(desk).regular[0].running)
            engine.docker(*words, container)
            is_down(desk, wanted=wanted)
            assert model(desk).regular[0].exit_code == code
            assert model(desk).regular[0].was_stopped is not wanted


def test_a_stop_by_an_earlier_console_is_known_from_its_record(
    engine: Engine, make_project: MakeProject, tmp_path: Path
) -> None:
    project = make_project(YAML)
    project.compose("--profile", "cpu", "up", "--detach", "--wait")
    done = pixel_tui(project, tmp_path, "run", "stop", "model", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    told = pixel_tui(project, tmp_path, "status", "--json")
    assert told.returncode == 0, told.stdout
    (model_told,) = (i for i in json.loads(told.stdout)["services"] if i["name"] == "model")
    assert model_told["sync"]["action"] == "off"
    # By hand, with nobody there to see it: its code is all that there is.
    container = project.compose("--profile", "cpu", "ps", "--all", "--quiet", "model").stdout
    engine.docker("start", container.strip())
    engine.docker("stop", container.strip())
    told = pixel_tui(project, tmp_path, "status", "--json")
    assert told.returncode == 1
