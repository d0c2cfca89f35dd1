"""Plans and refusals of the actions on tasks."""

import json
import os
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pixel_tui.clock import SystemClock
from pixel_tui.errors import NothingToDo, OperationError, UsageError
from pixel_tui.ledger.reading.places import LedgerPlace
from pixel_tui.ledger.reading.reading import LedgerReading
from pixel_tui.ledger.reading.retention import RemovableFile, removable_files
from pixel_tui.ledger.reading.task import TaskStatus, TaskType
from pixel_tui.ledger.reading.worker_lock import WorkerLock
from pixel_tui.ledger.writing import changes
from pixel_tui.ledger.writing.drafts import TaskDrafts, new_task
from pixel_tui.ledger.writing.program import ledger_argv
from pixel_tui.operations.actions import all_actions, find_action, plan_action, why_unavailable
from pixel_tui.operations.planning.facts import NO_FACTS, Facts, LedgerFacts
from pixel_tui.operations.planning.plan import Plan, Risk, plan_outdated
from pixel_tui.stack.model.container import Container, EnvironmentEntry, Mount
from pixel_tui.stack.model.resource_model import Diverged, ResourceKind
from pixel_tui.stack.model.snapshot import StackSnapshot, Trouble
from pixel_tui.text import plain
from tests.builders.actions import COMMAND, commands, container, effects, spec, stack, warnings
from tests.builders.ledger_files import NOW, ONE, TWO, parsed, task, text
from tests.builders.ledger_truth import exited, worker

SPECS = (
    spec("syntropy", builds=True, has_health_check=True),
    spec("worker", active=False, profiles=("worker",)),
    spec("api"),
)
COMPOSE = (*COMMAND.compose, "--project-directory", "/srv/pixel", "--project-name", "pixel")


def known(*tasks: Any, **more: Any) -> Facts:
    reading = LedgerReading(present=True, tasks=parsed(text(*tasks)).items)
    for name in ("lock", "trouble"):
        if name in more:
            reading = replace(reading, **{name: more.pop(name)})
    return Facts(read_at=NOW, ledger=LedgerFacts(reading=reading, new_id=TWO, **more))


def shown(*workers: Container) -> StackSnapshot:
    own = [replace(item, config_hash=plain("")) for item in workers]
    return stack(container("syntropy"), container("api"), *own, specs=SPECS)


def plan(name: str, facts: Facts, *targets: str, workers: tuple[Container, ...] = ()) -> Plan:
    made = plan_action(name, targets, shown(*workers), COMMAND, now=NOW, facts=facts)
    assert made.steps
    return made


def verbs(made: Plan) -> list[str]:
    """The verb of each step: the ledger program's, compose's or docker's."""
    return [
        words[words.index("pixel_tui.ledger") + 1]
        if "pixel_tui.ledger" in words
        else next(word for word in words if word in {"run", "stop", "rm"})
        for words in commands(made)
    ]


def ended(seconds: float, status: str = "failed", **changes: Any) -> dict[str, Any]:
    """A task that finished so many seconds ago."""
    at = (NOW - timedelta(seconds=seconds)).isoformat()
    return task(status=status, completedAt=at, **changes)


def test_without_a_ledger_actions_on_tasks_are_refused() -> None:
    names = [action.name for action in all_actions() if action.name.startswith("task-")]
    assert len(names) == 9
    for name in names:
        if name != "task-add":
            assert why_unavailable(find_action(name), (), shown(), NO_FACTS), name


def test_a_damaged_ledger_is_not_written_to() -> None:
    trouble = Trouble(plain("It is torn."), plain("Fix it."), NOW)
    with pytest.raises(OperationError, match="It is torn"):
        plan("task-retry", known(ended(300), trouble=trouble), ONE)


def test_it_warns_of_a_container_that_mounts_the_ledger_itself() -> None:
    mount = Mount(plain("bind"), plain("/srv/pixel/data/task-ledger.json"), plain("/l.json"), True)
    snapshot = stack(container("syntropy", mounts=(mount,)), container("api"), specs=SPECS)
    facts = known(ended(300))
    made = plan_action("task-retry", [ONE], snapshot, COMMAND, now=NOW, facts=facts)
    assert "pixel-syntropy-1 mounts task-ledger.json itself" in warnings(made)
    assert "task-ledger.json" not in warnings(plan("task-retry", facts, ONE))


class TestSpawn:
    def test_a_worker_is_started_as_syntropy_does(self) -> None:
        made = plan("task-spawn", known(task()), ONE[:8])
        assert verbs(made) == ["lock", "run", "await"]
        assert commands(made)[1] == (
            *COMPOSE, "--profile", "worker", "run", "-d", "--name", f"pixel-worker-{ONE[:8]}",
            "-e", f"TASK_ID={ONE}", "-e", "HOST_PIXEL_ROOT=/srv/pixel", "worker",
        )  # fmt: skip
        assert (made.risk, made.confirm) == (Risk.SAFE, "")
        assert made.reason == "pending: Mend the canvas"

    def test_a_second_worker_is_refused_with_the_reason(self) -> None:
        with pytest.raises(OperationError, match="pixel-worker-2222"):
            plan("task-spawn", known(task()), ONE, workers=(worker(TWO),))

    def test_a_plan_is_outdated_by_a_new_worker(self) -> None:
        made = plan("task-spawn", known(task()), ONE)
        assert not plan_outdated(made, shown())
        assert plan_outdated(made, shown(worker(TWO)))

    @pytest.mark.parametrize(("seconds", "why"), [(5, "being started"), (500, "task-unlock")])
    def test_the_lock_is_respected(self, seconds: float, why: str) -> None:
        lock = WorkerLock(plain(TWO), NOW - timedelta(seconds=seconds))
        with pytest.raises(OperationError, match=why):
            plan("task-spawn", known(task(), lock=lock), ONE)

    def test_within_a_minute_after_a_failure_the_task_must_be_typed(self) -> None:
        facts = known(ended(20), task(TWO))
        made = plan("task-spawn", facts, TWO)
        assert made.confirm == TWO[:8]
        assert "must wait 40s more" in warnings(made)
        assert plan("task-spawn", known(ended(61), task(TWO)), TWO).confirm == ""

    def test_the_container_of_the_previous_attempt_is_removed(self) -> None:
        made = plan("task-spawn", known(task()), ONE, workers=(worker(**exited(1)),))
        assert verbs(made) == ["rm", "lock", "run", "await"]

    def test_only_pending_tasks_with_attempts_left(self) -> None:
        with pytest.raises(OperationError, match="3 of 3 attempts"):
            plan("task-spawn", known(task(attempts=3)), ONE)
        with pytest.raises(NothingToDo, match="running"):
            plan("task-spawn", known(task(status="running")), ONE)


class TestStopAndAbort:
    def test_a_worker_is_stopped_and_the_task_aborted(self) -> None:
        facts = known(task(status="running"))
        made = plan("task-stop", facts, ONE, workers=(worker(),))
        assert verbs(made) == ["stop", "abort"]
        assert "--only-running" in commands(made)[1]
        assert made.risk is Risk.DISRUPTIVE
        with pytest.raises(NothingToDo, match="No worker is running"):
            plan("task-stop", facts, ONE)

    def test_a_pending_task_is_aborted_without_stopping_a_container(self) -> None:
        assert verbs(plan("task-abort", known(task()), ONE)) == ["abort"]
        made = plan("task-abort", known(task(status="running")), ONE, workers=(worker(),))
        assert verbs(made) == ["stop", "abort"]
        with pytest.raises(NothingToDo, match="completed"):
            plan("task-abort", known(task(status="completed")), ONE)


class TestRetry:
    def test_a_failed_task_is_retried_while_attempts_are_left(self) -> None:
        assert verbs(plan("task-retry", known(ended(300, attempts=2)), ONE)) == ["retry"]
        spents: list[dict[str, Any]] = [{"attempts": 3}, {"maxAttempts": 1}]
        for spent in spents:
            with pytest.raises(OperationError, match="attempts"):
                plan("task-retry", known(ended(300, **spent)), ONE)
        with pytest.raises(NothingToDo, match="running"):
            plan("task-retry", known(task(status="running")), ONE)

    def test_within_a_minute_after_a_failure_the_task_must_be_typed(self) -> None:
        assert plan("task-retry", known(ended(30)), ONE).confirm == ONE[:8]

    def test_only_a_task_whose_worker_is_gone_is_requeued(self) -> None:
        facts = known(task(status="running"))
        assert verbs(plan("task-requeue", facts, ONE)) == ["requeue"]
        gone = worker(**exited(137))
        assert verbs(plan("task-requeue", facts, ONE, workers=(gone,))) == ["requeue"]
        with pytest.raises(OperationError, match="may be running"):
            plan("task-requeue", facts, ONE, workers=(worker(),))

    def test_an_id_must_match_one_task(self) -> None:
        other = ONE[:8] + TWO[8:]
        with pytest.raises(OperationError, match="start with that"):
            plan("task-abort", known(task(), task(other)), ONE[:8])
        with pytest.raises(OperationError, match="Several tasks have this id"):
            plan("task-abort", known(task(), task()), ONE)
        with pytest.raises(OperationError, match="No such task"):
            plan("task-abort", known(task()), TWO)
        with pytest.raises(UsageError, match="id of one task"):
            plan("task-abort", known(task()))


class TestOtherActions:
    def test_a_draft_is_queued_by_its_id_alone(self, tmp_path: Path) -> None:
        drafts = TaskDrafts(tmp_path)
        task_id = drafts.save(new_task("Do what is secret", now=NOW))
        made = plan("task-add", known(drafts=drafts.list()), task_id)
        assert verbs(made) == ["add"]
        assert not any("secret" in word for word in commands(made)[0][1:])
        assert made.reason == "Do what is secret"

    def test_only_a_stale_lock_is_removed(self) -> None:
        stale = WorkerLock(plain(ONE), NOW - timedelta(hours=1))
        made = plan("task-unlock", known(task(), lock=stale))
        assert verbs(made) == ["unlock"]
        assert ONE in commands(made)[0]
        for lock, workers in ((None, ()), (WorkerLock(plain(ONE), NOW), ()), (stale, (worker(),))):
            with pytest.raises(OperationError):
                plan("task-unlock", known(task(), lock=lock), workers=workers)

    def test_old_workers_and_their_files_are_removed(self) -> None:
        old = worker(**exited(0, finished_at=NOW - timedelta(days=8)))
        young = worker(TWO, **exited(0))
        left = (RemovableFile(Path("/srv/pixel/logs/worker-11111111.log"), 10),)
        made = plan("task-reap", known(task(), removable_files=left), workers=(old, young))
        assert verbs(made) == ["rm", "reap"]
        assert commands(made)[0][-2:] == ("rm", f"pixel-worker-{ONE[:8]}")
        assert made.risk is Risk.DESTRUCTIVE
        assert "worker-11111111.log" in "; ".join(made.irreversible)
        with pytest.raises(NothingToDo):
            plan("task-reap", known(task()), workers=(young,))

    def test_a_rebuild_waits_for_its_task(self) -> None:
        made = plan("task-rebuild", known())
        assert verbs(made) == ["add-rebuild", "run", "await"]
        assert f"pixel-worker-rebuild-{TWO[:8]}" in commands(made)[1]
        assert made.confirm == "syntropy"
        (expected,) = made.checks_after
        assert (expected.name, expected.has_health_check) == ("syntropy", True)
        assert expected.previous_runs, "the old container has to be gone"
        with pytest.raises(OperationError, match="already running"):
            plan("task-rebuild", known(), workers=(worker(),))

    def test_the_worker_of_a_rebuild_gets_the_files_of_the_project(self) -> None:
        def made(**files: tuple[str, ...]) -> Plan:
            command = replace(COMMAND, profiles=("cpu",), **files)  # type: ignore[arg-type]
            return plan_action("task-rebuild", (), shown(), command, now=NOW, facts=known())

        queue = commands(made(files=("/srv/pixel/deploy/a.yml",), env_files=("/srv/pixel/b.env",)))
        assert queue[0][queue[0].index("--compose") + 1] == (
            "docker compose --project-directory . --file deploy/a.yml --env-file b.env "
            "--project-name pixel --profile cpu"
        )
        for outside in ({"files": ("/srv/a.yml",)}, {"env_files": ("/srv/pixel/../b.env",)}):
            with pytest.raises(OperationError, match="outside of the project's folder"):
                made(**outside)


class TestGuards:
    """No action interrupts syntropy while a task runs, without a warning."""

    @pytest.mark.parametrize("action", ["stop", "restart", "recreate", "rebuild", "hard-rebuild"])
    def test_a_running_task_must_be_typed(self, action: str) -> None:
        facts = known(task(status="running"))
        made = plan(action, facts, "syntropy", workers=(worker(),))
        assert made.confirm == ONE[:8]
        assert f"task {ONE[:8]} (Mend the canvas) runs" in warnings(made)

    def test_a_plan_for_all_services_lists_syntropy_and_workers(self) -> None:
        made = plan("recreate", known(task(status="running")), workers=(worker(),))
        assert made.confirm == ONE[:8]
        messages = [check.message for check in made.checks_before if check.ok]
        assert "syntropy is recreated" in messages
        assert f"pixel-worker-{ONE[:8]} continues: no worker is affected" in messages

    def test_an_unknown_worker_needs_the_service_name_typed(self) -> None:
        assert plan("stop", known(), "syntropy", workers=(worker(),)).confirm == "syntropy"

    def test_a_task_whose_worker_is_gone_is_no_guard(self) -> None:
        assert plan("stop", known(task(status="running")), "syntropy").confirm == ""

    def test_other_services_have_no_guard(self) -> None:
        facts = known(task(status="running"))
        assert plan("restart", facts, "api", workers=(worker(),)).confirm == ""


class TestChanges:
    def made(self, change: Any, *tasks: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(change(parsed(text(*tasks))))["tasks"]
        return found

    def test_an_aborted_task_has_reason_and_time(self) -> None:
        make = changes.abort(ONE, "Not wanted", now=NOW)
        first, second = self.made(make, task(), task(TWO))
        assert first["status"] == "aborted"
        assert first["completedAt"] == "2026-03-01T12:00:00.000Z"
        assert first["error"] == "Not wanted"
        assert second == task(TWO)
        with pytest.raises(NothingToDo):
            self.made(make, task(status="completed"))

    def test_a_requeued_task_keeps_its_last_error(self) -> None:
        make = changes.queue_again(ONE, frozenset({TaskStatus.FAILED}))
        (found,) = self.made(make, task(status="failed", error="It broke", extra=[1.0]))
        assert found == task(attempts=1, lastAttemptError="It broke", extra=[1.0])
        with pytest.raises(OperationError, match="is completed now"):
            self.made(make, task(status="completed"))
        with pytest.raises(OperationError, match="2 tasks have this id"):
            self.made(make, task(status="failed"), task(status="failed"))

    def test_an_uncounted_attempt_is_counted(self) -> None:
        make = changes.count_attempt(ONE, 0)
        assert self.made(make, task(status="running"))[0]["attempts"] == 1
        with pytest.raises(NothingToDo):
            self.made(make, task(status="running", attempts=1))

    def test_a_new_task_is_as_syntropy_writes_it(self) -> None:
        found = new_task("Do it", now=NOW, context="why", task_id=ONE)
        assert found == task(payload={"task": "Do it", "context": "why"},
                             createdAt="2026-03-01T12:00:00.000Z")  # fmt: skip
        assert new_task("Do it", now=NOW, kind=TaskType.SYNTROPY_REBUILD)["maxAttempts"] == 1
        with pytest.raises(OperationError):
            new_task("  \n", now=NOW)


def test_files_of_pending_and_running_tasks_stay(tmp_path: Path) -> None:
    place = LedgerPlace(tmp_path)
    tasks = parsed(text(task(status="completed"), task(TWO, "running"))).items
    for name in (f"data/worker-output-{ONE}.txt", f"data/worker-output-{TWO}.txt",
                 f"logs/worker-{ONE[:8]}.log", "logs/opencode_live.log",
                 "data/task-ledger.json"):  # fmt: skip
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("x")
    reading = LedgerReading(present=True, tasks=tasks)
    now = SystemClock().now()
    assert removable_files(place, reading, now) == ()
    found = removable_files(place, reading, now + timedelta(days=8))
    assert [item.path.name for item in found] == [
        f"worker-output-{ONE}.txt", f"worker-{ONE[:8]}.log"
    ]  # fmt: skip


def test_the_task_id_of_a_worker_is_read_from_its_environment() -> None:
    entry = EnvironmentEntry(plain("TASK_ID"), plain(ONE))
    assert entry in worker().environment
    assert effects(plan("task-abort", known(task()), ONE)) == {ONE[:8]: "becomes aborted"}


@pytest.mark.parametrize("task_id", ["--help", "-v"])
def test_a_task_named_like_an_option_is_no_option(task_id: str, tmp_path: Path) -> None:
    value = task(id=task_id, status="failed", attempts=1)
    for name in ("task-abort", "task-retry"):
        made = plan(name, known({**value, "status": "pending" if "abort" in name else "failed"}),
                    task_id)  # fmt: skip
        for words in commands(made):
            assert task_id not in words[: words.index("--")]
    (tmp_path / "data").mkdir()
    place = LedgerPlace(tmp_path)
    place.ledger.parent.mkdir(parents=True, exist_ok=True)
    place.ledger.write_bytes(text({**value, "status": "pending"}))
    argv = ledger_argv(replace(COMMAND, directory=str(tmp_path)), "abort", name=task_id)
    state = {**os.environ, "XDG_STATE_HOME": str(tmp_path)}
    done = subprocess.run(argv, capture_output=True, text=True, check=False, env=state)
    assert (done.returncode, "is aborted" in done.stdout) == (0, True), done.stdout + done.stderr
    assert "usage" not in done.stdout
    assert '"aborted"' in place.ledger.read_text()


def test_no_worker_is_started_on_a_changed_network() -> None:
    net = plain("net")
    specs = (SPECS[0], replace(SPECS[1], network_keys=(net,)), SPECS[2])
    diverged = (Diverged(ResourceKind.NETWORK, net, plain("pixel_net")),)
    changed = stack(container("syntropy"), container("api"), specs=specs, diverged=diverged)
    with pytest.raises(OperationError, match="Network pixel_net has changed"):
        plan_action("task-spawn", [ONE], changed, COMMAND, now=NOW, facts=known(task()))
