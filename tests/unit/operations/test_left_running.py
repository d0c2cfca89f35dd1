"""Background processes of a step are stopped with it, because they would hold the lock."""

from dataclasses import replace
from pathlib import Path

import pytest

from pixel_tui.clock import SystemClock
from pixel_tui.operations.jobs.job import JobState
from pixel_tui.operations.jobs.lock import lock_holder, lock_path
from pixel_tui.operations.operator import Operator
from pixel_tui.stack.programs.process import ProcessRunner
from pixel_tui.stack.programs.process_mark import mark_of
from tests.builders.job import COMMAND, QUICK, Desk, desk, observer, restarted_agent, runner
from tests.patience import PATIENCE

__all__ = ["desk", "observer", "runner"]

FAKE_DOCKER = """#!/bin/sh
sleep 1000 > /dev/null 2>&1 &
echo "$!" > "$0.left"
# Until then, the child is a copy of this shell.
until grep -q sleep "/proc/$!/comm"; do :; done
echo restarted
exit CODE
"""


def _restarted(desk: Desk) -> None:
    desk.observer.show(restarted_agent())


@pytest.mark.parametrize(("code", "state"), [(0, JobState.SUCCEEDED), (3, JobState.FAILED)])
def test_a_background_child_of_a_step_is_stopped_and_the_lock_freed(
    desk: Desk, tmp_path: Path, code: int, state: JobState
) -> None:
    docker = tmp_path / "docker"
    docker.write_text(FAKE_DOCKER.replace("CODE", str(code)))
    docker.chmod(0o755)
    made = desk.plan()
    (step,) = made.steps
    made = replace(made, steps=(replace(step, command=(str(docker),)),))
    operator = Operator(
        ProcessRunner(), desk.observer, replace(COMMAND, directory=str(tmp_path)), desk.folder,
        SystemClock(), timeouts=QUICK, locks=tmp_path / "locks",
    )  # fmt: skip
    job = operator.run(made)
    job.subscribe(lambda status: _restarted(desk) if status.exit_code is not None else None)
    status = job.wait(PATIENCE)
    assert status.state is state, status.message
    assert mark_of(int((tmp_path / "docker.left").read_text())) is None
    path = lock_path(tmp_path / "locks", engine=made.engine, project=made.project)
    assert lock_holder(path) is None
    output = status.output.read_text()
    assert "# Ended what it left running: process " in output
    assert "sleep 1000" in output
    assert "Ended what it left" not in status.message
    operator.close()
