"""A plan in the making: what every action uses to say what it does."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from pixel_tui.humanize import span
from pixel_tui.operations.planning.dependencies import completed_for, needed_by, why_needed
from pixel_tui.operations.planning.facts import NO_FACTS, Facts
from pixel_tui.operations.planning.guards import guarded, guarded_by, whole_checks
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
from pixel_tui.operations.planning.words import listed
from pixel_tui.plurals import counted
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.model.container import Container
from pixel_tui.stack.model.project import Project
from pixel_tui.stack.model.snapshot import StackSnapshot, SyncAction
from pixel_tui.text import NO_TEXT, SafeText, plain

LEFT_ALONE: Final = SafeText("not changed")
"""The check that says why nothing is done to a service."""

_INSIDE: Final = SafeText("inside")
"""The check that names what is lost with containers."""


@dataclass(slots=True)
class PlanDraft:
    """Collects what an action finds out; `finished` makes the plan of it."""

    action: str
    """The machine's name of it."""
    verb: str
    snapshot: StackSnapshot
    project: Project
    command: ComposeCommand
    chosen: tuple[Target, ...]
    facts: Facts = NO_FACTS
    subject: SafeText = NO_TEXT
    """What it is done to, where that is no service: a backup's id, or the project's name."""
    reason: SafeText = NO_TEXT
    """Why, where the condition of the targets does not say it."""
    irreversible: list[SafeText] = field(default_factory=list)
    confirm: SafeText = NO_TEXT
    """What has to be typed, where the risk alone does not ask for the project's name."""
    confirm_loss: SafeText = NO_TEXT
    """A second word to type, if something is lost of which no backup has a copy."""
    confirm_origin: SafeText = NO_TEXT
    """A word to type before that, if a backup is used that was not made here."""
    whole: bool = False
    """Every service is meant."""
    risk: Risk = Risk.SAFE
    steps: list[Step] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    interrupts: list[SafeText] = field(default_factory=list)
    interrupted: list[SafeText] = field(default_factory=list)
    """The services behind `interrupts`."""
    remade: list[SafeText] = field(default_factory=list)
    """The services that are built or recreated, whether they run or not."""
    looked_at: set[str] = field(default_factory=set)
    """The services that an `up` or `start` of the plan looks at, whatever it does to them: those
    that it names, and what they need."""
    minded: list[SafeText] = field(default_factory=list)
    """Services whose state decides on the plan, though it touches none of their containers."""
    checks: list[PlanCheck] = field(default_factory=list)
    going: list[SafeText] = field(default_factory=list)
    """The containers that are removed or recreated."""
    expected: list[Expectation] = field(default_factory=list)
    files: list[FileMark] = field(default_factory=list)
    """Files that it is made from: another content is another plan."""

    @property
    def services(self) -> tuple[Target, ...]:
        """The targets that compose acts on."""
        return tuple(target for target in self.chosen if not target.single)

    @property
    def singles(self) -> tuple[Target, ...]:
        """The targets that only the engine knows by name."""
        return tuple(target for target in self.chosen if target.single)

    def compose_step(
        self,
        targets: Sequence[Target],
        *words: str,
        cancelling: SafeText,
        verb: str = "",
        along: Sequence[str] = (),
    ) -> None:
        """`docker compose WORDS SERVICE...`, where there is a service to name.

        Args:
            targets: The services.
            words: What compose is to do.
            cancelling: What it means to cancel it.
            verb: What the step is called, where it is one of several; else as the action is.
            along: Services that the command has to name as well.
        """
        if targets:
            names = [target.name for target in targets]
            argv = self.command.compose_argv(*words, names=[*names, *along])
            title = plain(f"{verb} {listed(names)}") if verb else self.title(targets)
            self.steps.append(Step(title, argv, cancelling))

    def docker_step(
        self, targets: Sequence[Target], word: str, *, cancelling: SafeText, verb: str = ""
    ) -> None:
        """`docker WORD CONTAINER...`, where there is a single container to name.

        Args:
            targets: Single containers.
            word: What docker is to do.
            cancelling: What it means to cancel it.
            verb: What the step is called, where it is one of several; else as the action is.
        """
        if targets:
            names = [target.name for target in targets]
            argv = self.command.docker_argv(word, names=names)
            title = plain(f"{verb} {listed(names)}") if verb else self.title(targets)
            self.steps.append(Step(title, argv, cancelling))

    def affect(self, service: str, change: str, cause: str = "") -> None:
        """Say what the plan means for a service."""
        self.effects.append(Effect(plain(service), plain(change), plain(cause)))

    def interrupt(self, target: Target, how_long: str) -> None:
        """Say how long a target is away."""
        last = () if target.single else self.facts.down.get(target.service, ())
        before = ""
        if last:
            times = "the last time" if len(last) == 1 else "the last times"
            before = f"; was down {listed([span(item) for item in last])} {times}"
        self.interrupts.append(plain(f"{target.name}: {how_long}{before}"))
        self.interrupted.append(target.service)

    def warn(self, name: str, message: str) -> None:
        """Say what a person should know before."""
        self.checks.append(PlanCheck(plain(name), ok=False, message=plain(message)))

    def lose_layers(self, names: Iterable[str]) -> None:
        """Say whose containers go, with what they wrote outside of their volumes: all at once.

        Args:
            names: Of containers; or some of a service's, in words.
        """
        self.going = list(dict.fromkeys([*self.going, *map(plain, names)]))
        if not self.going:
            return
        whose = "its" if len(self.going) == 1 else "their"
        gone = listed(self.going, len(self.going))
        words = f"everything that {gone} wrote outside of {whose} volumes"
        check = PlanCheck(_INSIDE, ok=False, message=plain(f"{words} is lost"))
        at = next((at for at, it in enumerate(self.checks) if it.name == _INSIDE), None)
        if at is None:
            self.checks.append(check)
        else:
            self.checks[at] = check

    def lose_surplus(self, target: Target) -> None:
        """The same of those containers of a service that are too many: which, compose decides."""
        self.lose_layers([f"{counted(target.surplus, 'container')} of {target.name}"])

    def leave_alone(self, name: str, reason: str) -> None:
        """Say why nothing is done to a service that the action could be meant for."""
        words = plain(f"{name} {reason}")
        if all(check.message != words for check in self.checks):
            self.warn(LEFT_ALONE, words)

    def expect_stopped(self, target: Target) -> None:
        """Verify afterwards that it does not run."""
        single = target.containers[0].id if target.single else ""
        self.expected.append(Expectation(target.name, ExpectedState.STOPPED, container_id=single))

    def expect_running(
        self,
        target: Target,
        before: Iterable[Container],
        *,
        created: int = 0,
        by_the_way: bool = False,
    ) -> None:
        """Verify afterwards that it runs, and is healthy where it has a health check.

        Args:
            target: What is to run.
            before: Its containers whose present life has to be over.
            created: How many containers it gets beside those that it has.
            by_the_way: The plan is not about it: where it is not well now, it need not be then.
        """
        services = [spec.name for spec in self.project.services]
        self.expected.append(
            Expectation(
                target.name,
                ExpectedState.RUNNING,
                containers=len(target.containers) + created,
                container_id=target.containers[0].id if target.single else "",
                probed=target.probed,
                completes=target.service in completed_for(self.project, services),
                by_the_way=by_the_way and not target.well,
                before=tuple(
                    ContainerRun(container.id, container.started_at) for container in before
                ),
            )
        )

    def lose(self, how_long: str, *, spared: Iterable[str] = ()) -> None:
        """Say which running services are without something that they depend on.

        Args:
            how_long: `while it is down`.
            spared: Services of which something else is said already.
        """
        away = [target for target in self.chosen if target.up and not target.containers[0].oneoff]
        lost = {target.service for target in away}
        whole = {target.service for target in away if not target.single}
        for name, chain in needed_by(self.project, lost).items():
            other = find_target(name, self.snapshot)
            if other is None or not other.up or name in set(spared):
                continue
            if len(chain) > 1:
                self.affect(
                    name, "may be affected", f"depends on {', which depends on '.join(chain)}"
                )
                continue
            what = chain[0] if chain[0] in whole else f"a container of {chain[0]}"
            why = why_needed(other.spec, chain[0]) if other.spec else f"depends on {chain[0]}"
            self.affect(name, f"loses {what} {how_long}", why)

    def warn_of_old_configuration(self) -> None:
        """Say where only `up` would put a changed compose file into force."""
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

    def finished(self, now: datetime) -> Plan:
        """The plan."""
        touched = {
            *(target.service for target in self.chosen),
            *(effect.service for effect in self.effects if self.snapshot.service(effect.service)),
            *self.minded,
            *guarded_by([*self.interrupted, *self.remade]),
        }
        state = fingerprint(self.snapshot, touched, self.files)
        title = self.title(self.chosen)
        if self.subject:
            title = plain(f"{self.verb} {self.subject}")
        elif self.whole:
            title = plain(f"{self.verb} all of {self.snapshot.project_name}")
        typed = self.risk is Risk.DESTRUCTIVE or (self.whole and self.risk is not Risk.SAFE)
        concerned = {*self.interrupted, *self.remade}
        guard = guarded(self.snapshot, concerned, self.facts.ledger.reading, now)
        checks = [*self.checks, *guard.checks]
        if self.whole:
            changes = [(effect.service, effect.change) for effect in self.effects]
            checks += whole_checks(self.snapshot, changes)
        seed = f"{now.isoformat()} {title} {state}"
        return Plan(
            id=f"{now:%Y%m%d-%H%M%S}-{hashlib.sha256(seed.encode()).hexdigest()[:6]}",
            action=self.action,
            title=title,
            reason=self.reason or self._condition(),
            risk=self.risk,
            engine=self.snapshot.engine.address,
            project=self.snapshot.project_name,
            targets=tuple(target.name for target in self.chosen) or (self.subject,),
            steps=tuple(self.steps),
            made_at=now,
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
        return plain(listed([f"{target.name} {target.condition}" for target in self.chosen]))
