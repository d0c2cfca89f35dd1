"""Remove a worker lock that no worker holds."""

from typing import Final

from pixel_tui.ledger.reading.workers import workers_of
from pixel_tui.operations.catalogue.tasks.ledger_steps import add_ledger_step
from pixel_tui.operations.catalogue.tasks.workers import fingerprint_workers
from pixel_tui.operations.planning.action import Action, ActionGroup, Scope
from pixel_tui.operations.planning.draft import PlanDraft
from pixel_tui.operations.planning.facts import Facts
from pixel_tui.stack.model.snapshot import StackSnapshot
from pixel_tui.text import plain


def why_no_unlock(snapshot: StackSnapshot, facts: Facts) -> str:
    """Return why there is no stale lock; empty if there is one."""
    lock = facts.ledger.reading.lock
    if lock is None:
        return "There is no worker lock."
    up = [worker for worker in workers_of(snapshot) if worker.up]
    if up:
        return f"The worker lock is not stale: {up[0].container.name} is running."
    if lock.starting(facts.read_at):
        return "The worker lock is new: its worker may be starting. Wait a minute."
    return ""


def draft_unlock(draft: PlanDraft) -> None:
    """Draft the removal in one step, which checks the holder again."""
    fingerprint_workers(draft)
    lock = draft.facts.ledger.reading.lock
    task = lock.task if lock is not None else ""
    since = f" since {lock.created:%Y-%m-%d %H:%M} UTC" if lock and lock.created else ""
    draft.reason = plain(
        f"held{f' for {task[:8]}' if task else ''}{since}, but no worker is running"
    )
    add_ledger_step(
        draft, "Remove the worker lock", "The lock is either removed or not.", "unlock", task=task
    )
    draft.affect("worker-lock.json", "is removed")


ACTION: Final = Action(
    name="task-unlock",
    verb="Remove the worker lock of",
    menu_title="Remove the worker lock",
    group=ActionGroup.LEDGER,
    when="A worker crashed without removing its lock, so no other one can start.",
    failure_hint="The last line says who holds the lock now.",
    draft=draft_unlock,
    scope=Scope.PROJECT,
    blocked_by=why_no_unlock,
    needs_project=False,
)
