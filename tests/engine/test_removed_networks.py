"""A stopped service whose network was removed, and made again by an `up` of another."""

from pathlib import Path

import pytest

from pixel_tui.errors import OperationError
from pixel_tui.operations.jobs.job import JobState
from pixel_tui.stack.model.snapshot import StackSnapshot, SyncAction
from tests.builders.engine_changes import desk_of
from tests.engine.fixtures import MakeProject
from tests.engine.private_engine import BASE_IMAGE, Project, eventually

pytestmark = pytest.mark.engine

PART = f"{{image: {BASE_IMAGE}, command: [sleep, '100000'], stop_grace_period: 0s"
YAML = f"""
services:
  db: {PART}, scale: 2}}
  api: {PART}, depends_on: [db]}}
  web: {PART}}}
"""


@pytest.fixture
def project(make_project: MakeProject) -> Project:
    project = make_project(YAML, up=True)
    project.compose("stop", "db")
    project.compose("rm", "--stop", "--force", "api", "web")
    project.engine.docker("network", "rm", f"{project.name}_default")
    project.compose("up", "--detach", "web")
    return project


def test_it_has_to_be_recreated_and_sync_says_so(project: Project, tmp_path: Path) -> None:
    for words in (("start",), ("up", "--detach")):
        said = project.compose(*words, "db", check=False)
        assert "not found" in said.stderr, "what would happen"
    with desk_of(project, tmp_path / "state") as desk:
        service = desk.watcher.snapshot.service("db")
        assert service is not None
        assert service.sync.action is SyncAction.RECREATE
        assert "that it was created with is gone" in service.sync.reason
        with pytest.raises(OperationError, match="can't be started: the network"):
            desk.plan("start", "db")
        status = desk.run("recreate", "db")
        assert status.state is JobState.SUCCEEDED, status.message
        eventually(lambda: sync_of(desk.watcher.snapshot) is SyncAction.NOTHING)


def sync_of(snapshot: StackSnapshot) -> SyncAction | None:
    service = snapshot.service("db")
    return service.sync.action if service is not None else None
