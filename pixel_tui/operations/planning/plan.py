"""Plans: a planned change is shown, run and audited as one object."""

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
    """The risk of a plan for the users of the stack."""

    SAFE = "safe"
    """Nothing is interrupted."""
    DISRUPTIVE = "disruptive"
    """Something is interrupted, and comes back or can be started again."""
    DESTRUCTIVE = "destructive"
    """Something is lost irrecoverably."""


@dataclass(frozen=True, slots=True)
class Step:
    """One command of a plan."""

    title: SafeText
    command: tuple[str, ...]
    """The exact argument list."""
    cancel_effect: SafeText
    """What cancelling during this step leaves behind."""
    rolls_back: bool = False
    """If cancelled, it rolls back, and gets time for that before it is killed."""
    changes_nothing: bool = False
    """It only checks or backs up: containers, data and files of the project don't change."""


@dataclass(frozen=True, slots=True)
class Effect:
    """An effect of a plan on one service, or on a container without a service."""

    service: SafeText
    change: SafeText
    """A predicate: `is restarted`, `loses api while it is down`."""
    cause: SafeText = NO_TEXT

    @property
    def cause_suffix(self) -> SafeText:
        """The cause after the change, in brackets unless it contains some; may be empty."""
        if not self.cause:
            return NO_TEXT
        return SafeText(f": {self.cause}" if "(" in self.cause else f" ({self.cause})")


@dataclass(frozen=True, slots=True)
class PlanCheck:
    """The result of a check before a plan runs; if it is not `ok`, it is a warning.

    What makes a plan impossible is raised as an error instead.
    """

    name: SafeText
    ok: bool
    message: SafeText


class ExpectedState(StrEnum):
    """The expected state of a service after a plan."""

    RUNNING = "running"
    STOPPED = "stopped"
    REACHED = "reached"
    """A proxy reaches it: see `Expectation.proxy`."""
    GONE = "gone"
    """Its container is removed."""


@dataclass(frozen=True, slots=True)
class ContainerRun:
    """A container between one start and the next."""

    container_id: str
    started_at: datetime | None


@dataclass(frozen=True, slots=True)
class Expectation:
    """A state to verify after the last step."""

    name: SafeText
    """The service; the container's name if `container_id` is set."""
    state: ExpectedState
    containers: int = 1
    """The number of containers that must run."""
    container_id: str = ""
    """Set if one container is expected, not a service."""
    has_health_check: bool = False
    """It must also be healthy."""
    may_complete: bool = False
    """It is a task that others wait for: it may have completed instead."""
    incidental: bool = False
    """The plan is not about it, and it was unhealthy before: its state afterwards is reported, but
    does not fail the job."""
    previous_runs: tuple[ContainerRun, ...] = ()
    """The runs before the plan: their containers must be started again or replaced."""
    proxy: SafeText = NO_TEXT
    """The proxy that a request is sent through (`REACHED`), or a proxy that keeps the previous
    addresses of the service."""
    addresses: tuple[SafeText, ...] = ()
    """The previous addresses: the service must have one of them again."""
    path: SafeText = NO_TEXT
    """The path of the request."""
    host_name: SafeText = NO_TEXT
    """The host name of the request; empty for any."""
    port: int = 0
    """The container port of the proxy; 0 for the first published one."""
    tls: bool = False

    @property
    def sentence(self) -> SafeText:
        """The expectation as a sentence."""
        if self.state is ExpectedState.STOPPED:
            return plain(f"{self.name} is stopped")
        if self.state is ExpectedState.GONE:
            return plain(f"{self.name} is removed")
        if self.state is ExpectedState.REACHED:
            name = f" as {self.host_name}" if self.host_name else ""
            if self.name == self.proxy:
                return plain(f"{self.name} answers (GET {self.path}{name}), not with 502 or 504")
            return plain(f"{self.name} is reached through {self.proxy} (GET {self.path}{name})")
        health = " and healthy" if self.has_health_check else ""
        count = f" ({self.containers} containers)" if self.containers > 1 else ""
        where = f", where {self.proxy} looks for it" if self.proxy else ""
        done = " or done" if self.may_complete else ""
        return plain(f"{self.name} is running{health}{done}{count}{where}")


@dataclass(frozen=True, slots=True)
class FileMark:
    """The content of a file when a plan was made from it."""

    path: str
    sha256: str
    """Of the content; empty if there was no file."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A planned change: its steps, effects, checks, and what is verified afterwards."""

    id: str
    action: str
    """The action's name on the command line: `restart`."""
    title: SafeText
    reason: SafeText
    risk: Risk
    engine: SafeText
    """The engine's address."""
    project: SafeText
    targets: tuple[SafeText, ...]
    """The names of the requested services and containers."""
    steps: tuple[Step, ...]
    created_at: datetime
    fingerprint: str
    """A hash of the state that the plan was made from."""
    touched: tuple[SafeText, ...]
    """The services whose state is in the fingerprint."""
    affects: tuple[Effect, ...] = ()
    interrupts: tuple[SafeText, ...] = ()
    checks_before: tuple[PlanCheck, ...] = ()
    checks_after: tuple[Expectation, ...] = ()
    irreversible: tuple[SafeText, ...] = ()
    confirm: SafeText = NO_TEXT
    """The word to type before it runs; empty if a key is enough."""
    confirm_loss: SafeText = NO_TEXT
    """Another word to type if something is lost that is in no backup."""
    confirm_origin: SafeText = NO_TEXT
    """Another word to type, before that, if the backup was not made here."""
    host: SafeText = NO_TEXT
    """The machine that it runs on; empty if unknown."""
    files: tuple[FileMark, ...] = ()
    """Files that the plan was made from."""


def plan_outdated(plan: Plan, snapshot: StackSnapshot) -> bool:
    """Whether the stack has changed since the plan was made."""
    return fingerprint(snapshot, plan.touched, plan.files) != plan.fingerprint


def fingerprint(
    snapshot: StackSnapshot, services: Iterable[str], files: Iterable[FileMark] = ()
) -> str:
    """Return a short hash of the state of services, the dependencies between them, and files.

    Health and stats are left out: they change all the time and change no plan.
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
    """Whether a container is running, or restarting."""
    return container.running or container.state is ContainerState.RESTARTING


def _facts(service: Service | None) -> list[object]:
    if service is None:
        return []
    wanted = service.spec.config_hash if service.spec else ""
    return [wanted, *(_container_facts(container) for container in service.containers)]


def _container_facts(container: Container) -> list[object]:
    # A container in a crash loop gets a new start time all the time, and every plan for it
    # would be outdated. (A manual start resets the count to 0.)
    started = container.started_at if container.restarts == 0 else None
    paused = container.state is ContainerState.PAUSED
    return [
        container.id,
        is_up(container),
        paused,
        started.isoformat() if started and is_up(container) else None,
        container.config_hash,
    ]
