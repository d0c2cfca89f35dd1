"""Restore without backing up the current state first, if there is not enough space for it."""

from typing import Final

from pixel_tui.operations.catalogue.backups.choices import backup_choices, why_no_backup
from pixel_tui.operations.catalogue.backups.restore import draft_restore_without_backup
from pixel_tui.operations.planning.action import Action, ActionGroup, Scope

ACTION: Final = Action(
    name="restore-without-backup",
    verb="Restore, without a backup first,",
    menu_title="Restore without a backup first",
    group=ActionGroup.BACKUPS,
    when="The disk is full, so `restore` can't back up the current state first. Replaced files "
    "are still kept beside the new ones.",
    failure_hint="If the check fails, nothing was stopped: fix the reported problem, or use "
    "another backup. If a later step fails, the services stay stopped, and the last line says "
    "where the replaced files are. Rename a file to undo its restore. If there is no space even "
    "for the restored files, remove old `NAME.before-TIME` files first.",
    draft=draft_restore_without_backup,
    scope=Scope.BACKUP,
    choices=backup_choices,
    blocked_by=why_no_backup,
    needs_project=False,
)
