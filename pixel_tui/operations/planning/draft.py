"""The draft of a plan, to which an action adds its steps, effects and checks."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from pixel_tui.humanize import listed, span
from pixel_tui.operations.planning.dependencies import (
    awaited_tasks,
    dependants_of,
    dependency_reason,
)
from pixel_tui.operations.planning.facts import NO_FACTS, Facts
from pixel_tui.operations.planning.guards import check_guards, checks_for_all, guarded_services
from pixel_tui.operations.planning.plan import (
    ContainerRun,
    Effect,
    Expectation,
    ExpectedState,
    FileMark,
    Plan,
    PlanCheck,
    Risk,
    Step,
    fingerprint,
)
from pixel_tui.operations.planning.targets import Target, find_target
from pixel_tui.plurals import counted
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.model.container import Container
from pixel_tui.stack.model.project import Project
from pixel_tui.stack.model.snapshot import StackSnapshot, SyncAction
from pixel_tui.text import NO_TEXT, SafeText, plain

SKIPPED: Final = SafeText("not changed")
"""The name of a check that says why a service is skipped."""

_INSIDE: Final = SafeText("data")
"""The name of the check for data that is lost with containers."""


@dataclass(slots=True)
class PlanDraft:
    """Collects the parts of a plan; `finish` creates it."""

    action: str
    """The action's name on the command line."""
    verb: str
    snapshot: StackSnapshot
    project: Project
    command: ComposeCommand
    targets: tuple[Target, ...]
    facts: Facts = NO_FACTS
    subject: SafeText = NO_TEXT
    """The target if it is no service: a backup's id, or the project's name."""
    reason: SafeText = NO_TEXT
    """The reason, if it is not the state of the targets."""
    irreversible: list[SafeText] = field(default_factory=list)
    confirm: SafeText = NO_TEXT
    """The word to type, if the risk alone does not require the project's name."""
    confirm_loss: SafeText = NO_TEXT
    """Another word to type if something is lost that is in no backup."""
    confirm_origin: SafeText = NO_TEXT
    """Another word to type, before that, if the backup was not made here."""
    all_services: bool = False
    """Whether the plan is for every service."""
    risk: Risk = Risk.SAFE
    steps: list[Step] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    interrupts: list[SafeText] = field(default_factory=list)
    interrupted: list[SafeText] = field(default_factory=list)
    """The services of `interrupts`."""
    recreated: list[SafeText] = field(default_factory=list)
    """The services that are built or recreated, running or not."""
    considered: set[str] = field(default_factory=set)
    """The services that an `up` or `start` of the plan considers, changed or not: the named ones
    and their dependencies."""
    also_fingerprinted: list[SafeText] = field(default_factory=list)
    """Services that the plan depends on, though it changes none of their containers."""
    checks: list[PlanCheck] = field(default_factory=list)
    removed_containers: list[SafeText] = field(default_factory=list)
    """The containers that are removed or recreated."""
    expected: list[Expectation] = field(default_factory=list)
    files: list[FileMark] = field(default_factory=list)
    """Files that the plan is made from: it is outdated if their content changes."""

    @property
    def services(self) -> tuple[Target, ...]:
        """The targets that are services of compose."""
        return tuple(target for target in self.targets if not target.single)

    @property
    def singles(self) -> tuple[Target, ...]:
        """The targets that are single containers."""
        return tuple(target for target in self.targets if target.single)

    def services_named(self, names: Iterable[str]) -> list[Target]:
        """Return the services of these names, without those that the stack does not have."""
        found = (find_target(name, self.snapshot) for name in names)
        return [target for target in found if target is not None]

    def compose_step(
        self,
        targets: Sequence[Target],
        *words: str,
        cancel_effect: SafeText,
        verb: str = "",
        also_named: Sequence[str] = (),
    ) -> None:
        """Add the step `docker compose WORDS SERVICE...`, unless there is no target.

        Args:
            targets: The services.
            words: The subcommand and its options.
            cancel_effect: What cancelling this step leaves behind.
            verb: The beginning of the step's title; empty for the action's.
            also_named: More services for the command line.
        """
        if targets:
            names = [target.name for target in targets]
            argv = self.command.compose_argv(*words, names=[*names, *also_named])
            title = plain(f"{verb} {listed(names)}") if verb else self.title(targets)
            self.steps.append(Step(title, argv, cancel_effect))

    def docker_step(
        self, targets: Sequence[Target], word: str, *, cancel_effect: SafeText, verb: str = ""
    ) -> None:
        """Add the step `docker WORD CONTAINER...`, unless there is no target.

        Args:
            targets: Single containers.
            word: The subcommand.
            cancel_effect: What cancelling this step leaves behind.
            verb: The beginning of the step's title; empty for the action's.
        """
        if targets:
            names = [target.name for target in targets]
            argv = self.command.docker_argv(word, names=names)
            title = plain(f"{verb} {listed(names)}") if verb else self.title(targets)
            self.steps.append(Step(title, argv, cancel_effect))

    def affect(self, service: str, change: str, cause: str = "") -> None:
        """Record an effect on a service, as a predicate, and its cause."""
        self.effects.append(Effect(plain(service), plain(change), plain(cause)))

    def interrupt(self, target: Target, how_long: str) -> None:
        """Record how long a target is down."""
        last = () if target.single else self.facts.downtimes.get(target.service, ())
        before = ""
        if last:
            times = "the last time" if len(last) == 1 else "the last times"
            before = f"; was down {listed([span(item) for item in last])} {times}"
        self.interrupts.append(plain(f"{target.name}: {how_long}{before}"))
        self.interrupted.append(target.service)

    def interrupt_until_back(self, target: Target) -> None:
        """Record that a target is stopped and started again."""
        back = "it is healthy" if target.has_health_check else "it runs"
        grace = span(target.stop_grace_seconds)
        self.interrupt(target, f"up to {grace} to stop, then until {back} again")

    def raise_to_disruptive(self) -> None:
        """Make the risk at least disruptive."""
        if self.risk is Risk.SAFE:
            self.risk = Risk.DISRUPTIVE

    def warn(self, name: str, message: str) -> None:
        """Add a warning."""
        self.checks.append(PlanCheck(plain(name), ok=False, message=plain(message)))

    def warn_of_unchecked(self, facts: Sequence[str]) -> None:
        """Warn of what could not be checked because Docker did not answer in time.

        Args:
            facts: What was not checked: `ports held by other containers`. Nothing if empty.
        """
        if facts:
            self.warn("not checked", f"{listed(facts)} (Docker did not answer in time)")

    def note_removed_containers(self, names: Iterable[str]) -> None:
        """Record containers that are removed, and warn of the data outside of their volumes.

        Args:
            names: Container names, or words such as `2 containers of api`.
        """
        self.removed_containers = list(
            dict.fromkeys([*self.removed_containers, *map(plain, names)])
        )
        if not self.removed_containers:
            return
        whose = "its" if len(self.removed_containers) == 1 else "their"
        gone = listed(self.removed_containers, len(self.removed_containers))
        words = f"everything that {gone} wrote outside of {whose} volumes"
        check = PlanCheck(_INSIDE, ok=False, message=plain(f"{words} is lost"))
        at = next((at for at, it in enumerate(self.checks) if it.name == _INSIDE), None)
        if at is None:
            self.checks.append(check)
        else:
            self.checks[at] = check

    def note_removed_surplus(self, target: Target) -> None:
        """Do the same for the surplus containers of a service; compose decides which."""
        self.note_removed_containers([f"{counted(target.surplus, 'container')} of {target.name}"])

    def skip(self, name: str, reason: str) -> None:
        """Warn that a service is not changed, with the reason as a predicate."""
        words = plain(f"{name} {reason}")
        if all(check.message != words for check in self.checks):
            self.warn(SKIPPED, words)

    def expect_stopped(self, target: Target) -> None:
        """Verify afterwards that a target is stopped."""
        single = target.containers[0].id if target.single else ""
        self.expected.append(Expectation(target.name, ExpectedState.STOPPED, container_id=single))

    def expect_running(
        self,
        target: Target,
        before: Iterable[Container],
        *,
        created: int = 0,
        incidental: bool = False,
    ) -> None:
        """Verify afterwards that a target is running, and healthy if it has a health check.

        Args:
            target: The service or container.
            before: The containers that must be started again or replaced.
            created: The number of containers that are created for it.
            incidental: Whether the plan is not about it: if it is unhealthy now, it may stay so.
        """
        services = [spec.name for spec in self.project.services]
        self.expected.append(
            Expectation(
                target.name,
                ExpectedState.RUNNING,
                containers=len(target.containers) + created,
                container_id=target.containers[0].id if target.single else "",
                has_health_check=target.has_health_check,
                may_complete=target.service in awaited_tasks(self.project, services),
                incidental=incidental and not target.healthy,
                previous_runs=tuple(
                    ContainerRun(container.id, container.started_at) for container in before
                ),
            )
        )

    def affect_dependants(self, how_long: str, *, spared: Iterable[str] = ()) -> None:
        """Record which running services lose a dependency.

        Args:
            how_long: `while it is down`.
            spared: Services with an effect of their own.
        """
        down = [target for target in self.targets if target.up and not target.containers[0].oneoff]
        lost = {target.service for target in down}
        complete = {target.service for target in down if not target.single}
        for name, chain in dependants_of(self.project, lost).items():
            other = find_target(name, self.snapshot)
            if other is None or not other.up or name in set(spared):
                continue
            if len(chain) > 1:
                self.affect(
                    name, "may be affected", f"depends on {', which depends on '.join(chain)}"
                )
                continue
            what = chain[0] if chain[0] in complete else f"a container of {chain[0]}"
            why = (
                dependency_reason(other.spec, chain[0]) if other.spec else f"depends on {chain[0]}"
            )
            self.affect(name, f"loses {what} {how_long}", why)

    def warn_of_old_configuration(self) -> None:
        """Warn of changes to the compose file that only `up` or a rebuild would apply."""
        for target in self.services:
            service = self.snapshot.service(target.service)
            if service is None:
                continue
            sync, keeps = service.sync, f"{target.name} keeps its configuration"
            if sync.action is SyncAction.RECREATE and not sync.needs_force:
                words = f"{keeps}: {sync.reason}, and only `up` applies that"
                self.warn("in sync", words)
            elif sync.action is SyncAction.REBUILD:
                words = f"{keeps}: {sync.reason}, and only a rebuild applies that"
                self.warn("in sync", words)

    def title(self, targets: Sequence[Target]) -> SafeText:
        """`Restart api and web`."""
        return plain(f"{self.verb} {listed([target.name for target in targets])}")

    def finish(self, now: datetime) -> Plan:
        """Create the plan.

        Args:
            now: The current time, UTC.
        """
        touched = {
            *(target.service for target in self.targets),
            *(effect.service for effect in self.effects if self.snapshot.service(effect.service)),
            *self.also_fingerprinted,
            *guarded_services([*self.interrupted, *self.recreated]),
        }
        state = fingerprint(self.snapshot, touched, self.files)
        title = self.title(self.targets)
        if self.subject:
            title = plain(f"{self.verb} {self.subject}")
        elif self.all_services:
            title = plain(f"{self.verb} all of {self.snapshot.project_name}")
        typed = self.risk is Risk.DESTRUCTIVE or (self.all_services and self.risk is not Risk.SAFE)
        concerned = {*self.interrupted, *self.recreated}
        guard = check_guards(self.snapshot, concerned, self.facts.ledger.reading, now)
        checks = [*self.checks, *guard.checks]
        if self.all_services:
            changes = [(effect.service, effect.change) for effect in self.effects]
            checks += checks_for_all(self.snapshot, changes)
        seed = f"{now.isoformat()} {title} {state}"
        return Plan(
            id=f"{now:%Y%m%d-%H%M%S}-{hashlib.sha256(seed.encode()).hexdigest()[:6]}",
            action=self.action,
            title=title,
            reason=self.reason or self._condition(),
            risk=self.risk,
            engine=self.snapshot.engine.address,
            project=self.snapshot.project_name,
            targets=tuple(target.name for target in self.targets) or (self.subject,),
            steps=tuple(self.steps),
            created_at=now,
            fingerprint=state,
            touched=tuple(sorted(touched)),
            affects=tuple(self.effects),
            interrupts=tuple(self.interrupts),
            checks_before=tuple(checks),
            checks_after=tuple(self.expected),
            irreversible=tuple(self.irreversible),
            confirm=guard.confirm
            or self.confirm
            or (self.snapshot.project_name if typed else NO_TEXT),
            confirm_loss=self.confirm_loss,
            confirm_origin=self.confirm_origin,
            host=self.facts.host,
            files=tuple(self.files),
        )

    def _condition(self) -> SafeText:
        return plain(listed([f"{target.name} {target.condition}" for target in self.targets]))
