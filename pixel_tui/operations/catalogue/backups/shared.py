"""What the actions on backups share."""

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
from pixel_tui.operations.planning.targets import Target, find_target
from pixel_tui.operations.planning.words import listed
from pixel_tui.stack.compose.command import option
from pixel_tui.stack.model.snapshot import StackSnapshot
from pixel_tui.text import SafeText, plain

FROM_ELSEWHERE: Final = SafeText("from-elsewhere")
"""What has to be typed for a backup that this user has not made here."""


def no_place(_snapshot: StackSnapshot, facts: Facts) -> str:
    """Why there can be no backup."""
    return facts.backup_trouble


def no_backup(snapshot: StackSnapshot, facts: Facts) -> str:
    """Why nothing can be done with a backup."""
    if reason := no_place(snapshot, facts):
        return reason
    return "" if facts.backups else "There is no backup yet."


def backup_choices(facts: Facts) -> Sequence[Choice]:
    """The backups to pick from, newest first."""
    return tuple(
        Choice(plain(item.backup.id), plain(f"{item.backup.id}  {state_words(item.backup, facts)}"))
        for item in facts.backups
    )


def chosen_backup(draft: PlanDraft) -> tuple[BackupComparison, Manifest]:
    """The backup that the draft is about.

    Raises:
        OperationError: There is none of that id, or it can't be read.
    """
    for past in draft.facts.backups:
        if past.backup.id == draft.subject:
            if past.backup.manifest is None:
                raise OperationError(past.backup.trouble)
            return past, past.backup.manifest
    raise OperationError("No such backup.", on=draft.subject, hint="See `pixel-tui backup list`.")


def worker_step(
    draft: PlanDraft,
    title: str,
    cancelling: str,
    verb: str,
    *words: str,
    name: str = "",
    changes_nothing: bool = False,
) -> None:
    """A step of the program that does the work; `name` is the backup that it is done to."""
    argv = worker_argv(draft.command, draft.snapshot.project_name, verb, *words, name=name)
    step = Step(plain(title), argv, SafeText(cancelling), changes_nothing=changes_nothing)
    draft.steps.append(step)


def backup_first(draft: PlanDraft, backup_id: str, before: str) -> None:
    """Keep the present state, as far as it can be read, before it is replaced."""
    worker_step(
        draft,
        "Back up the current state",
        "No backup is made, and nothing was changed.",
        "make",
        "--salvage",
        *option("--sparing", backup_id),
        *("--reason", f"before {before} {backup_id}"),
        changes_nothing=True,
    )


def pinned(past: BackupComparison, manifest: Manifest) -> tuple[str, ...]:
    """What has a worker put back the backup that was shown, and no other of this id."""
    elsewhere = () if past.made_here else ("--from-elsewhere",)
    return (*option("--manifest", manifest.digest), *elsewhere)


def require_restorable(draft: PlanDraft, past: BackupComparison, items: Iterable[Item]) -> None:
    """Refuse to put back what the worker would refuse: it looks at all before the first file.

    Raises:
        OperationError: One of these items has no place.
    """
    for item in items:
        if reason := past.refused.get(item.path):
            words = f"{draft.verb.removesuffix(' to')} would fail: {item.title} can't be restored"
            raise OperationError(f"{words}. {reason}")


def warn_of(draft: PlanDraft, past: BackupComparison, manifest: Manifest) -> None:
    """Say what a person should know of a backup; one from elsewhere wants a word of its own."""
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


def state_words(backup: Backup, facts: Facts) -> SafeText:
    """`5h 12m old, 12MB, verified`."""
    if backup.manifest is None:
        return SafeText("damaged")
    old = age((facts.read_at - backup.manifest.created).total_seconds())
    state = "verified" if backup.verified else "damaged" if backup.trouble else "not verified"
    if backup.manifest.incomplete:
        state = f"INCOMPLETE, {state}"
    return plain(f"{old} old, {size(backup.manifest.size)}, {state}")


def running_targets(draft: PlanDraft) -> list[Target]:
    """Every service that has a container that runs."""
    found = [find_target(service.name, draft.snapshot) for service in draft.snapshot.services]
    return [target for target in found if target is not None and target.up]


def verified_recently(
    snapshot: StackSnapshot, facts: Facts, *, incomplete: bool = False
) -> BackupComparison | None:
    """The newest verified backup of this project that is young enough to wipe something.

    Args:
        snapshot: The stack.
        facts: What is known of backups.
        incomplete: One is meant that lacks what belongs into it: it is no licence.
    """
    limit = timedelta(hours=facts.max_age_hours)
    for past in facts.backups:
        manifest = past.backup.manifest
        if manifest is None or not past.backup.verified or _planted(past.backup, facts):
            continue
        if not past.made_here:
            continue
        if manifest.incomplete is not incomplete:
            continue
        age = facts.read_at - manifest.created
        # One from the future is of a wrong clock, and of no known age.
        if manifest.project == snapshot.project_name and timedelta(minutes=-5) <= age <= limit:
            return past
    return None


def warn_of_exposure(draft: PlanDraft) -> None:
    """Say which services can get at the backups, and what to do about it."""
    for exposed in draft.facts.exposures:
        if exposed.former:
            advice = f"move the older backups to {draft.facts.backup_folder}"
        else:
            advice = "set another `folder` under [backup] in the settings"
        draft.warn("exposed", f"{exposed.words}, with every secret in the backups: {advice}")


def _planted(backup: Backup, facts: Facts) -> bool:
    """Whether services may have made it: it is in the former place, and they can write there."""
    return any(
        item.former and item.writers and item.holds(backup.folder) for item in facts.exposures
    )
