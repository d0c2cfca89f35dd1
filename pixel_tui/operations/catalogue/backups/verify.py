"""Read a backup again, and record whether it is as it was written."""

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
        "Its last verdict stays as it was.",
        "verify",
        name=draft.subject,
    )


ACTION: Final = Action(
    name="verify-backup",
    verb="Verify",
    group=ActionGroup.BACKUPS,
    when="Before you rely on a backup: every hash, the integrity of each database, the table of"
    " contents of each dump.",
    failing="A backup that has changed is not to be relied on: make another one, and look at the"
    " disk (`dmesg`, `smartctl`).",
    draft=draft_verify,
    scope=Scope.BACKUP,
    choices=backup_choices,
    obstacle=no_backup,
    needs_project=False,
)
