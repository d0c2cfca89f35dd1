"""A new environment for a service that gets variables from a provider: it keeps them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pixel_tui.environment.storage.staging import Staging, digest
from tests.builders.engine_env_apply import Bench, eventually
from tests.engine.fixtures import MakeProject
from tests.engine.private_engine import BASE_IMAGE, Engine
from tests.patience import PATIENCE

pytestmark = pytest.mark.engine

PROVIDER = """#!/bin/sh
case "$2 $3" in *up*) echo '{"type": "setenv", "message": "URL=https://db"}';; esac
"""
YAML = f"""
services:
  app:
    image: {BASE_IMAGE}
    command: [sleep, "100000"]
    stop_grace_period: 0s
    environment: {{MODE: "${{MODE}}"}}
    depends_on: [db]
  db: {{provider: {{type: "TYPE", options: {{kind: x}}}}}}
"""
BEFORE, AFTER = b"MODE=one\n", b"MODE=two\n"


@pytest.fixture
def bench(engine: Engine, make_project: MakeProject, tmp_path: Path) -> Iterator[Bench]:
    program = tmp_path / "cloud"
    program.write_text(PROVIDER)
    program.chmod(0o755)
    yaml = YAML.replace("TYPE", str(program))
    project = make_project(yaml, files={".env": BEFORE.decode()}, up=True)
    bench = Bench(engine, project, tmp_path / "state")
    yield bench
    for process in bench.started:
        process.kill()
        process.wait()


def variables(bench: Bench) -> tuple[str, str]:
    return bench.variable("app", "MODE"), bench.variable("app", "DB_URL")


def test_an_apply_and_its_way_back_leave_it_the_variables_of_its_provider(bench: Bench) -> None:
    assert variables(bench) == ("one", "https://db")
    without = ("up", "--detach", "--no-deps", "--force-recreate", "app")
    bench.project.compose(*without)
    assert variables(bench) == ("one", ""), "what would happen"
    staging = Staging(bench.state / "pixel-tui", bench.project.directory)
    staged = staging.stage(AFTER, base=digest(BEFORE))
    console = bench.console("environment-apply", staged, "--yes")
    eventually(bench.confirmation.waiting, "it waits to be confirmed", console)
    assert variables(bench) == ("two", "https://db")
    bench.project.compose(*without)
    console.terminate()
    output = console.communicate(timeout=PATIENCE)[0]
    eventually(lambda: bench.files.read() is None, "it is taken back")
    assert variables(bench) == ("one", "https://db"), output
