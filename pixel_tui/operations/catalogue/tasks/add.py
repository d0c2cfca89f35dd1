"""Queue a new task."""

from collections.abc import Sequence
from typing import Final

from pixel_tui.errors import OperationError
from pixel_tui.ledger.reading.task import shown
from pixel_tui.operations.catalogue.tasks.choices import why_ledger_unreadable
from pixel_tui.operations.catalogue.tasks.ledger_steps import add_ledger_step
from pixel_tui.operations.planning.action import Action, ActionGroup, Choice, Scope
from pixel_tui.operations.planning.draft import PlanDraft
from pixel_tui.operations.planning.facts import Facts
from pixel_tui.text import plain


def drafts_to_queue(facts: Facts) -> Sequence[Choice]:
    """Return the drafts of tasks that are not queued, newest first."""
    return tuple(
        Choice(item.task.id, plain(f"{item.task.short}  {item.task.type_text}  "
                                   f"{shown(item.task.headline)}"))
        for item in facts.ledger.drafts
    )  # fmt: skip


def draft_add(draft: PlanDraft) -> None:
    """Draft the queueing in one step; no other task is changed."""
    found = [item for item in draft.facts.ledger.drafts if item.task.id == draft.subject]
    if not found:
        raise OperationError(
            "No such draft of a task.",
            on=draft.subject,
            hint=f"Create it with `{draft.snapshot.typed.pixel_tui} ledger add`.",
        )
    task = found[0].task
    draft.subject = plain(task.short)
    draft.reason = shown(task.headline)
    add_ledger_step(
        draft, f"Queue {task.short}", "The task is either queued or not.", "add", task=task.id
    )
    draft.affect("task-ledger.json", f"gets the task {task.short} ({task.type_text})")


ACTION: Final = Action(
    name="task-add",
    verb="Queue the task",
    menu_title="Queue a task",
    group=ActionGroup.LEDGER,
    when="You have work for a worker. The task waits until syntropy or `task-spawn` starts one.",
    failure_hint="The last line says why the ledger could not be written; the draft stays.",
    draft=draft_add,
    scope=Scope.TASK,
    choices=drafts_to_queue,
    blocked_by=why_ledger_unreadable,
    needs_project=False,
)
