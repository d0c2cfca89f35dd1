"""Remove the containers, outputs and logs of workers that finished a week ago."""

from typing import Final

from pixel_tui.errors import NothingToDo
from pixel_tui.ledger.reading.retention import RETENTION_DAYS, removable_workers
from pixel_tui.ledger.reading.workers import workers_of
from pixel_tui.operations.catalogue.tasks.choices import why_no_ledger
from pixel_tui.operations.catalogue.tasks.ledger_steps import add_ledger_step
from pixel_tui.operations.planning.action import Action, ActionGroup, Scope
from pixel_tui.operations.planning.draft import PlanDraft
from pixel_tui.operations.planning.plan import Risk, Step
from pixel_tui.plurals import counted
from pixel_tui.text import SafeText, plain


def draft_reap(draft: PlanDraft) -> None:
    """Draft `docker rm` of old worker containers, and the removal of their files."""
    files = draft.facts.ledger.removable_files
    workers = removable_workers(workers_of(draft.snapshot), draft.facts.read_at)
    if not files and not workers:
        raise NothingToDo(f"Nothing is left of workers that finished {RETENTION_DAYS} days ago.")
    draft.risk = Risk.DESTRUCTIVE
    left = f"{counted(len(workers), 'container')} and {counted(len(files), 'file')}"
    draft.reason = plain(f"{left} are left of workers")
    if workers:
        names = [worker.container.name for worker in workers]
        count = counted(len(names), "container")
        argv = draft.command.docker_argv("rm", names=names)
        cancel_effect = SafeText("Removed containers and files are gone; the rest stays.")
        draft.steps.append(Step(plain(f"Remove {count}"), argv, cancel_effect))
        for worker in workers:
            draft.affect(worker.container.name, "is removed", worker.words)
        draft.irreversible.append(plain(f"everything that {count} wrote, and the logs"))
    if files:
        add_ledger_step(
            draft,
            f"Remove {counted(len(files), 'file')}",
            "Removed containers and files are gone; the rest stays.",
            "reap",
            *("--days", str(RETENTION_DAYS)),
        )
        for file in files[:20]:
            draft.irreversible.append(plain(f"{file.path.name} ({file.size:,} bytes)"))
        if len(files) > 20:
            draft.irreversible.append(plain(f"and {len(files) - 20} more such files"))


ACTION: Final = Action(
    name="task-reap",
    verb="Remove the leftovers of old workers in",
    menu_title="Remove the leftovers of old workers",
    group=ActionGroup.LEDGER,
    when="Containers and logs of workers pile up. Tasks stay in the ledger, and so does "
    "everything of waiting and running tasks.",
    failure_hint="The last line says what could not be removed; the rest is gone.",
    draft=draft_reap,
    scope=Scope.PROJECT,
    blocked_by=why_no_ledger,
    needs_project=False,
)
