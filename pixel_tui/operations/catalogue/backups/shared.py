"""Shared by the actions on backups: choices, worker steps and warnings."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Final

from pixel_tui.backups.manifest import Item, Manifest
from pixel_tui.backups.store import Backup
from pixel_tui.backups.worker import worker_argv
from pixel_tui.errors import OperationError
from pixel_tui.humanize import age, size
from pixel_tui.operations.planning.action import Choice
from pixel_tui.operations.planning.draft import PlanDraft
from pixel_tui.operations.planning.facts import BackupComparison, Facts
from pixel_tui.operations.planning.plan import Step
from pixel_tui.operations.planning.targets import Target
from pixel_tui.operations.planning.words import listed
from pixel_tui.stack.compose.command import option
from pixel_tui.stack.model.snapshot import StackSnapshot
from pixel_tui.text import SafeText, plain

FROM_ELSEWHERE: Final = SafeText("from-elsewhere")
"""The word to type for a backup that this user did not make here."""


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
    raise OperationError("No such backup.", on=draft.subject, hint="See `pixel-tui backup list`.")


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


def backup_summary(backup: Backup, facts: Facts) -> SafeText:
    """Return the state of a backup: `5h 12m old, 12MB, verified`."""
    if backup.manifest is None:
        return SafeText("damaged")
    old = age((facts.read_at - backup.manifest.created).total_seconds())
    state = "verified" if backup.verified else "damaged" if backup.trouble else "not verified"
    if backup.manifest.incomplete:
        state = f"INCOMPLETE, {state}"
    return plain(f"{old} old, {size(backup.manifest.size)}, {state}")


def running_targets(draft: PlanDraft) -> list[Target]:
    """Return the services with a running container."""
    found = draft.services_named(service.name for service in draft.snapshot.services)
    return [target for target in found if target.up]


def recent_verified_backup(
    snapshot: StackSnapshot, facts: Facts, *, incomplete: bool = False
) -> BackupComparison | None:
    """Return the newest verified backup of this project that is recent enough for a wipe.

    Args:
        snapshot: The stack.
        facts: The facts about backups.
        incomplete: Look for an incomplete backup instead, which does not permit a wipe.
    """
    limit = timedelta(hours=facts.max_age_hours)
    for past in facts.backups:
        manifest = past.backup.manifest
        if manifest is None or not past.backup.verified or _may_be_planted(past.backup, facts):
            continue
        if not past.made_here:
            continue
        if manifest.incomplete is not incomplete:
            continue
        age = facts.read_at - manifest.created
        # A backup from the future was made with a wrong clock: its age is unknown.
        if manifest.project == snapshot.project_name and timedelta(minutes=-5) <= age <= limit:
            return past
    return None


def warn_of_exposure(draft: PlanDraft) -> None:
    """Warn of services that can access the backups, with what to do."""
    for exposed in draft.facts.exposures:
        if exposed.former:
            advice = f"move the older backups to {draft.facts.backup_folder}"
        else:
            advice = "set another `folder` under [backup] in the settings"
        draft.warn("exposed", f"{exposed.words}, with every secret in the backups: {advice}")


def _may_be_planted(backup: Backup, facts: Facts) -> bool:
    """Whether services may have made it: it is in the former folder, and they can write there."""
    return any(
        item.former and item.writers and item.holds(backup.folder) for item in facts.exposures
    )
