"""What images were built with is written down, by whoever built them: on a real engine."""

import time
from pathlib import Path

import pytest

from pixel_tui.operations.jobs.job import JobState
from pixel_tui.operations.planning.plan import Plan
from pixel_tui.stack.compose.build_records import build_records
from pixel_tui.stack.model.snapshot import Sync, SyncAction
from pixel_tui.stack.watch.live_build_recorder import live_build_recorder
from pixel_tui.text import plain
from tests.builders.engine_changes import Desk, desk_of
from tests.builders.engine_readers import command_of, environment_of
from tests.engine.fixtures import MakeProject
from tests.engine.private_engine import BASE_IMAGE, Project, eventually

pytestmark = pytest.mark.engine

TWO_STAGES = f"""FROM {BASE_IMAGE} AS builder
ARG NEXT_PUBLIC_URL
RUN echo "bundle for $NEXT_PUBLIC_URL" > /bundle
FROM {BASE_IMAGE}
COPY --from=builder /bundle /bundle
"""
BUNDLED = """
services:
  web:
    build: {context: ., args: {NEXT_PUBLIC_URL: "${URL}"}}
    command: [sleep, "100000"]
    stop_grace_period: 0s
"""


def test_what_a_builder_stage_wrote_into_the_image_is_known_once_it_was_built_here(
    make_project: MakeProject, tmp_path: Path
) -> None:
    files = {"Dockerfile": TWO_STAGES, ".env": "URL=http://a\n"}
    project = make_project(BUNDLED, files=files, up=True)
    dotenv = project.directory / ".env"
    with desk_of(project, tmp_path / "state") as desk:
        settled = Sync(SyncAction.NOTHING)
        changed = Sync(SyncAction.REBUILD, plain("image built with another NEXT_PUBLIC_URL"))
        eventually(lambda: sync_of(desk).action is not SyncAction.UNKNOWN)
        by_hand = sync_of(desk)
        assert (by_hand.action, by_hand.words) == (SyncAction.NOTHING, "in sync?")
        assert by_hand.reason.startswith("image built from unknown values (NEXT_PUBLIC_URL)")
        dotenv.write_text("URL=http://b\n")
        assert "of web was built from unknown" in warnings(desk.plan("recreate", "web"))
        assert desk.run("rebuild", "web").state is JobState.SUCCEEDED
        eventually(lambda: sync_of(desk) == settled)
        assert bundle(project) == "bundle for http://b"
        dotenv.write_text("URL=http://c\n")
        eventually(lambda: sync_of(desk) == changed)
        assert "keeps its old value" in warnings(desk.plan("recreate", "web"))
        assert desk.run("recreate", "web").state is JobState.SUCCEEDED
        assert sync_of(desk) == changed, "the recreate made nothing of it new"
        assert bundle(project) == "bundle for http://b"
        dotenv.write_text("URL=http://b\n")
        eventually(lambda: sync_of(desk) == settled)


def test_an_image_that_a_start_had_to_build_is_written_down_as_well(
    make_project: MakeProject, tmp_path: Path
) -> None:
    files = {"Dockerfile": TWO_STAGES, ".env": "URL=http://start\n"}
    project = make_project(BUNDLED, files=files)
    with desk_of(project, tmp_path / "state") as desk:
        status = desk.run("start", "web")
        assert status.state is JobState.SUCCEEDED, status.message
        eventually(lambda: sync_of(desk) == Sync(SyncAction.NOTHING))
    assert bundle(project) == "bundle for http://start"


def test_what_each_up_builds_is_written_down_too(make_project: MakeProject, tmp_path: Path) -> None:
    files = {"Dockerfile": TWO_STAGES, ".env": "URL=http://each\n"}
    each = BUNDLED.replace("    command", "    pull_policy: build\n    command")
    project = make_project(each, files=files, up=True)
    with desk_of(project, tmp_path / "state") as desk:
        eventually(lambda: "unknown" in sync_of(desk).reason)
        assert desk.run("recreate", "web").state is JobState.SUCCEEDED
        eventually(lambda: sync_of(desk) == Sync(SyncAction.NOTHING))


def test_what_a_dead_console_had_built_is_written_down_by_the_next(
    make_project: MakeProject, tmp_path: Path
) -> None:
    files = {"Dockerfile": TWO_STAGES, ".env": "URL=http://dead\n"}
    project = make_project(BUNDLED, files=files)
    environment = environment_of(project.engine)
    command = command_of(project)
    state = tmp_path / "state"
    argv = command.compose_argv("build", "--", "web")
    began = time.time()
    assert live_build_recorder(command, environment, state).before(argv) is not None
    project.compose("build", "web")
    other = live_build_recorder(command, environment, state)
    other.left(argv, began=began, ended=time.time(), done=True)
    (record,) = build_records(command, state).read().values()
    assert record.differing({"NEXT_PUBLIC_URL": "http://dead"}) == set()


def sync_of(desk: Desk) -> Sync:
    found = desk.watcher.snapshot.service("web")
    assert found is not None
    return found.sync


def bundle(project: Project) -> str:
    return project.compose("exec", "-T", "web", "cat", "/bundle").stdout.strip()


def warnings(plan: Plan) -> str:
    return "; ".join(check.message for check in plan.checks_before if not check.ok)
