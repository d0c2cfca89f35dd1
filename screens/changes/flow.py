"""From a key to a verified change: plan, confirmation, job.

Between the screens and the operator: it holds no rule of its own. A read-only
console has no object of this class.
"""

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from textual.content import Content
from textual.screen import Screen

from pixel_tui.clock import Clock
from pixel_tui.errors import ConsoleError, FileError, NothingToDo, PlanOutdated
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.model.target_ref import TargetRef
from pixel_tui.stack.watch.observer import Observer
from pixel_tui.terminal.keys import hold_keys
from pixel_tui.text import SafeText, plain
from screens.changes.watching import on_this_loop

# What a change needs is imported with the first one: the table stands before that.
if TYPE_CHECKING:
    from pixel_tui.environment.apply.confirmation import Confirmation, Waiting
    from pixel_tui.operations.jobs.job import Job, JobStatus, WatchedJob
    from pixel_tui.operations.jobs.lock import Owner
    from pixel_tui.operations.jobs.watch import JobSupervisor
    from pixel_tui.operations.operator import Operator
    from pixel_tui.operations.planning.action import Action, Choice
    from pixel_tui.operations.planning.facts import FactReader, Facts
    from pixel_tui.operations.planning.plan import Plan
    from pixel_tui.stack.model.snapshot import StackSnapshot

log = logging.getLogger(__name__)

NO_CHOICE: Final[Mapping[str, str]] = {
    "backup": "There is no backup yet. Back up first.",
    "task": "No task fits this action.",
    "candidate": "Nothing to save. Edit the environment first.",
    "version": "No version of the environment has been saved yet.",
}
APPLY: Final = "environment-apply"
"""The action whose job waits to be confirmed."""


class Operations:
    """Asks, runs, and keeps the jobs of this console.

    Args:
        make_operator: Makes what carries plans out, when it is needed first.
        observer: The stack that plans are made from.
        command: How compose is called.
        clock: The time.
        read_facts: What is known beside the picture of the stack.
        state_folder: Where an apply of this stack is confirmed.
    """

    def __init__(
        self,
        make_operator: "Callable[[], Operator]",
        observer: Observer,
        command: ComposeCommand,
        clock: Clock,
        read_facts: "FactReader",
        state_folder: Path,
    ) -> None:
        self._state_folder = state_folder
        self._read_facts = read_facts
        self._make_operator = make_operator
        self._made: Operator | None = None
        self._observer = observer
        self._command = command
        self._clock = clock
        self._changed: Callable[[], None] = lambda: None
        self._making = threading.Lock()
        self._watch: JobSupervisor | None = None
        self._found: deque[JobStatus] = deque()
        """Jobs of other consoles that were settled, or that run without one."""
        self._running: set[str] = set()
        """Jobs of this console whose end has not been told."""
        self._waiting: Waiting | None = None

    @property
    def _operator(self) -> "Operator":
        with self._making:
            if self._made is None:
                self._made = self._make_operator()
            return self._made

    def watch_jobs(self) -> None:
        """See the jobs of other consoles from now on, and settle what was left. Blocks."""

        def found(status: "JobStatus") -> None:
            self._found.append(status)
            self._changed()

        # Known before it looks: what it sees at once is asked for at once, and told once only.
        self._watch = self._operator.watch(self._tell_changed, found)
        self._watch.start()

    def _tell_changed(self) -> None:
        self._changed()

    @property
    def running(self) -> int:
        """How many jobs are under way."""
        return len(self.under_way)

    @property
    def under_way(self) -> "Sequence[Job]":
        """The jobs that have not ended."""
        jobs = self._made.jobs if self._made else ()
        return [job for job in jobs if not job.status.state.ended]

    def statuses(self) -> "Sequence[JobStatus]":
        """Every job that is known, of this console and of others, newest first."""
        own = [job.status for job in self._made.jobs] if self._made else []
        if self._watch is None:
            return own
        from pixel_tui.operations.jobs.sight import merged

        return merged(own, self._watch.seen.jobs)

    @property
    def other(self) -> "Owner | None":
        """Another user, who changes the stack at the moment."""
        return self._watch.seen.other if self._watch is not None else None

    def news(self, watched: str) -> "Sequence[JobStatus]":
        """What has to be told: jobs that have ended, or that were found, since it was asked last.

        Args:
            watched: The job whose end is seen anyway.
        """
        told = [self._found.popleft() for _ in range(len(self._found))]
        for job in self._made.jobs if self._made else ():
            status = job.status
            if not status.state.ended:
                self._running.add(status.id)
            elif status.id in self._running:
                self._running.discard(status.id)
                if status.id != watched:
                    told.append(status)
        return told

    @property
    def cancelling(self) -> SafeText:
        """What it means to cancel the job that runs."""
        for job in self.under_way:
            status = job.status
            return status.plan.steps[status.step].cancelling
        return SafeText("")

    @property
    def seconds_to_confirm(self) -> float | None:
        """Before an apply is rolled back that waits to be confirmed; None where none waits."""
        waiting = self._waiting
        return waiting.seconds if waiting is not None and self.applies else None

    @property
    def applies(self) -> bool:
        """Whether a new environment is being applied, by this console or another."""
        return bool(self.waiting_job)

    @property
    def waiting_job(self) -> str:
        """The id of the job that applies an environment; empty where none does."""
        return next((status.id for status in self._applying), "")

    @property
    def _applying(self) -> "Iterator[JobStatus]":
        return (
            status
            for status in self.statuses()
            if status.plan.action == APPLY and not status.state.ended
        )

    def open_waiting(self, screen: Screen[None]) -> None:
        """Show the job that waits to be confirmed, where it is not shown already."""
        job_id = self.waiting_job
        if not job_id:
            screen.notify("Nothing to confirm.", timeout=3)
        elif getattr(screen.app.screen, "watched_job", "") != job_id:
            self.open(screen, job_id)

    def look_whether_one_waits(self) -> None:
        """Find out whether an apply waits to be confirmed, and how long. Blocks."""
        try:
            self._waiting = self._confirmation.waiting()
        except FileError:  # the job's output says what is wrong with it
            self._waiting = None

    def cancel_all(self) -> None:
        """Ask every job of this console to stop."""
        for job in self.under_way:
            job.cancel()

    def close(self) -> None:
        """The console ends: begin nothing more, and record what still runs."""
        if self._watch is not None:
            self._watch.close()
        try:
            if self._made is not None:
                self._made.close()
        except FileError:
            log.exception("what still runs is not in the audit")

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call this, on the event loop, whenever a job moves."""
        self._changed = on_this_loop(listener)

    def ask(self, screen: Screen[None], name: str, targets: Sequence[TargetRef]) -> None:
        """Show the plan of an action; run it when it is confirmed.

        Args:
            screen: Below whatever is shown; it lives as long as the job's beginning.
            name: The action's.
            targets: What it is done to; where an action wants one thing named and none is,
                it is picked from a list first.
        """
        from pixel_tui.operations.actions import action_named
        from pixel_tui.operations.planning.action import NAMED

        action = action_named(name)
        if action.scope in NAMED and not targets:
            self._hold(screen, self._pick_and_ask(screen, action))
            return
        make = partial(self._plan, name, targets)
        self._hold(screen, self._make_and_show(screen, make))

    @staticmethod
    def _hold(screen: Screen[None], showing: Coroutine[None, None, None]) -> None:
        """Find out what is to be shown; the keys typed meanwhile are meant for that."""
        hold_keys(screen.run_worker(showing, group="operations"))

    def reasons(self, targets: Sequence[TargetRef]) -> Mapping[str, str]:
        """Why each action can do nothing for these now; empty where it can. Blocks.

        Args:
            targets: Services and containers; empty for the whole project.
        """
        from pixel_tui.operations.actions import all_actions, why_not
        from pixel_tui.operations.planning.action import NAMED

        snapshot, facts = self._look()
        found = {}
        for action in all_actions():
            reason = why_not(action, targets, snapshot, facts)
            if not reason and action.scope in NAMED and not action.choices(facts):
                reason = NO_CHOICE[action.scope]
            found[action.name] = reason
        return found

    async def tried(self, wanted: Mapping[str, Sequence[TargetRef]]) -> Mapping[str, str]:
        """Why each of these actions can't be done to its targets; empty where it can.

        A plan of each is made and thrown away: nothing knows better.

        Args:
            wanted: What each action would be done to, by the action's name.
        """
        return await asyncio.to_thread(self._try, wanted)

    def _try(self, wanted: Mapping[str, Sequence[TargetRef]]) -> Mapping[str, str]:
        from pixel_tui.operations.actions import plan_targets

        snapshot, facts = self._look()
        now = self._clock.now()
        found = {}
        for name, targets in wanted.items():
            try:
                plan_targets(name, targets, snapshot, self._command, now=now, facts=facts)
            except ConsoleError as error:
                found[name] = str(error)
            else:
                found[name] = ""
        return found

    async def _pick_and_ask(self, screen: Screen[None], action: "Action") -> None:
        """Let one thing be picked, and show the plan for it."""
        from screens.shared.pick import Choices, PickScreen

        def read() -> "Sequence[Choice]":
            choices = action.choices(self._read_facts(self._observer.snapshot))
            if not choices:
                raise NothingToDo(NO_CHOICE[action.scope])
            return choices

        try:
            found = await asyncio.to_thread(read)
        except ConsoleError as error:
            screen.notify(str(error), severity="warning", markup=False)
            return
        lines = tuple(Content(choice.words) for choice in found)
        said = plain(f"{action.verb} which one? The plan is shown first.")

        def picked(at: int | None) -> None:
            if at is not None:
                self.ask(screen, action.name, [TargetRef(found[at].name)])

        screen.app.push_screen(PickScreen(action.group.value, lambda: Choices(lines, said)), picked)

    def offer_to_take_back(self, screen: Screen[None], status: "JobStatus") -> None:
        """Show the plan that puts back what a job left half done, where nothing is in front."""
        from pixel_tui.operations.jobs.settlement import can_be_taken_back

        if can_be_taken_back(status) and screen.app.screen is screen:
            self.ask(screen, "environment-roll-back", [])

    def offer(self, screen: Screen[None], targets: Sequence[TargetRef]) -> None:
        """List what can be done to services: whether it can be to these, and when it should."""
        from pixel_tui.operations.actions import all_actions, why_not
        from pixel_tui.operations.planning.action import Scope
        from screens.shared.pick import Choices, PickScreen

        actions = [action for action in all_actions() if action.scope is Scope.SERVICES]
        width = max(len(action.verb) for action in actions)
        names = plain(", ".join(dict.fromkeys(target.name for target in targets)))

        def choices() -> Choices:
            snapshot = self._observer.snapshot
            reasons = [why_not(action, targets, snapshot) for action in actions]
            return Choices(
                tuple(
                    Content.assemble(
                        (action.verb.ljust(width), "$foreground-muted" if reason else "bold"),
                        ("  " + plain(reason or action.when), "$foreground-muted"),
                    )
                    for action, reason in zip(actions, reasons, strict=True)
                ),
                plain(f"Actions on {names}. The plan is shown first."),
            )

        def picked(at: int | None) -> None:
            if at is not None:
                self.ask(screen, actions[at].name, targets)

        screen.app.push_screen(PickScreen("Actions", choices), picked)

    def open(self, screen: Screen[None], job_id: str) -> None:
        """Show a job again."""
        from pixel_tui.operations.jobs.watch import CancellableRemoteJob

        for job in self._operator.jobs:
            if job.status.id == job_id:
                self._show_job(screen, job)
                return
        status = self._watch.status(job_id) if self._watch is not None else None
        if self._watch is not None and status is not None:
            self._show_job(screen, CancellableRemoteJob(self._watch, status))

    def _plan(self, name: str, targets: Sequence[TargetRef]) -> "Plan":
        from pixel_tui.operations.actions import action_named, plan_targets

        snapshot, facts = self._look(stored=action_named(name).reads_stored)
        now = self._clock.now()
        return plan_targets(name, targets, snapshot, self._command, now=now, facts=facts)

    def _look(self, *, stored: bool = False) -> "tuple[StackSnapshot, Facts]":
        """The stack, and what is known beside it. Blocks."""
        facts = self._read_facts(self._observer.snapshot, stored=stored)
        # The picture last: facts may take seconds, and a plan from an older one would be outdated.
        return self._observer.snapshot, facts

    async def _make_and_show(
        self, screen: Screen[None], make: "Callable[[], Plan]", note: str = ""
    ) -> None:
        try:
            plan = await asyncio.to_thread(make)  # facts are read from files
        except ConsoleError as error:
            screen.notify(str(error), severity="warning", markup=False)
            return
        self._show(screen, plan, make, note)

    def _show(
        self, screen: Screen[None], plan: "Plan", make: "Callable[[], Plan]", note: str
    ) -> None:
        from pixel_tui.operations.actions import action_named
        from screens.changes.plan import PlanScreen

        def answered(confirmed: bool | None) -> None:
            if confirmed:
                screen.run_worker(
                    self._run(screen, plan, make), group="operations", exit_on_error=True
                )

        screen.app.push_screen(PlanScreen(plan, note, action_named(plan.action)), answered)

    async def _run(self, screen: Screen[None], plan: "Plan", make: "Callable[[], Plan]") -> None:
        try:
            # It takes the lock and writes the audit record: files, so not on this loop.
            job = await asyncio.to_thread(self._operator.run, plan)
        except PlanOutdated as error:
            await self._make_and_show(screen, make, str(error))
            return
        except ConsoleError as error:
            screen.notify(str(error), severity="error", timeout=15, markup=False)
            return
        self._running.add(job.status.id)
        job.subscribe(lambda _status: self._changed())
        self._changed()
        self._show_job(screen, job)

    def _show_job(self, screen: Screen[None], job: "WatchedJob") -> None:
        from screens.changes.job import JobScreen

        waits = job.status.plan.action == APPLY
        confirmation = self._confirmation if waits else None
        screen.app.push_screen(JobScreen(job, self._clock, confirmation))

    @property
    def _confirmation(self) -> "Confirmation":
        """What asks for the confirmation that an apply may wait for."""
        from pixel_tui.environment.apply.confirmation import Confirmation

        marks = (each.env_mark for each in self._command.each_edited)
        return Confirmation(self._state_folder, *marks)
