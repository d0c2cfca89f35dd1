"""A file that is mounted by itself and replaced: the plan has it read again, on a real engine."""

from pathlib import Path

import pytest

from pixel_tui.clock import SystemClock
from pixel_tui.environment.storage.staging import Staging, digest
from pixel_tui.environment.storage.store import EnvironmentStore
from tests.builders.engine_backups import Desk
from tests.builders.engine_env_apply import Bench
from tests.engine.fixtures import MakeProject
from tests.engine.private_engine import BASE_IMAGE, Engine, Project, unique_name
from tests.patience import PATIENCE

pytestmark = pytest.mark.engine

PART = f"{{image: {BASE_IMAGE}, command: [sleep, '100000'], stop_grace_period: 0s"
FIRST, SECOND = "A=1\n", "A=2\n"


@pytest.fixture
def project(make_project: MakeProject) -> Project:
    """Mounted as a secret and, by the name of a link, as a volume; and a service without it."""
    yaml = f"""
services:
  a: {PART}, secrets: [env]}}
  b: {PART}, volumes: ["./link:/e"]}}
  c: {PART}, volumes: [".:/folder"]}}
secrets: {{env: {{file: ./.env}}}}
"""
    project = make_project(yaml, files={".env": FIRST})
    (project.directory / "link").symlink_to(".env")
    project.compose("up", "--detach")
    return project


def mounted(project: Project) -> list[str]:
    places = {"a": "/run/secrets/env", "b": "/e"}
    said = [project.compose("exec", "-T", name, "cat", place) for name, place in places.items()]
    return [item.stdout for item in said]


def test_a_version_that_is_restored_is_read_by_who_mounts_the_file(
    engine: Engine, project: Project, tmp_path: Path
) -> None:
    bench, other = Bench(engine, project, tmp_path / "state"), project.inspect("c")["State"]
    staging = Staging(bench.state / "pixel-tui", project.directory)
    staged = staging.stage(SECOND.encode(), base=digest(FIRST.encode()))
    saved = bench.console("environment-save", staged, "--yes")
    output = saved.communicate(timeout=PATIENCE)[0]
    assert saved.returncode == 0, output
    assert "services that mount the file itself read the old one until a restart" in output
    project.compose("restart", "a", "b")
    assert mounted(project) == [SECOND, SECOND]
    store = EnvironmentStore(bench.state / "pixel-tui", SystemClock())
    first = next(
        item.id
        for item in store.history(bench.file).versions()
        if item.sha256 == digest(FIRST.encode())
    )
    restored = bench.console("environment-restore", first, "--yes")
    output = restored.communicate(timeout=PATIENCE)[0]
    assert restored.returncode == 0, output
    assert mounted(project) == [FIRST, FIRST]
    assert project.inspect("c")["State"] == other


def test_a_roll_back_is_read_by_who_mounts_the_file(project: Project, tmp_path: Path) -> None:
    desk, other = Desk(project, tmp_path / "state"), project.inspect("c")["State"]
    made = desk.back_up()
    env = project.directory / ".env"
    env.with_suffix(".new").write_text(SECOND)
    env.with_suffix(".new").replace(env)
    project.compose("restart", "a", "b")
    assert mounted(project) == [SECOND, SECOND]
    desk.run("run", "roll-back", made, "--yes")
    assert mounted(project) == [FIRST, FIRST]
    assert project.inspect("c")["State"] == other


def test_another_comment_makes_it_another_file(
    engine: Engine, project: Project, tmp_path: Path
) -> None:
    """Written in place, so that who mounts it has the new one; a stranger is only named."""
    env, name = project.directory / ".env", unique_name("stranger")
    desk, others = Desk(project, tmp_path / "state"), [project.inspect("c")["State"]]
    made = desk.back_up()
    with env.open("a") as file:
        file.write("# two\n")
    mount = ("--volume", f"{env}:/e:ro")
    engine.docker("run", "--detach", "--name", name, *mount, BASE_IMAGE, "sleep", "100000")
    try:
        said = desk.run("run", "roll-back", made, "--yes").stdout
        assert f"{name} (a container outside any project) mounts a file that is replaced" in said
        assert ".env is replaced by the backup" in said
        assert engine.docker("exec", name, "cat", "/e").stdout == f"{FIRST}# two\n"
    finally:
        engine.docker("rm", "--force", name)
    assert mounted(project) == [FIRST, FIRST]
    assert [project.inspect("c")["State"]] == others


def test_what_mounts_a_file_that_stays_is_not_restarted(project: Project, tmp_path: Path) -> None:
    desk, before = Desk(project, tmp_path / "state"), [project.inspect(x)["State"] for x in "abc"]
    made = desk.back_up()
    compose = next(project.directory.glob("*compose.y*ml"))
    compose.write_text(f"{compose.read_text()}# two\n")
    desk.run("run", "roll-back", made, "--yes")
    assert [project.inspect(name)["State"] for name in "abc"] == before
