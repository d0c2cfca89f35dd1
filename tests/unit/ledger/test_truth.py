"""Comparing the ledger with the stack: the findings and their fixes."""

import json
from pathlib import Path
from typing import Any

import pytest

from pixel_tui.ledger.reading.worker_lock import WorkerLock
from pixel_tui.ledger.view.findings import LedgerFinding
from pixel_tui.ledger.view.truth import TaskVerdict, all_rules
from pixel_tui.ledger.view.view import LedgerView
from pixel_tui.stack.model.container import EnvironmentEntry
from pixel_tui.stack.model.snapshot import Connection
from pixel_tui.text import plain
from tests.builders.ledger_files import NOW, ONE, THREE, TWO, task
from tests.builders.ledger_truth import ago, exited, view, worker

ROOT = Path(__file__).parents[3]


def rules(found: LedgerView) -> list[str]:
    return [finding.rule for finding in found.findings]


def only(found: LedgerView) -> LedgerFinding:
    (finding,) = found.findings
    return finding


def running(task_id: str = ONE, minutes: float = 10, **changes: Any) -> dict[str, Any]:
    return task(task_id, "running", startedAt=ago(minutes=minutes).isoformat(), **changes)


def test_a_running_task_with_its_worker_agrees() -> None:
    found = view(running(), containers=(worker(),))
    assert found.findings == ()
    truth = found.truth(found.tasks[0])
    assert truth.verdict is TaskVerdict.AGREES
    assert truth.worker is not None
    assert truth.worker.words == "running"


def test_a_running_task_without_a_container_is_to_be_requeued() -> None:
    found = view(running())
    finding = only(found)
    assert (finding.rule, finding.hint) == ("gone", f"task-requeue {ONE}")
    assert found.truth(found.tasks[0]).verdict is TaskVerdict.GONE


@pytest.mark.parametrize("changes", [{"attempts": 3}, {"type": "syntropy-rebuild"}])
def test_an_orphan_without_attempts_left_is_to_be_aborted(changes: dict[str, Any]) -> None:
    assert only(view(running(**changes))).action == "task-abort"


def test_a_task_that_just_started_is_not_compared_with_an_older_snapshot() -> None:
    found = view(running(minutes=0.05))
    assert found.findings == ()
    assert found.truth(found.tasks[0]).verdict is TaskVerdict.UNKNOWN


def test_without_an_engine_there_are_no_findings_about_containers() -> None:
    found = view(running(), link=Connection.LOST)
    assert found.findings == ()
    assert found.truth(found.tasks[0]).verdict is TaskVerdict.UNKNOWN


def test_the_exit_of_a_running_task_s_container_is_reported() -> None:
    found = view(running(), containers=(worker(**exited(137, oom_killed=True)),))
    assert only(found).rule == "ended"
    assert only(found).message.endswith("has exited with exit code 137 (out of memory)")
    assert found.truth(found.tasks[0]).verdict is TaskVerdict.ENDED


def test_a_container_of_the_previous_attempt_is_ignored() -> None:
    old = worker(**exited(1, finished_at=ago(minutes=30)))
    assert rules(view(running(), containers=(old,))) == []


@pytest.mark.parametrize(
    ("minutes", "rule"), [(19, None), (21, "slow"), (45.5, "slow"), (47, "overdue")]
)
def test_a_long_run_is_slow_or_overdue(minutes: float, rule: str | None) -> None:
    last_writes = {ONE: NOW}
    found = view(running(minutes=minutes), containers=(worker(),), last_writes=last_writes)
    assert rules(found) == ([] if rule is None else [rule])


def test_the_timeout_is_that_of_the_worker() -> None:
    entries = (
        EnvironmentEntry(plain("TASK_ID"), plain(ONE)),
        EnvironmentEntry(plain("WORKER_TIMEOUT_SECONDS"), plain("300")),
    )
    found = view(running(minutes=9), containers=(worker(environment=entries),))
    assert only(found).rule == "overdue"
    assert only(found).action == "task-stop"


def test_a_task_whose_worker_writes_nothing_is_silent() -> None:
    found = view(running(minutes=15), containers=(worker(),), last_writes={ONE: ago(minutes=11)})
    assert only(found).rule == "silent"
    assert "11m" in only(found).message


def test_a_worker_without_environment_is_known_by_its_name() -> None:
    named = worker(name=f"other-worker-rebuild-{ONE[:8]}", environment=())
    found = view(running(), containers=(named,))
    assert found.findings == ()
    assert found.workers[0].rebuild


def test_a_worker_without_a_task_is_a_finding() -> None:
    found = view(task(TWO), containers=(worker(),))
    assert only(found).rule == "stranger"
    assert "docker stop" in only(found).hint


def test_a_worker_of_a_finished_task_is_a_finding() -> None:
    done = task(status="completed", completedAt=ago(minutes=5).isoformat())
    assert only(view(done, containers=(worker(),))).rule == "finished"
    assert rules(view(done, containers=(worker(started_at=ago(minutes=1)),))) == []


def test_two_running_workers_are_a_finding() -> None:
    both = (worker(), worker(TWO))
    assert rules(view(running(), running(TWO), containers=both)) == ["crowd"]


def test_a_lock_without_a_worker_is_stale_unless_new() -> None:
    stale = WorkerLock(plain(ONE), ago(minutes=5))
    assert only(view(task(), lock=stale)).action == "task-unlock"
    assert rules(view(task(), lock=WorkerLock(plain(ONE), ago(seconds=20)))) == []
    assert rules(view(running(), lock=stale, containers=(worker(),))) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"completedAt": "2026-03-01T11:40:00Z"},
        {"startedAt": "2026-03-01T09:00:00Z"},
        {"createdAt": "2026-03-02T10:00:00Z", "startedAt": None},
    ],
)
def test_impossible_times_are_findings(changes: dict[str, Any]) -> None:
    assert only(view(task(status="completed", **changes))).rule == "clock"


def test_inconsistent_records_are_findings() -> None:
    found = view(
        task(), task(), task(TWO, attempts=3), task(THREE, "failed", attempts=4), {"id": "?"},
        version=2,
    )  # fmt: skip
    assert sorted(rules(found)) == ["attempts", "attempts", "duplicate", "odd", "version"]
    assert found.findings[0].rule == "duplicate", "the worst first"


def test_hostile_text_in_a_finding_is_sanitized() -> None:
    found = view(task("\x1b[2J" + ONE, "\x1b]0;x\x07", type="\x1b[1m"))
    assert found.tasks[0].id == ""
    assert all("\x1b" not in item.message for item in found.findings)


def test_a_rule_is_called_like_its_file_and_is_described() -> None:
    names = [rule.name for rule in all_rules()]
    folder = ROOT / "pixel_tui" / "ledger" / "view" / "rules"
    assert sorted(names) == sorted(file.stem for file in folder.glob("[!_]*.py"))
    assert {item.value for item in TaskVerdict} - {"agrees", "unknown"} <= set(names)
    schema = json.loads((ROOT / "docs" / "ledger.schema.json").read_text())
    described = schema["properties"]["findings"]["items"]["properties"]["rule"]["enum"]
    assert described == names
    page = (ROOT / "docs" / "ledger.md").read_text()
    assert [name for name in names if f"| `{name}` |" not in page] == []
