"""Guards: warnings before a service is interrupted that running workers need."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pixel_tui.humanize import listed
from pixel_tui.ledger.reading.reading import LedgerReading
from pixel_tui.ledger.reading.task import Task, shown
from pixel_tui.ledger.reading.workers import workers_of
from pixel_tui.ledger.view.findings import case_of
from pixel_tui.ledger.view.truth import TaskVerdict, findings_of, truths_of
from pixel_tui.operations.planning.plan import PlanCheck, is_up
from pixel_tui.stack.model.snapshot import StackSnapshot
from pixel_tui.text import NO_TEXT, SafeText, plain


@dataclass(frozen=True, slots=True)
class Guard:
    """A service that should not be interrupted while one-off containers of another run."""

    service: str
    worker: str
    """The service whose containers `docker compose run` creates."""
    consequence: SafeText


PIXEL_GUARDS: Final = (
    Guard(
        service="syntropy",
        worker="worker",
        consequence=SafeText("its task would lose its orchestrator"),
    ),
)
WORKER_GONE: Final = frozenset({TaskVerdict.GONE, TaskVerdict.ENDED})
"""The verdicts on a running task whose worker no longer runs."""


@dataclass(frozen=True, slots=True)
class GuardResult:
    """The checks that guards add to a plan."""

    checks: tuple[PlanCheck, ...] = ()
    confirm: SafeText = NO_TEXT
    """The word to type to do it anyway; empty if no guard objects."""


def check_guards(
    snapshot: StackSnapshot,
    interrupted: Iterable[str],
    reading: LedgerReading,
    now: datetime,
    guards: Iterable[Guard] = PIXEL_GUARDS,
) -> GuardResult:
    """Return the warnings about interrupting services.

    Args:
        snapshot: The stack.
        interrupted: The services that a plan rebuilds, recreates, restarts, stops or removes.
        reading: The ledger.
        now: The current time, UTC.
        guards: The guards.
    """
    names = set(interrupted)
    checks: list[PlanCheck] = []
    confirm = NO_TEXT
    for guard in guards:
        if guard.service not in names:
            continue
        tasks = _running_tasks(snapshot, reading, now)
        running = _workers(snapshot, guard)
        if tasks:
            headlines = "; ".join(
                f"{task.short} ({shown(task.headline)[:60]})" for task in tasks[:3]
            )
            message = f"task {headlines} runs: {guard.consequence}"
            checks.append(PlanCheck(SafeText("task"), ok=False, message=plain(message)))
            confirm = SafeText(tasks[0].short)
        if running:
            message = f"{', '.join(running)} is working: {guard.consequence}"
            checks.append(PlanCheck(SafeText("worker"), ok=False, message=plain(message)))
            confirm = confirm or SafeText(guard.service)
    return GuardResult(tuple(checks), confirm)


def checks_for_all(
    snapshot: StackSnapshot,
    changes: Iterable[tuple[str, str]],
    guards: Iterable[Guard] = PIXEL_GUARDS,
) -> tuple[PlanCheck, ...]:
    """Return what a plan for all services does to guarded services and running workers.

    Args:
        snapshot: The stack.
        changes: The plan's effects: service and predicate.
        guards: The guards.
    """
    change_of = dict(changes)
    checks = []
    for guard in guards:
        service = snapshot.service(guard.service)
        if service is None or not service.regular:
            continue
        message = f"{guard.service} {change_of.get(guard.service, 'is left alone')}"
        checks.append(PlanCheck(SafeText(guard.service), ok=True, message=plain(message)))
        running = _workers(snapshot, guard)
        if running and guard.worker not in change_of:
            goes = "continues" if len(running) == 1 else "continue"
            words = plain(f"{listed(running)} {goes}: no worker is affected")
            checks.append(PlanCheck(SafeText("worker"), ok=True, message=words))
    return tuple(checks)


def guarded_services(
    interrupted: Iterable[str], guards: Iterable[Guard] = PIXEL_GUARDS
) -> tuple[SafeText, ...]:
    """Return the worker services whose state decides on a guard's warning."""
    names = set(interrupted)
    return tuple(SafeText(guard.worker) for guard in guards if guard.service in names)


def _running_tasks(snapshot: StackSnapshot, reading: LedgerReading, now: datetime) -> list[Task]:
    """Return the running tasks, except those whose worker is known to be gone."""
    case = case_of(reading, snapshot, now)
    truths = truths_of(case, findings_of(case))
    return [
        task
        for task in reading.running
        if (truth := truths.get(task.id)) is None or truth.verdict not in WORKER_GONE
    ]


def _workers(snapshot: StackSnapshot, guard: Guard) -> list[SafeText]:
    workers = workers_of(snapshot)
    return [
        item.container.name
        for item in workers
        if item.container.service == guard.worker and item.container.oneoff
        and is_up(item.container)
    ]  # fmt: skip
