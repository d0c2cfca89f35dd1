"""Restore where there is no room for a backup of the present state."""

from typing import Final

from pixel_tui.operations.catalogue.backups.restore import draft_unsaved_restore
from pixel_tui.operations.catalogue.backups.shared import backup_choices, no_backup
from pixel_tui.operations.planning.action import Action, ActionGroup, Scope

ACTION: Final = Action(
    name="restore-without-backup",
    verb="Restore, without a backup first,",
    alone="Restore without a backup first",
    group=ActionGroup.BACKUPS,
    when="The disk is full, so that `restore` can't make its backup of the present state. Files"
    " that are replaced are still kept beside the new ones.",
    failing="If the check fails, nothing was stopped: fix what it names, or use another backup."
    " Later, the last line says what was put aside and where; the services stay stopped. Put a"
    " file back by its name. If there is no room even for the restored files, remove old"
    " `NAME.before-TIME` files first.",
    draft=draft_unsaved_restore,
    scope=Scope.BACKUP,
    choices=backup_choices,
    obstacle=no_backup,
    needs_project=False,
)
