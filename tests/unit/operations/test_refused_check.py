"""A job that stops in its check reports only that nothing was changed."""

from dataclasses import replace

import pytest

from pixel_tui.operations.jobs.expectations import check_expectation
from pixel_tui.operations.jobs.job import JobState, JobStatus
from pixel_tui.operations.jobs.settlement import settled_status
from pixel_tui.operations.planning.plan import Plan, Step
from pixel_tui.operations.planning.plan_record import plan_as_json, plan_from_json
from pixel_tui.stack.model.json_value import Node
from pixel_tui.text import plain
from tests.builders.job import NOW, Desk, desk, observer, runner
from tests.patience import PATIENCE

__all__ = ["desk", "observer", "runner"]

CHECK = Step(plain("Test it"), ("true",), plain("It goes on as it is."), changes_nothing=True)


@pytest.fixture
def checked(desk: Desk) -> Plan:
    """A restart with a check before it."""
    made = desk.plan()
    desk.runner.on_start = lambda: None
    return replace(made, steps=(CHECK, *made.steps))


def test_a_failed_check_reports_that_nothing_was_changed(desk: Desk, checked: Plan) -> None:
    desk.runner.codes, desk.runner.text = [1], "unknown directive\n"
    status = desk.run_to_end(checked)
    assert status.state is JobState.FAILED
    assert status.message == (
        "Test it exited with exit code 1: unknown directive. Nothing was changed."
    )


def test_a_failure_after_the_check_reports_the_state(desk: Desk, checked: Plan) -> None:
    desk.runner.codes = [0, 1]
    assert "agent is not restarted yet" in desk.run_to_end(checked).message


def test_a_cancelled_check_reports_that_nothing_was_changed(desk: Desk, checked: Plan) -> None:
    desk.runner.codes = [None]
    job = desk.operator().run(checked)
    assert desk.runner.hanging.wait(PATIENCE)
    job.cancel()
    status = job.wait(PATIENCE)
    assert status.message == "Nothing was changed."
    assert status.output.read_text().endswith("# Cancelled. Nothing was changed.\n")


@pytest.mark.parametrize(
    ("state", "step", "words"),
    [
        (JobState.QUEUED, 0, "Nothing was started. Run it again"),
        (JobState.RUNNING, 0, "Never started: Restart agent. Nothing was changed. Run it again"),
        (JobState.RUNNING, 1, "Now agent is not restarted yet. Run it again"),
        (JobState.VERIFYING, 1, "Now agent is not restarted yet. Run it again"),
    ],
)
def test_a_dead_job_in_its_check_reports_that_nothing_was_changed(
    desk: Desk, checked: Plan, state: JobState, step: int, words: str
) -> None:
    status = JobStatus("1", checked, desk.folder / "1.log", state, step=step)
    findings = [check_expectation(item, desk.observer.snapshot) for item in checked.checks_after]
    ended = settled_status(status, findings, code=1, cancelled=False, ended=NOW)
    assert words in ended.message


def test_changes_nothing_is_recorded_with_the_plan(checked: Plan) -> None:
    read = plan_from_json(Node(plan_as_json(checked)))
    assert [step.changes_nothing for step in read.steps] == [True, False]
