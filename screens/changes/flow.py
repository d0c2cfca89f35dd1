"""From a key to a verified change: plan, confirmation, job.

It connects the screens with the operator and holds no rules of its own. A read-only console has
no object of this class.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from textual.content import Content
from textual.screen import Screen

from pixel_tui.clock import Clock
from pixel_tui.confirm_keys import DEFAULT_KEYS, ConfirmKeys
from pixel_tui.errors import ConsoleError, NothingToDo, PlanOutdated
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.model.target_ref import TargetRef
from pixel_tui.stack.watch.observer import Observer
from pixel_tui.terminal.keys import hold_keys
from pixel_tui.text import plain
from screens.changes.console_jobs import ConsoleJobs

# Imported with the first change, so that the table is shown sooner.
if TYPE_CHECKING:
    from pixel_tui.operations.jobs.job import JobStatus
    from pixel_tui.operations.operator import Operator
    from pixel_tui.operations.planning.action import Action, Choice
    from pixel_tui.operations.planning.facts import FactReader, Facts
    from pixel_tui.operations.planning.plan import Plan
    from pixel_tui.stack.model.snapshot import StackSnapshot

NO_CHOICE: Final[Mapping[str, str]] = {
    "backup": "There is no backup yet. Back up first.",
    "task": "No task fits this action.",
    "candidate": "Nothing to save. Edit the environment first.",
    "version": "No version of the environment has been saved yet.",
}


class Operations:
    """Shows the plan of an action, and runs it when it is confirmed.

    Args:
        make_operator: Makes the operator, when the first job needs it.
        observer: The source of snapshots.
        command: The compose command.
        clock: The time.
        read_facts: Reads what plans need besides the snapshot.
        state_folder: The folder in which an apply is confirmed.
        confirm_keys: The keys that confirm an apply.

    Attributes:
        jobs: The jobs of this console and of others.
    """

    def __init__(
        self,
        make_operator: "Callable[[], Operator]",
        observer: Observer,
        command: ComposeCommand,
        clock: Clock,
        read_facts: "FactReader",
        state_folder: Path,
        confirm_keys: ConfirmKeys = DEFAULT_KEYS,
    ) -> None:
        self.jobs = ConsoleJobs(make_operator, command, clock, state_folder, confirm_keys)
        self._observer = observer
        self._command = command
        self._clock = clock
        self._read_facts = read_facts

    def show_plan(self, screen: Screen[None], name: str, targets: Sequence[TargetRef]) -> None:
        """Show the plan of an action; run it when it is confirmed.

        Args:
            screen: The screen below the plan; it must outlive the start of the job.
            name: The name of the action.
            targets: What it is done to; where an action wants one thing named and none is,
                it is picked from a list first.
        """
        from pixel_tui.operations.actions import find_action
        from pixel_tui.operations.planning.action import TARGET_NOUNS

        action = find_action(name)
        if action.scope in TARGET_NOUNS and not targets:
            self._hold_keys(screen, self._pick_and_show(screen, action))
            return
        make = partial(self._plan, name, targets)
        self._hold_keys(screen, self._make_and_show(screen, make))

    @staticmethod
    def _hold_keys(screen: Screen[None], showing: Coroutine[None, None, None]) -> None:
        """Run a coroutine that shows a dialog; keys pressed meanwhile are meant for that."""
        hold_keys(screen.run_worker(showing, group="operations"))

    def reasons(self, targets: Sequence[TargetRef]) -> Mapping[str, str]:
        """Why each action is not possible on these targets now; empty if it is. Blocks.

        Args:
            targets: Services and containers; empty for the project.
        """
        from pixel_tui.operations.actions import all_actions, why_unavailable
        from pixel_tui.operations.planning.action import TARGET_NOUNS

        snapshot, facts = self._read_state()
        found = {}
        for action in all_actions():
            reason = why_unavailable(action, targets, snapshot, facts)
            if not reason and action.scope in TARGET_NOUNS and not action.choices(facts):
                reason = NO_CHOICE[action.scope]
            found[action.name] = reason
        return found

    async def check_actions(self, wanted: Mapping[str, Sequence[TargetRef]]) -> Mapping[str, str]:
        """Why each action is not possible on its targets; empty if it is.

        Makes a plan of each, which is the only complete check, and drops it.

        Args:
            wanted: The targets, by the name of the action.
        """
        return await asyncio.to_thread(self._check_actions, wanted)

    def _check_actions(self, wanted: Mapping[str, Sequence[TargetRef]]) -> Mapping[str, str]:
        from pixel_tui.operations.actions import plan_targets

        snapshot, facts = self._read_state()
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

    async def _pick_and_show(self, screen: Screen[None], action: "Action") -> None:
        """Let the user pick a target, and show the plan for it."""
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
        lines = tuple(Content(choice.label) for choice in found)
        caption = plain(f"{action.verb} which one? The plan is shown first.")

        def picked(at: int | None) -> None:
            if at is not None:
                self.show_plan(screen, action.name, [TargetRef(found[at].value)])

        screen.app.push_screen(
            PickScreen(action.group.value, lambda: Choices(lines, caption)), picked
        )

    def offer_roll_back(self, screen: Screen[None], status: "JobStatus") -> None:
        """Show the roll-back plan of a failed apply, unless another screen is open."""
        from pixel_tui.operations.jobs.settlement import can_roll_back

        if can_roll_back(status) and screen.app.screen is screen:
            self.show_plan(screen, "environment-roll-back", [])

    def list_actions(self, screen: Screen[None], targets: Sequence[TargetRef]) -> None:
        """List the actions on services, with the reason if one is not possible."""
        from pixel_tui.operations.actions import all_actions, why_unavailable
        from pixel_tui.operations.planning.action import Scope
        from screens.shared.pick import Choices, PickScreen

        actions = [action for action in all_actions() if action.scope is Scope.SERVICES]
        names = plain(", ".join(dict.fromkeys(target.name for target in targets)))

        def choices() -> Choices:
            snapshot = self._observer.snapshot
            reasons = [why_unavailable(action, targets, snapshot) for action in actions]
            return Choices(
                tuple(
                    Content.styled(
                        f"– {action.title}" if reason else f"✓ {action.title}",
                        "$foreground-muted" if reason else "bold",
                    )
                    for action, reason in zip(actions, reasons, strict=True)
                ),
                plain(f"Actions on {names}. The plan is shown first."),
                tuple(
                    plain(f"Not now: {reason}." if reason else action.when)
                    for action, reason in zip(actions, reasons, strict=True)
                ),
            )

        def picked(at: int | None) -> None:
            if at is not None:
                self.show_plan(screen, actions[at].name, targets)

        screen.app.push_screen(PickScreen("Actions", choices), picked)

    def _plan(self, name: str, targets: Sequence[TargetRef]) -> "Plan":
        from pixel_tui.operations.actions import find_action, plan_targets

        snapshot, facts = self._read_state(stored=find_action(name).reads_stored)
        now = self._clock.now()
        return plan_targets(name, targets, snapshot, self._command, now=now, facts=facts)

    def _read_state(self, *, stored: bool = False) -> "tuple[StackSnapshot, Facts]":
        """The snapshot, and the facts for plans. Blocks."""
        facts = self._read_facts(self._observer.snapshot, stored=stored)
        # The snapshot last: facts may take seconds, and a plan of an older one would be outdated.
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
        from pixel_tui.operations.actions import find_action
        from screens.changes.plan import PlanScreen

        def answered(confirmed: bool | None) -> None:
            if confirmed:
                screen.run_worker(
                    self._run(screen, plan, make), group="operations", exit_on_error=True
                )

        screen.app.push_screen(PlanScreen(plan, note, find_action(plan.action)), answered)

    async def _run(self, screen: Screen[None], plan: "Plan", make: "Callable[[], Plan]") -> None:
        try:
            job = await asyncio.to_thread(self.jobs.run, plan)
        except PlanOutdated as error:
            await self._make_and_show(screen, make, str(error))
            return
        except ConsoleError as error:
            screen.notify(str(error), severity="error", timeout=15, markup=False)
            return
        self.jobs.follow(screen, job)
