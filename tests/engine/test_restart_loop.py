"""A container that its policy restarts again and again, and one that needs a few attempts."""

from dataclasses import replace
from pathlib import Path

import pytest

from pixel_tui.operations.jobs.job import JobState
from pixel_tui.operations.jobs.restart_loop import LOOP_RESTARTS
from tests.builders.engine_changes import QUICK, desk_of
from tests.engine.fixtures import MakeProject
from tests.engine.private_engine import BASE_IMAGE, eventually

pytestmark = pytest.mark.engine

# `slow` comes up in each fourth attempt: what it writes outlives its restarts.
LOOP = f"""
x-part: &part {{image: {BASE_IMAGE}, restart: unless-stopped, stop_grace_period: 0s}}
services:
  api: {{<<: *part, command: [sh, -c, "echo 'ValueError: DB_URL is not set'; exit 1"]}}
  slow: {{<<: *part, command: [sh, -c, "echo >> /n; [ $$(($$(wc -l < /n) % 4)) = 0 ] && sleep 99"]}}
"""
# On a busy machine a container that exits at once may look running for a second or two.
PATIENCE = replace(QUICK, settle=4, loop=1, deadline=50)


def test_a_loop_is_given_up_long_before_the_deadline_and_a_slow_start_is_not(
    make_project: MakeProject, tmp_path: Path
) -> None:
    project = make_project(LOOP)
    project.compose("up", "--detach")
    eventually(lambda: project.inspect("api")["RestartCount"] >= LOOP_RESTARTS)
    with desk_of(project, tmp_path / "state", timeouts=PATIENCE) as desk:
        status = desk.run("restart", "api")
        assert status.state is JobState.FAILED
        assert "in a restart loop (exit code 1)" in status.message
        assert status.message.endswith("Last log lines: ValueError: DB_URL is not set.")
        assert status.seconds is not None
        assert status.seconds < 30
        status = desk.run("restart", "slow")
        assert status.state is JobState.SUCCEEDED, status.message
        assert "restarted 3 times by Docker" in status.message
