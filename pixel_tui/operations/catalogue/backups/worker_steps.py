"""The steps that run the backup worker."""

from pixel_tui.backups.manifest import Manifest
from pixel_tui.backups.worker import worker_argv
from pixel_tui.operations.planning.draft import PlanDraft
from pixel_tui.operations.planning.facts import BackupComparison
from pixel_tui.operations.planning.plan import Step
from pixel_tui.stack.compose.command import option
from pixel_tui.text import SafeText, plain


def add_worker_step(
    draft: PlanDraft,
    title: str,
    cancel_effect: str,
    verb: str,
    *words: str,
    name: str = "",
    changes_nothing: bool = False,
) -> None:
    """Add a step that runs the backup worker; `name` is the id of its backup."""
    argv = worker_argv(draft.command, draft.snapshot.project_name, verb, *words, name=name)
    step = Step(plain(title), argv, SafeText(cancel_effect), changes_nothing=changes_nothing)
    draft.steps.append(step)


def add_backup_step(draft: PlanDraft, backup_id: str, before: str) -> None:
    """Add a step that backs up the current state, as far as it can be read."""
    add_worker_step(
        draft,
        "Back up the current state",
        "No backup is made, and nothing was changed.",
        "make",
        "--salvage",
        *option("--sparing", backup_id),
        *("--reason", f"before {before} {backup_id}"),
        changes_nothing=True,
    )


def pinned_options(past: BackupComparison, manifest: Manifest) -> tuple[str, ...]:
    """Return the options that make the worker accept only the backup that was shown."""
    elsewhere = () if past.made_here else ("--from-elsewhere",)
    return (*option("--manifest", manifest.digest), *elsewhere)
