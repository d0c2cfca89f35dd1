"""Back up databases, files, and how the project runs."""

from typing import Final

from pixel_tui.operations.action import Action, Group, Scope
from pixel_tui.operations.backups import no_place, state_words, worker_step
from pixel_tui.operations.draft import Draft
from pixel_tui.text import plain


def draft_backup(draft: Draft) -> None:
    """One step; nothing of the stack is touched."""
    worker_step(
        draft,
        f"Back up {draft.subject}",
        "What was begun is removed; older backups stay.",
        "make",
    )
    newest = draft.facts.backups[0].backup if draft.facts.backups else None
    draft.reason = plain(
        f"the last one, {newest.id}, is {state_words(newest, draft.facts)}"
        if newest
        else "there is none yet"
    )
    if newest and newest.manifest:
        for gap in newest.manifest.left_out:
            draft.warn("left out last time", f"{gap.what}: {gap.why}")


ACTION: Final = Action(
    name="backup",
    verb="Back up",
    group=Group.BACKUPS,
    when="Before anything that could lose data, and once a day. Services go on meanwhile.",
    failing="The last line says what could not be copied; nothing half-made stays. Where the disk"
    " is full, make room or set another folder under `[backup]`.",
    draft=draft_backup,
    scope=Scope.PROJECT,
    obstacle=no_place,
    needs_project=False,
)
