"""A secret that was rotated and never applied: who has it can be known or not, on a real engine."""

import os
from datetime import datetime
from pathlib import Path

import pytest

from pixel_tui.environment.checks.deliveries import made_at, unknown_deliveries
from pixel_tui.environment.dotenv.document import Document
from pixel_tui.environment.live.source import LiveSource
from pixel_tui.operations.jobs.job import JobState
from pixel_tui.stack.model.snapshot import Sync, SyncAction
from tests.builders.engine_changes import Desk, desk_of
from tests.engine.fixtures import MakeProject
from tests.engine.private_engine import BASE_IMAGE, Project, eventually

pytestmark = pytest.mark.engine

YAML = f"""
services:
  web:
    image: {BASE_IMAGE}
    command: [sleep, "100000"]
    stop_grace_period: 0s
    secrets: [token]
    configs: [{{source: page, target: /page}}]
secrets: {{token: {{environment: A_TOKEN}}}}
configs: {{page: {{content: "at ${{PLACE}}"}}}}
"""


def has(project: Project) -> list[str]:
    said = project.compose("exec", "-T", "web", "cat", "/run/secrets/token", "/page").stdout
    return said.split()


def unknown(desk: Desk, project: Project, state: Path) -> dict[str, set[str]]:
    source = LiveSource(desk.command, {**os.environ, **project.engine.env}, state)
    opened = source.read()
    assert opened.data is not None

    def made(service: str) -> datetime | None:
        return made_at(desk.watcher.snapshot, service)

    return {
        row.key: set(unknown_deliveries(row.uses, opened.changed_at, made))
        for row in opened.examine(Document.parse(opened.data)).rows
    }


def test_a_rotated_secret_is_unknown_until_the_container_is_made_again(
    make_project: MakeProject, tmp_path: Path
) -> None:
    project = make_project(YAML, files={".env": "A_TOKEN=old\nPLACE=here\n"}, up=True)
    state = tmp_path / "state"
    with desk_of(project, state) as desk:
        assert unknown(desk, project, state) == {"A_TOKEN": set(), "PLACE": set()}
        (project.directory / ".env").write_text("A_TOKEN=new\nPLACE=there\n")
        assert has(project) == ["oldat", "here"], "what runs has the value of before"
        eventually(lambda: sync_of(desk) == Sync(SyncAction.NOTHING))
        assert unknown(desk, project, state) == {"A_TOKEN": {"web"}, "PLACE": {"web"}}
        assert desk.run("recreate", "web").state is JobState.SUCCEEDED
        assert has(project) == ["newat", "there"]
        assert unknown(desk, project, state) == {"A_TOKEN": set(), "PLACE": set()}


def sync_of(desk: Desk) -> Sync:
    found = desk.watcher.snapshot.service("web")
    assert found is not None
    return found.sync
