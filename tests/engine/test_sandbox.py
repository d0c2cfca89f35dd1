"""The sandbox does on a real engine what its README says."""

import json
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from pixel_tui.ledger.reading.places import LedgerPlace
from pixel_tui.ledger.reading.worker_lock import lock_content
from pixel_tui.ledger.writing.drafts import new_task
from pixel_tui.stack.model.json_value import JsonObject
from tests.engine.private_engine import Project, eventually

pytestmark = pytest.mark.engine

ALWAYS_ON = ("agent", "api", "landing", "nginx", "postgres", "syntropy", "vps-monitor", "web")
writes_to_the_ledger = pytest.mark.skipif(
    os.geteuid() != 0, reason="the sandbox's ledger is root's: only root can write to it"
)
FLOOD_LINE = re.compile(r"flood line (\d+)")


@contextmanager
def fault(sandbox: Project, service: str, *words: str) -> Iterator[str]:
    """Raise a fault, hand over the container's id, and wait until the service is well again."""
    container = sandbox.container(service)
    sandbox.fault(service, *words)
    try:
        yield container
    finally:
        sandbox.fault(service, "clear")
        eventually(lambda: health(sandbox, container)["Status"] == "healthy")


def state(sandbox: Project, container: str) -> dict[str, Any]:
    found: dict[str, Any] = sandbox.engine.inspect(container)["State"]
    return found


def health(sandbox: Project, container: str) -> dict[str, Any]:
    found: dict[str, Any] = state(sandbox, container)["Health"]
    return found


def flood_numbers(sandbox: Project, service: str, tail: int) -> list[int]:
    lines = sandbox.logs(service, tail)
    return [int(match[1]) for line in lines if (match := FLOOD_LINE.match(line))]


def test_all_services_outside_a_profile_come_up_healthy(sandbox: Project) -> None:
    rows = sandbox.compose("ps", "--all", "--format", "json").stdout.splitlines()
    healths = {row["Service"]: row["Health"] for row in map(json.loads, rows)}

    assert healths == dict.fromkeys(ALWAYS_ON, "healthy")


def test_the_compose_file_has_the_ten_services_of_the_ecosystem(sandbox: Project) -> None:
    services = sandbox.compose("--profile", "*", "config", "--services").stdout.split()

    assert sorted(services) == sorted((*ALWAYS_ON, "pgadmin", "worker"))


def test_a_published_port_answers(sandbox: Project) -> None:
    address = sandbox.compose("port", "api", "3000").stdout.strip()

    def body() -> str:
        inside = sandbox.engine.inside_network("busybox", "wget", "-qO-")
        return sandbox.engine.run([*inside, f"http://{address}/api/stats"]).stdout

    assert "pixels" in eventually(body)


@pytest.mark.parametrize("service", ["nginx", "vps-monitor"])
def test_logs_of_a_service_without_a_log_driver_are_an_error(
    sandbox: Project, service: str
) -> None:
    result = sandbox.engine.docker("logs", sandbox.container(service), check=False)

    assert result.returncode != 0
    assert "does not support reading" in result.stderr


@pytest.mark.parametrize(
    ("service", "like"),
    [
        ("agent", r'{"level":\d+,"time":\d+,.*"msg":"'),
        ("api", r"time=\S+ level=\w+ msg="),
        ("landing", r'\S+ - - \[.*\] "GET / HTTP/1.1" 200 \d+'),
        ("postgres", r"\d{4}-\d\d-\d\d .* UTC \[\d+\] (LOG|ERROR):  "),
        ("syntropy", r"\S+Z (INFO |WARN )"),
        ("web", r'\S+ - - \[.*\] "GET '),
    ],
)
def test_each_service_logs_in_the_manner_of_the_real_one(
    sandbox: Project, service: str, like: str
) -> None:
    eventually(lambda: any(re.match(like, line) for line in sandbox.logs(service)))


@pytest.mark.parametrize(
    ("service", "words", "reason"),
    [
        ("api", ("unhealthy",), "503 database is locked"),
        ("web", ("unhealthy", "out of cheese"), "503 out of cheese"),
        ("postgres", ("unhealthy",), "5432 - rejecting connections"),
        ("vps-monitor", ("unhealthy",), "s old, the limit is 4 s"),
    ],
    ids=["api", "web with a reason", "postgres", "vps-monitor"],
)
def test_an_unhealthy_service_fails_its_probe_and_says_why(
    sandbox: Project, service: str, words: tuple[str, ...], reason: str
) -> None:
    with fault(sandbox, service, *words) as container:
        eventually(lambda: health(sandbox, container)["Status"] == "unhealthy")
        last = health(sandbox, container)["Log"][-1]

    assert last["ExitCode"] == 1
    assert reason in last["Output"]


def test_a_crash_loop_makes_the_restart_count_grow(sandbox: Project) -> None:
    with fault(sandbox, "agent", "crash-loop") as container:
        eventually(lambda: sandbox.engine.inspect(container)["RestartCount"] >= 3)
        eventually(lambda: state(sandbox, container)["ExitCode"] == 1)

    assert any("Cannot find module" in line for line in sandbox.logs("agent"))


def test_a_memory_hog_is_killed_by_the_engine(sandbox: Project) -> None:
    with fault(sandbox, "syntropy", "oom") as container:

        def killed() -> bool:
            found = state(sandbox, container)
            return bool(found["OOMKilled"]) and found["ExitCode"] == 137

        eventually(killed, every=0.05)
        eventually(lambda: sandbox.engine.inspect(container)["RestartCount"] >= 2)


def test_a_flood_logs_numbered_lines_as_fast_as_it_can(sandbox: Project) -> None:
    with fault(sandbox, "web", "flood"):
        eventually(lambda: max(flood_numbers(sandbox, "web", 5), default=0) > 50_000)

    numbers = flood_numbers(sandbox, "web", 1000)
    assert numbers == sorted(numbers)


def test_a_calm_flood_keeps_to_its_rate_and_ends_when_cleared(sandbox: Project) -> None:
    with fault(sandbox, "landing", "flood", "200"):
        eventually(lambda: flood_numbers(sandbox, "landing", 5))
        began = time.monotonic()  # before the first number is read: reading may take long
        first = flood_numbers(sandbox, "landing", 5)[-1]
        later = eventually(
            lambda: max(flood_numbers(sandbox, "landing", 5), default=0) - first >= 200 and 1
        )
        took = time.monotonic() - began
    assert later
    assert took > 0.5

    def is_calm() -> bool:
        return not flood_numbers(sandbox, "landing", 1)

    eventually(is_calm)


def test_a_service_stops_at_once_and_cleanly(sandbox: Project) -> None:
    container = sandbox.container("landing")
    sandbox.compose("stop", "--timeout", "60", "landing")
    ended = state(sandbox, container)
    sandbox.compose("up", "--detach", "--wait", "landing")

    assert ended["ExitCode"] == 0, "it ended by itself, and was not killed in the end"


def test_a_worker_does_its_task_and_ends(sandbox: Project) -> None:
    task = ("-e", "TASK_ID=4f1c2a90-0000-4000-8000-000000000000", "-e", "WORKER_SECONDS=1")
    done = sandbox.compose("run", "--rm", *task, "worker")

    assert "[worker 4f1c2a90] task completed" in done.stdout


def queued(sandbox: Project, *, members: JsonObject | None = None) -> str:
    """A ledger with a task between two others, which stay as they are."""
    tasks = [new_task(words, now=datetime.now(UTC)) for words in ("before", "mine", "after")]
    tasks[1] |= members or {}
    ledger = LedgerPlace(sandbox.directory).ledger
    ledger.parent.mkdir(exist_ok=True)
    ledger.write_text(json.dumps({"version": 1, "tasks": tasks, "more": {"id": 1}}, indent=2))
    return str(tasks[1]["id"])


def ledger_of(sandbox: Project) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(LedgerPlace(sandbox.directory).ledger.read_text())
    return found


@writes_to_the_ledger
def test_a_worker_writes_down_what_came_of_its_task(sandbox: Project) -> None:
    place = LedgerPlace(sandbox.directory)
    task = queued(sandbox, members={"unknown": ["kept"], "exitCode": 7})
    before = ledger_of(sandbox)
    place.lock.write_bytes(lock_content(task, datetime.now(UTC)))
    sandbox.compose("run", "--rm", "-e", f"TASK_ID={task}", "-e", "WORKER_SECONDS=1", "worker")

    after = ledger_of(sandbox)
    ended = after["tasks"][1]
    assert (ended["status"], ended["exitCode"]) == ("completed", 0)
    assert ended["startedAt"] <= ended["completedAt"]
    assert ended["workerId"]
    assert ended["unknown"] == ["kept"]
    before["tasks"][1] = ended
    assert after == before
    assert not place.lock.exists()
    assert "task completed" in (sandbox.directory / f"logs/worker-{task[:8]}.log").read_text()
    assert "task completed" in (sandbox.directory / f"data/worker-output-{task}.txt").read_text()


@writes_to_the_ledger
def test_a_worker_that_fails_writes_that_down(sandbox: Project) -> None:
    task = queued(sandbox)
    sandbox.fault("worker", "crash-loop")
    try:
        sandbox.compose("run", "--rm", "-e", f"TASK_ID={task}", "worker", check=False)
    finally:
        sandbox.fault("worker", "clear")

    ended = ledger_of(sandbox)["tasks"][1]
    assert (ended["status"], ended["exitCode"]) == ("failed", 1)
    assert ended["error"]


def test_a_worker_without_a_task_refuses(sandbox: Project) -> None:
    refused = sandbox.compose("run", "--rm", "worker", check=False)

    assert refused.returncode == 64
    assert "TASK_ID is not set" in refused.stderr


def test_the_metrics_file_is_written_whole(sandbox: Project) -> None:
    metrics = json.loads((sandbox.directory / "data" / "vps-metrics.json").read_text())

    assert metrics["version"] == 2
    assert metrics["memory"]["totalKb"] > metrics["memory"]["usedKb"] > 0
