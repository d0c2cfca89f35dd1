"""Actions on tasks and on the ledger."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from textual.content import Content
from textual.screen import Screen

from pixel_tui.clock import Clock
from pixel_tui.errors import ConsoleError
from pixel_tui.ledger.reading.task import Task, TaskType
from pixel_tui.ledger.writing.drafts import TaskDrafts, new_task
from pixel_tui.operations.actions import all_actions
from pixel_tui.operations.planning.action import Action, ActionGroup, Scope
from pixel_tui.stack.model.target_ref import TargetRef
from pixel_tui.terminal.keys import hold_keys
from pixel_tui.text import plain
from screens.changes.flow import Operations
from screens.ledger.task_writing import TaskWritingScreen, WrittenTask
from screens.shared.pick import Choices, PickScreen

ADD: Final = "task-add"
"""The action that queues a new task."""


class TaskActions:
    """Shows the plans of actions on tasks.

    Args:
        operations: Plans and runs actions.
        drafts: Keeps a new task until it is queued.
        clock: The time.
    """

    def __init__(self, operations: Operations, drafts: TaskDrafts, clock: Clock) -> None:
        self._operations = operations
        self._drafts = drafts
        self._clock = clock

    def list_actions(self, screen: Screen[None], task: Task | None) -> None:
        """List the actions on a task; without one, on the ledger."""
        of_one = [action for action in _actions(Scope.TASK) if action.name != ADD]
        actions = [*(of_one if task is not None and task.id else []), *_actions(Scope.PROJECT)]
        hold_keys(screen.run_worker(self._list(screen, actions, task), group="operations"))

    async def _list(
        self, screen: Screen[None], actions: Sequence[Action], task: Task | None
    ) -> None:
        """Check the actions in a thread, and let the user pick one."""
        targets = {
            action.name: [TargetRef(str(task.id))]
            if task is not None and action.scope is Scope.TASK
            else []
            for action in actions
        }
        reasons = await self._operations.check_actions(targets)
        actions = sorted(actions, key=lambda action: bool(reasons[action.name]))
        width = max(len(action.title) for action in actions)
        lines = tuple(
            Content.assemble(
                (
                    action.title.ljust(width),
                    "$foreground-muted" if reasons[action.name] else "bold",
                ),
                (f"  {plain(reasons[action.name] or action.when)}", "$foreground-muted"),
            )
            for action in actions
        )
        name = f"the task {task.short}" if task is not None and task.id else "the ledger"
        caption = plain(f"Actions on {name}. The plan is shown first.")

        def picked(at: int | None) -> None:
            if at is not None:
                chosen = actions[at].name
                self._operations.show_plan(screen, chosen, targets[chosen])

        screen.app.push_screen(PickScreen("Actions", lambda: Choices(lines, caption)), picked)

    def queue_task(self, screen: Screen[None]) -> None:
        """Ask for a new task, and show the plan that queues it."""

        def answered(task: WrittenTask | None) -> None:
            if task is not None:
                screen.run_worker(
                    partial(self._save_draft, screen, task), thread=True, group="operations"
                )

        screen.app.push_screen(TaskWritingScreen(), answered)

    def _save_draft(self, screen: Screen[None], task: WrittenTask) -> None:
        try:
            kind = TaskType(task.kind)
            value = new_task(task.text, now=self._clock.now(), kind=kind, context=task.context)
            name = self._drafts.save(value)
        except ConsoleError as error:
            screen.app.call_from_thread(
                screen.notify, str(error), severity="error", timeout=15, markup=False
            )
            return
        screen.app.call_from_thread(self._operations.show_plan, screen, ADD, [TargetRef(name)])


def _actions(scope: Scope) -> list[Action]:
    return [
        action
        for action in all_actions()
        if action.group is ActionGroup.LEDGER and action.scope is scope
    ]
