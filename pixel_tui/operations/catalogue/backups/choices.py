"""The backups that an action can use, and which one was chosen."""

from collections.abc import Sequence

from pixel_tui.backups.manifest import Manifest
from pixel_tui.backups.store import Backup
from pixel_tui.errors import OperationError
from pixel_tui.humanize import age, size
from pixel_tui.operations.planning.action import Choice
from pixel_tui.operations.planning.draft import PlanDraft
from pixel_tui.operations.planning.facts import BackupComparison, Facts
from pixel_tui.stack.model.snapshot import StackSnapshot
from pixel_tui.text import SafeText, plain


def why_no_new_backup(_snapshot: StackSnapshot, facts: Facts) -> str:
    """Return why no backup can be made; empty if one can."""
    return facts.backup_trouble


def why_no_backup(snapshot: StackSnapshot, facts: Facts) -> str:
    """Return why there is no backup to use; empty if there is one."""
    if reason := why_no_new_backup(snapshot, facts):
        return reason
    return "" if facts.backups else "There is no backup yet."


def backup_choices(facts: Facts) -> Sequence[Choice]:
    """Return the backups to pick from, newest first."""
    return tuple(
        Choice(
            plain(item.backup.id), plain(f"{item.backup.id}  {backup_summary(item.backup, facts)}")
        )
        for item in facts.backups
    )


def chosen_backup(draft: PlanDraft) -> tuple[BackupComparison, Manifest]:
    """Return the backup of the draft.

    Raises:
        OperationError: There is no backup of that id, or it can't be read.
    """
    for past in draft.facts.backups:
        if past.backup.id == draft.subject:
            if past.backup.manifest is None:
                raise OperationError(past.backup.trouble)
            return past, past.backup.manifest
    raise OperationError(
        "No such backup.",
        on=draft.subject,
        hint=f"See `{draft.snapshot.typed.pixel_tui} backup list`.",
    )


def backup_summary(backup: Backup, facts: Facts) -> SafeText:
    """Return the state of a backup: `5h 12m old, 12MB, verified`."""
    if backup.manifest is None:
        return SafeText("damaged")
    old = age((facts.read_at - backup.manifest.created).total_seconds())
    state = "verified" if backup.verified else "damaged" if backup.trouble else "not verified"
    if backup.manifest.incomplete:
        state = f"INCOMPLETE, {state}"
    return plain(f"{old} old, {size(backup.manifest.size)}, {state}")
