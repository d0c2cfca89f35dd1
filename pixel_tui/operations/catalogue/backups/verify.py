"""Verify that a backup is intact, and record the result."""

from typing import Final

from pixel_tui.operations.catalogue.backups.choices import (
    backup_choices,
    backup_summary,
    chosen_backup,
    why_no_backup,
)
from pixel_tui.operations.catalogue.backups.worker_steps import add_worker_step
from pixel_tui.operations.planning.action import Action, ActionGroup, Scope
from pixel_tui.operations.planning.draft import PlanDraft


def draft_verify(draft: PlanDraft) -> None:
    """Draft a verification in one step, which writes only its result."""
    past, _ = chosen_backup(draft)
    draft.reason = backup_summary(past.backup, draft.facts)
    add_worker_step(
        draft,
        f"Verify {draft.subject}",
        "Its last result is kept.",
        "verify",
        name=draft.subject,
    )


ACTION: Final = Action(
    name="verify-backup",
    verb="Verify",
    group=ActionGroup.BACKUPS,
    when="Before you rely on a backup: checks every hash, the integrity of each database, and "
    "the table of contents of each dump.",
    failure_hint="Don't rely on a backup that has changed: make another one, and check the disk "
    "(`dmesg`, `smartctl`).",
    draft=draft_verify,
    scope=Scope.BACKUP,
    choices=backup_choices,
    blocked_by=why_no_backup,
    needs_project=False,
)
