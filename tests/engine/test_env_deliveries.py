"""What was rotated and never applied: who may have the old content, on a real engine."""

import json
import os
from collections.abc import Collection
from pathlib import Path

import pytest

from pixel_tui.environment.checks.deliveries import outdated_sources, unknown_deliveries
from pixel_tui.environment.dotenv.document import DotenvDocument
from pixel_tui.environment.live.source import LiveSource
from pixel_tui.operations.jobs.job import JobState
from pixel_tui.stack.model.snapshot import Sync
from pixel_tui.text import SafeText
from tests.builders.engine_changes import Desk, desk_of
from tests.builders.engine_command import pixel_tui
from tests.engine.fixtures import MakeProject
from tests.engine.private_engine import BASE_IMAGE, Project, eventually

pytestmark = pytest.mark.engine

YAML = f"""
x-base: &base
  image: {BASE_IMAGE}
  command: [sleep, "100000"]
  stop_grace_period: 0s
services:
  web:
    <<: *base
    secrets: [token]
    configs: [{{source: page, target: /page}}]
  mnt:
    <<: *base
    volumes: ["./.env:/app/.env"]
secrets: {{token: {{environment: A_TOKEN}}}}
configs: {{page: {{content: "at ${{PLACE}}"}}}}
"""
OLD = "A_TOKEN=old\nPLACE=here\n"
NEW = "A_TOKEN=new\nPLACE=there\n"


def has(project: Project) -> list[str]:
    said = project.compose("exec", "-T", "web", "cat", "/run/secrets/token", "/page").stdout
    return said.split()


def save(project: Project, content: str) -> None:
    """As an editor does: another file in the place of the old one."""
    path = project.directory / ".env"
    fresh = path.with_name("fresh")
    fresh.write_text(content)
    fresh.chmod(0o600)
    fresh.rename(path)


def unknown(desk: Desk, project: Project, state: Path) -> dict[str, set[str]]:
    source = LiveSource(desk.command, {**os.environ, **project.engine.env}, state)
    opened = source.read()
    assert opened.data is not None

    def old(service: str) -> Collection[SafeText]:
        return outdated_sources(desk.watcher.snapshot, service)

    return {
        row.key: set(unknown_deliveries(row.uses, old))
        for row in opened.examine(DotenvDocument.parse(opened.data)).rows
    }


def sync_of(desk: Desk, service: str) -> Sync:
    found = desk.watcher.snapshot.service(service)
    assert found is not None
    return found.sync


def words(desk: Desk) -> list[str]:
    return [str(sync_of(desk, name).words) for name in ("web", "mnt")]


def test_what_was_rotated_is_in_doubt_until_it_is_delivered(
    make_project: MakeProject, tmp_path: Path
) -> None:
    project = make_project(YAML, files={".env": OLD}, up=True)
    state = tmp_path / "state"
    with desk_of(project, state) as desk:
        eventually(lambda: words(desk) == ["in sync", "in sync"])
        assert unknown(desk, project, state) == {"A_TOKEN": set(), "PLACE": set()}
        save(project, NEW)
        assert has(project) == ["oldat", "here"], "what runs has the value of before"
        eventually(lambda: words(desk) == ["in sync?", "in sync?"])
        assert "secret token (A_TOKEN), config page" in sync_of(desk, "web").reason
        assert "read an old .env" in sync_of(desk, "mnt").reason
        assert unknown(desk, project, state) == {"A_TOKEN": {"web"}, "PLACE": {"web"}}
        assert desk.run("recreate", "web").state is JobState.SUCCEEDED
        assert has(project) == ["newat", "there"]
        assert desk.run("restart", "mnt").state is JobState.SUCCEEDED
        eventually(lambda: words(desk) == ["in sync", "in sync"])
        assert unknown(desk, project, state) == {"A_TOKEN": set(), "PLACE": set()}


def test_what_is_only_touched_or_is_another_key_puts_nothing_in_doubt(
    make_project: MakeProject, tmp_path: Path
) -> None:
    project = make_project(YAML, files={".env": OLD}, up=True)
    with desk_of(project, tmp_path / "state") as desk:
        eventually(lambda: words(desk) == ["in sync", "in sync"])
        save(project, OLD)
        (project.directory / ".env").chmod(0o644)
        (project.directory / ".env").touch()
        desk.watcher.refresh()
        save(project, f"{OLD}OTHER=1\n")
        eventually(lambda: words(desk) == ["in sync", "in sync?"])
        save(project, OLD)
        eventually(lambda: words(desk) == ["in sync", "in sync"])


def test_status_and_impact_name_what_may_be_old_and_what_to_run(
    make_project: MakeProject, tmp_path: Path
) -> None:
    project = make_project(YAML, files={".env": OLD}, up=True)
    save(project, NEW)
    done = pixel_tui(project, tmp_path, "env", "impact")
    assert done.returncode == 0, done.stderr
    assert "web: may have an old secret token (A_TOKEN), config page" in done.stdout
    assert " run recreate web" in done.stdout
    assert "mnt: may read an old .env" in done.stdout
    assert " run restart mnt" in done.stdout
    assert "no service changes" not in done.stdout
    (said,) = [
        item for item in json.loads(impact_json(project, tmp_path)) if item["service"] == "web"
    ]
    assert said["fix"].startswith("Recreate it: pixel-tui ")
    assert f" -C {project.directory} " in said["fix"]
    assert said["fix"].endswith(" run recreate web")
    status = pixel_tui(project, tmp_path, "status")
    assert status.returncode == 0, status.stderr
    assert status.stdout.count("in sync?") == 2
    assert "web may have an old secret token (A_TOKEN), config page: its" in status.stderr
    assert " run restart mnt" in status.stderr


def impact_json(project: Project, state: Path) -> str:
    done = pixel_tui(project, state, "env", "impact", "--json")
    return json.dumps(json.loads(done.stdout)["outdated"])
