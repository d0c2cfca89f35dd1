"""Back up databases, files, and how the project runs."""

from typing import Final

from pixel_tui.operations.catalogue.backups.choices import backup_summary, why_no_new_backup
from pixel_tui.operations.catalogue.backups.worker_steps import add_worker_step
from pixel_tui.operations.planning.action import Action, ActionGroup, Scope
from pixel_tui.operations.planning.draft import PlanDraft
from pixel_tui.text import plain


def draft_backup(draft: PlanDraft) -> None:
    """Draft a backup in one step; the stack is not changed."""
    add_worker_step(
        draft,
        f"Back up {draft.subject}",
        "The partial backup is removed; older backups stay.",
        "make",
    )
    warn_of_exposure(draft)
    newest = draft.facts.backups[0].backup if draft.facts.backups else None
    draft.reason = plain(
        f"the last one, {newest.id}, is {backup_summary(newest, draft.facts)}"
        if newest
        else "there is no backup yet"
    )
    if newest and newest.manifest:
        for gap in newest.manifest.left_out:
            word = "missing last time" if gap.expected else "skipped last time"
            draft.warn(word, f"{gap.what}: {gap.why}")
        for words in newest.manifest.warnings:
            draft.warn("seen last time", words)


def warn_of_exposure(draft: PlanDraft) -> None:
    """Warn of services that can access the backups, with what to do."""
    for exposed in draft.facts.exposures:
        if exposed.former:
            advice = f"move the older backups to {draft.facts.backup_folder}"
        else:
            advice = "set another `folder` under [backup] in the settings"
        draft.warn("exposed", f"{exposed.words}, with every secret in the backups: {advice}")


ACTION: Final = Action(
    name="backup",
    verb="Back up",
    group=ActionGroup.BACKUPS,
    when="Before anything that could lose data, and once a day. Services keep running.",
    failure_hint="An incomplete backup is kept; each MISSING line says what is not in it and why. "
    "If the disk is full, nothing is kept: free some space, or set another folder under "
    "`[backup]`.",
    draft=draft_backup,
    scope=Scope.PROJECT,
    blocked_by=why_no_new_backup,
    needs_project=False,
)
