"""What is checked and warned of before a backup is restored."""

from collections.abc import Iterable
from typing import Final

from pixel_tui.backups.manifest import Item, Manifest
from pixel_tui.errors import OperationError
from pixel_tui.humanize import listed
from pixel_tui.operations.planning.draft import PlanDraft
from pixel_tui.operations.planning.facts import BackupComparison
from pixel_tui.text import SafeText, plain

FROM_ELSEWHERE: Final = SafeText("from-elsewhere")
"""The word to type for a backup that this user did not make here."""


def require_restorable(draft: PlanDraft, past: BackupComparison, items: Iterable[Item]) -> None:
    """Refuse a restore that the worker would refuse.

    Raises:
        OperationError: One of the items can't be restored.
    """
    for item in items:
        if reason := past.refused.get(item.path):
            words = f"{draft.verb.removesuffix(' to')} would fail: {item.title} can't be restored"
            raise OperationError(f"{words}. {reason}")


def warn_of_backup(draft: PlanDraft, past: BackupComparison, manifest: Manifest) -> None:
    """Warn of problems of a backup; one that was not made here needs another word to confirm."""
    backup = past.backup
    if not past.made_here:
        servers = listed(list(dict.fromkeys(plain(i.server) for i in manifest.items if i.server)))
        runs = f"the dumps run as superuser in {servers}, and " if servers else ""
        draft.warn(
            "from elsewhere",
            f"this user did not make it here, so its content can't be trusted: {runs}its files "
            "decide what the next `up` starts. Find out who made it first",
        )
        draft.confirm_origin = FROM_ELSEWHERE
    if backup.trouble:
        draft.warn("backup", f"verification found damage: {backup.trouble}")
    elif not backup.verified:
        draft.warn("backup", "it was not verified yet (each item is verified before use)")
    if manifest.project != draft.snapshot.project_name:
        draft.warn("backup", f"it is a backup of project {manifest.project}")
    for exposed in draft.facts.exposures:
        if exposed.holds(backup.folder) and exposed.writers:
            draft.warn("backup", f"{exposed.words}: check its content before you trust it")
    for gap in manifest.left_out:
        draft.warn("missing" if gap.expected else "skipped", f"{gap.what}: {gap.why}")
