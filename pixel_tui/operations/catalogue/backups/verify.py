"""Verify that a backup is intact, and record the result."""

from typing import Final

from pixel_tui.operations.catalogue.backups.shared import (
    backup_choices,
    chosen_backup,
    no_backup,
    state_words,
    worker_step,
)
from pixel_tui.operations.planning.action import Action, ActionGroup, Scope
from pixel_tui.operations.planning.draft import PlanDraft


def draft_verify(draft: PlanDraft) -> None:
    """One step, which writes nothing but its verdict."""
    past, _ = chosen_backup(draft)
    draft.reason = state_words(past.backup, draft.facts)
    worker_step(
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
    blocked_by=no_backup,
    needs_project=False,
)
