"""Knowledge of a stack that its compose file does not hold."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pixel_tui.ledger.reading.reading import LedgerReading
from pixel_tui.ledger.reading.task import Task, shown
from pixel_tui.ledger.reading.workers import workers_of
from pixel_tui.ledger.view.findings import case_of
from pixel_tui.ledger.view.truth import TaskVerdict, findings_of, truths_of
from pixel_tui.operations.planning.plan import PlanCheck, is_up
from pixel_tui.operations.planning.words import listed
from pixel_tui.stack.model.snapshot import StackSnapshot
from pixel_tui.text import NO_TEXT, SafeText, plain


@dataclass(frozen=True, slots=True)
class Guard:
    """A service that is not to be interrupted while a one-off container of another runs."""

    service: str
    worker: str
    """The service whose containers `docker compose run` makes."""
    consequence: SafeText


PIXEL_GUARDS: Final = (
    Guard(
        service="syntropy",
        worker="worker",
        consequence=SafeText("its task would lose its orchestrator"),
    ),
)
_DEAD: Final = {TaskVerdict.GONE, TaskVerdict.ENDED}


@dataclass(frozen=True, slots=True)
class Guarded:
    """What a guard says of a plan."""

    checks: tuple[PlanCheck, ...] = ()
    confirm: SafeText = NO_TEXT
    """What has to be typed to do it all the same; empty where nothing stands against it."""


def guarded(
    snapshot: StackSnapshot,
    interrupted: Iterable[str],
    reading: LedgerReading,
    now: datetime,
    guards: Iterable[Guard] = PIXEL_GUARDS,
) -> Guarded:
    """What stands against interrupting these services.

    Args:
        snapshot: The stack.
        interrupted: The services that a plan rebuilds, recreates, restarts, stops or removes.
        reading: The ledger.
        now: The time.
        guards: What is known of the stack.
    """
    names = set(interrupted)
    checks: list[PlanCheck] = []
    confirm = NO_TEXT
    for guard in guards:
        if guard.service not in names:
            continue
        tasks = _at_work(snapshot, reading, now)
        running = _workers(snapshot, guard)
        if tasks:
            told = "; ".join(f"{task.short} ({shown(task.headline)[:60]})" for task in tasks[:3])
            message = f"task {told} runs: {guard.consequence}"
            checks.append(PlanCheck(SafeText("task"), ok=False, message=plain(message)))
            confirm = SafeText(tasks[0].short)
        if running:
            message = f"{', '.join(running)} is working: {guard.consequence}"
            checks.append(PlanCheck(SafeText("worker"), ok=False, message=plain(message)))
            confirm = confirm or SafeText(guard.service)
    return Guarded(tuple(checks), confirm)


def whole_checks(
    snapshot: StackSnapshot,
    changes: Iterable[tuple[str, str]],
    guards: Iterable[Guard] = PIXEL_GUARDS,
) -> tuple[PlanCheck, ...]:
    """What a plan for everything does to each guarded service, and to the workers that run.

    Args:
        snapshot: The stack.
        changes: What the plan says that it does: a service, and a predicate.
        guards: What is known of the stack.
    """
    told = dict(changes)
    checks = []
    for guard in guards:
        service = snapshot.service(guard.service)
        if service is None or not service.regular:
            continue
        message = f"{guard.service} {told.get(guard.service, 'is left alone')}"
        checks.append(PlanCheck(SafeText(guard.service), ok=True, message=plain(message)))
        running = _workers(snapshot, guard)
        if running and guard.worker not in told:
            goes = "continues" if len(running) == 1 else "continue"
            words = plain(f"{listed(running)} {goes}: no worker is affected")
            checks.append(PlanCheck(SafeText("worker"), ok=True, message=words))
    return tuple(checks)


def guarded_by(
    interrupted: Iterable[str], guards: Iterable[Guard] = PIXEL_GUARDS
) -> tuple[SafeText, ...]:
    """The services whose state decides on a warning: a plan is outdated when they move."""
    names = set(interrupted)
    return tuple(SafeText(guard.worker) for guard in guards if guard.service in names)


def _at_work(snapshot: StackSnapshot, reading: LedgerReading, now: datetime) -> list[Task]:
    """The tasks that run, as far as the stack does not show that they don't."""
    case = case_of(reading, snapshot, now)
    truths = truths_of(case, findings_of(case))
    return [
        task
        for task in reading.running
        if (truth := truths.get(task.id)) is None or truth.verdict not in _DEAD
    ]


def _workers(snapshot: StackSnapshot, guard: Guard) -> list[SafeText]:
    workers = workers_of(snapshot)
    return [
        item.container.name
        for item in workers
        if item.container.service == guard.worker and item.container.oneoff
        and is_up(item.container)
    ]  # fmt: skip
