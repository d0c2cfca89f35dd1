"""A change before it happens: the one object that is shown, run and audited."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pixel_tui.stack.model.container import Container, ContainerState
from pixel_tui.stack.model.snapshot import Service, StackSnapshot
from pixel_tui.text import NO_TEXT, SafeText, plain


class Risk(StrEnum):
    """What a plan can do to people who use the stack."""

    SAFE = "safe"
    """Nothing that works now stops working."""
    DISRUPTIVE = "disruptive"
    """Something is interrupted and comes back, or can be brought back."""
    DESTRUCTIVE = "destructive"
    """Something is lost for good."""


@dataclass(frozen=True, slots=True)
class Step:
    """One command of a plan."""

    title: SafeText
    command: tuple[str, ...]
    """The argument list, exactly as it is run."""
    cancelling: SafeText
    """What it means to cancel while this step runs."""
    takes_back: bool = False
    """Cancelled, it undoes what it did: it gets the time for that before anybody insists."""
    changes_nothing: bool = False
    """It only checks, or backs up: containers, data and files of the project stay as they are."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What a plan means for one service (or for a container that is no service's)."""

    service: SafeText
    change: SafeText
    """A predicate: `is restarted`, `loses api while it is down`."""
    cause: SafeText = NO_TEXT


@dataclass(frozen=True, slots=True)
class PlanCheck:
    """Something that was looked at before; one that is not `ok` is a warning.

    What makes a plan impossible is never a check: there is an error in its place.
    """

    name: SafeText
    ok: bool
    message: SafeText


class ExpectedState(StrEnum):
    """What is to be true of a service afterwards."""

    RUNNING = "running"
    STOPPED = "stopped"
    REACHED = "reached"
    """A proxy answers for it: see `Expectation.keeper`."""
    GONE = "gone"
    """Its container was removed."""


@dataclass(frozen=True, slots=True)
class ContainerRun:
    """A container between one start and the next."""

    container_id: str
    started_at: datetime | None


@dataclass(frozen=True, slots=True)
class Expectation:
    """What is verified after the last step."""

    name: SafeText
    """The service, or the container's name where `container_id` is set."""
    outcome: ExpectedState
    containers: int = 1
    """How many are to run."""
    container_id: str = ""
    """Set where one container is meant, whatever its service."""
    probed: bool = False
    completes: bool = False
    """Others wait for its end: it may be done instead."""
    """It has a health check, which has to agree."""
    by_the_way: bool = False
    """The plan is not about it, and it was not well before: how it is afterwards is told, and
    fails nothing."""
    before: tuple[ContainerRun, ...] = ()
    """The lives that have to be over: what is seen of them proves nothing."""
    keeper: SafeText = NO_TEXT
    """A proxy: one that is asked for it (`REACHED`), else one that goes on to ask the
    addresses of before, whatever happens."""
    addresses: tuple[SafeText, ...] = ()
    """Where that is: it has to be there again."""
    path: SafeText = NO_TEXT
    """What the proxy is asked for."""
    host_name: SafeText = NO_TEXT
    """The name that it is asked by; empty where any does."""
    port: int = 0
    """Inside its container; 0 where the first that it publishes is asked."""
    tls: bool = False

    @property
    def words(self) -> SafeText:
        """As a sentence."""
        if self.outcome is ExpectedState.STOPPED:
            return plain(f"{self.name} is stopped")
        if self.outcome is ExpectedState.GONE:
            return plain(f"{self.name} is removed")
        if self.outcome is ExpectedState.REACHED:
            name = f" as {self.host_name}" if self.host_name else ""
            if self.name == self.keeper:
                return plain(f"{self.name} answers (GET {self.path}{name}), not with 502 or 504")
            return plain(f"{self.name} is reached through {self.keeper} (GET {self.path}{name})")
        health = " and healthy" if self.probed else ""
        count = f" ({self.containers} containers)" if self.containers > 1 else ""
        where = f", where {self.keeper} looks for it" if self.keeper else ""
        done = " or done" if self.completes else ""
        return plain(f"{self.name} is running{health}{done}{count}{where}")


@dataclass(frozen=True, slots=True)
class FileMark:
    """A file as it was when a plan was made from it."""

    path: str
    sha256: str
    """Of its content; empty where there was no such file."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A change to a stack: what is done, to what, at which cost, and how it is verified."""

    id: str
    action: str
    """The machine's name of it: `restart`."""
    title: SafeText
    reason: SafeText
    risk: Risk
    engine: SafeText
    """The engine's address."""
    project: SafeText
    targets: tuple[SafeText, ...]
    """What was asked for: names of services and containers."""
    steps: tuple[Step, ...]
    made_at: datetime
    fingerprint: str
    """Of the state that the plan was made from."""
    touched: tuple[SafeText, ...]
    """The services whose state is in the fingerprint."""
    affects: tuple[Effect, ...] = ()
    interrupts: tuple[SafeText, ...] = ()
    checks_before: tuple[PlanCheck, ...] = ()
    checks_after: tuple[Expectation, ...] = ()
    irreversible: tuple[SafeText, ...] = ()
    confirm: SafeText = NO_TEXT
    """What has to be typed before it is run; empty where a key is enough."""
    confirm_loss: SafeText = NO_TEXT
    """A second word to type, if something is lost of which no backup has a copy."""
    confirm_origin: SafeText = NO_TEXT
    """A word to type before that, if a backup is used that was not made here."""
    host: SafeText = NO_TEXT
    """The machine that it is run on; empty where that is unknown."""
    files: tuple[FileMark, ...] = ()
    """Files that it was made from."""


def plan_outdated(plan: Plan, snapshot: StackSnapshot) -> bool:
    """Whether the stack has moved since the plan was made: it is to be made anew."""
    return fingerprint(snapshot, plan.touched, plan.files) != plan.fingerprint


def fingerprint(
    snapshot: StackSnapshot, services: Iterable[str], files: Iterable[FileMark] = ()
) -> str:
    """A short hash of the state of these services, of who depends on whom, and of files.

    Health and figures are left out: they move all the time and change no plan.
    """
    project = snapshot.project
    facts = [
        snapshot.engine.address,
        snapshot.project_name,
        [
            [spec.name, spec.enabled, spec.replicas, [str(item) for item in spec.depends_on]]
            for spec in (project.services if project else ())
        ],
        [[name, _facts(snapshot.service(name))] for name in sorted(set(services))],
    ]
    if snapshot.diverged:
        facts.append(
            [
                [
                    item.kind,
                    item.name,
                    *([other.container_id for other in on] for on in (item.attached, item.stopped)),
                ]
                for item in snapshot.diverged
            ]
        )
    marks = [[mark.path, mark.sha256] for mark in files]
    if marks:
        facts.append(marks)
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]


def is_up(container: Container) -> bool:
    """Whether it runs, or the engine is about to run it again."""
    return container.running or container.state is ContainerState.RESTARTING


def _facts(service: Service | None) -> list[object]:
    if service is None:
        return []
    wanted = service.spec.config_hash if service.spec else ""
    return [wanted, *(_container_facts(container) for container in service.containers)]


def _container_facts(container: Container) -> list[object]:
    # A container in a crash loop starts anew all the time and stays the same patient:
    # a plan to help it would never be up to date. (A start by hand sets the count to 0.)
    started = container.started_at if container.restarts == 0 else None
    paused = container.state is ContainerState.PAUSED
    return [
        container.id,
        is_up(container),
        paused,
        started.isoformat() if started and is_up(container) else None,
        container.config_hash,
    ]
