"""Remove the containers and the volumes of the project."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from pixel_tui.backups.coverage import Coverage, coverage_of
from pixel_tui.backups.holders import Volume
from pixel_tui.backups.store import Backup
from pixel_tui.errors import OperationError
from pixel_tui.humanize import listed, size
from pixel_tui.ledger.reading.workers import workers_of
from pixel_tui.operations.catalogue.backups.choices import backup_summary, why_no_new_backup
from pixel_tui.operations.catalogue.backups.worker_steps import add_worker_step, pinned_options
from pixel_tui.operations.planning.action import Action, ActionGroup, Scope
from pixel_tui.operations.planning.draft import PlanDraft
from pixel_tui.operations.planning.facts import BackupComparison, Facts
from pixel_tui.operations.planning.plan import PlanCheck, Risk, Step
from pixel_tui.operations.planning.targets import find_target
from pixel_tui.operations.planning.volume_wipe import wiped_volumes
from pixel_tui.stack.compose.command import EVERY_PROFILE
from pixel_tui.stack.model.snapshot import StackSnapshot
from pixel_tui.text import SafeText, plain


def why_no_wipe(snapshot: StackSnapshot, facts: Facts) -> str:
    """Return why nothing may be wiped; empty if a recent verified backup permits it."""
    if reason := why_no_new_backup(snapshot, facts):
        return reason
    if recent_verified_backup(snapshot, facts):
        return ""
    past = recent_verified_backup(snapshot, facts, incomplete=True)
    if past is not None and past.backup.manifest is not None:
        names = [plain(gap.what) for gap in past.backup.manifest.missing]
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        return (
            f"The backup {past.backup.id} is verified and INCOMPLETE: {', '.join(names[:3])}{more}."
            " Its output says why. Fix that, then make one with `backup` and verify it."
        )
    return (
        f"There is no verified backup younger than {facts.max_age_hours:g} hours."
        " Make one with `backup` and verify it with `verify-backup` first."
    )


def draft_wipe(draft: PlanDraft) -> None:
    """Draft `down`, the removal of the volumes by name, and a check that only these are gone.

    The first step checks the backup and the volumes again, because the plan may be confirmed late.
    """
    draft.risk = Risk.DESTRUCTIVE
    past = recent_verified_backup(draft.snapshot, draft.facts)
    if past is None or past.backup.manifest is None:
        return  # `why_no_wipe` has refused this
    wipe = wiped_volumes(draft.project, draft.facts, draft.snapshot.typed)
    name = draft.snapshot.project_name
    manifest = past.backup.manifest
    found = [
        (item, coverage_of(item.name, manifest, draft.facts.stored_data)) for item in wipe.removed
    ]
    lost = [volume for volume, coverage in found if not (coverage.complete or coverage.folder)]
    add_worker_step(
        draft,
        f"Check that {past.backup.id} still has what is removed",
        "Nothing has changed.",
        "check-covered",
        *pinned_options(past, manifest),
        *(f"--gone={volume.name}" for volume in wipe.removed),
        *(f"--lost={volume.name}" for volume in lost),
        name=past.backup.id,
        changes_nothing=True,
    )
    cancel_effect = SafeText("No volume is removed yet; `start` recreates the containers.")
    draft.steps.append(Step(plain(f"Remove the containers of {name}"), _down(draft), cancel_effect))
    if names := [volume.name for volume in wipe.removed if volume.name not in wipe.auto_removed]:
        # `down --volumes` would also remove volumes that the plan did not show.
        argv = draft.command.docker_argv("volume", "rm", names=names)
        cancel_effect = SafeText("Removed volumes are gone; the rest stays.")
        draft.steps.append(Step(plain(f"Remove the volumes of {name}"), argv, cancel_effect))
    add_worker_step(
        draft,
        "Verify that exactly these volumes are gone",
        "Nothing else is removed.",
        "check-volumes",
        *(f"--gone={volume.name}" for volume in wipe.removed),
        *(f"--stays={volume.name}" for volume, _ in wipe.kept),
        changes_nothing=True,
    )
    words = f"{past.backup.id} is {backup_summary(past.backup, draft.facts)}"
    draft.reason = plain(f"the backup {words}")
    draft.checks.append(PlanCheck(SafeText("backup"), ok=True, message=plain(words)))
    _warn_of_newer_backups(draft, past)
    for service in draft.snapshot.services:
        target = find_target(service.name, draft.snapshot)
        if target is None or not target.containers or service.orphan:
            continue
        draft.affect(target.name, "is stopped and its container removed")
        draft.expect_stopped(target)
        if target.up:
            draft.interrupt(target, "until it is started again, without its volumes")
    for worker in workers_of(draft.snapshot):
        draft.affect(worker.container.name, "is removed as well", worker.words)
    _add_lost_volumes(draft, found)
    for volume, why in wipe.kept:
        message = plain(f"{volume.name} ({_size(draft, volume.name)}) {why}: not removed")
        draft.checks.append(PlanCheck(SafeText("volume"), ok=True, message=message))
    _add_bind_mount_checks(draft)


def _down(draft: PlanDraft) -> tuple[str, ...]:
    """Return the `down` command for all services of the compose file, and no other containers.

    Raises:
        OperationError: Compose can't remove a container of a service.
    """
    command, project = draft.command, draft.project
    if command.project and not command.files:
        # With a name and no file, compose selects by label, also what is not in the compose file.
        command = replace(command, files=tuple(project.files))
    if not project.refused_together:
        return command.compose_argv(*EVERY_PROFILE, "down")
    off = {spec.name for spec in project.services if not spec.active}
    services = [item for item in draft.snapshot.services if item.name in off]
    names = [container.name for item in services for container in item.containers]
    if names:
        raise OperationError(
            f"Compose can't take down {listed(names)}: {project.refused_together}.",
            hint=f"Remove them first: docker rm --force {' '.join(names)}.",
        )
    return command.compose_argv("down")


def _add_lost_volumes(draft: PlanDraft, found: Sequence[tuple[Volume, Coverage]]) -> None:
    """List the removed volumes with their backup coverage, incomplete ones first."""
    lost = [item for item in found if not item[1].folder]
    incomplete = [volume for volume, coverage in lost if not coverage.complete]
    for volume, coverage in sorted(lost, key=lambda item: item[1].complete):
        draft.irreversible.append(plain(f"volume {_volume_label(draft, volume)}: {coverage.words}"))
    for volume, coverage in found:
        if coverage.folder:
            words = f"{volume.name} is the host folder {coverage.folder}: its content stays"
            draft.checks.append(PlanCheck(SafeText("volume"), ok=True, message=plain(words)))
    if incomplete:
        count = f"{len(incomplete)}-volume{'' if len(incomplete) == 1 else 's'}"
        draft.confirm_loss = plain(f"lose-{count}")


def _warn_of_newer_backups(draft: PlanDraft, past: BackupComparison) -> None:
    """Warn of newer backups that don't permit the wipe, with the reason."""
    for newer in draft.facts.backups[: draft.facts.backups.index(past)]:
        manifest = newer.backup.manifest
        if manifest is None or manifest.project != draft.snapshot.project_name:
            continue
        gaps = [plain(gap.what) for gap in manifest.missing]
        words = f"the newer backup {newer.backup.id} is {backup_summary(newer.backup, draft.facts)}"
        draft.warn("backup", f"{words}{f': {listed(gaps)} is not in it' if gaps else ''}")


def _volume_label(draft: PlanDraft, volume: Volume) -> str:
    """Return a volume's name and size, with the users of an anonymous volume."""
    stored = _size(draft, volume.name)
    users = [item.name for item in draft.facts.holders or () if volume.name in item.volumes]
    if volume.anonymous and users:
        return f"{volume.name} ({stored}, anonymous, of {', '.join(users)})"
    return f"{volume.name} ({stored})"


def _add_bind_mount_checks(draft: PlanDraft) -> None:
    sources = {
        mount.source
        for service in draft.snapshot.services
        for container in service.containers
        for mount in container.mounts
        if mount.kind == "bind"
    }
    for source in sorted(sources):
        message = plain(f"{source} ({_size(draft, source)}) is a host folder: not changed")
        draft.checks.append(PlanCheck(SafeText("bind mount"), ok=True, message=message))


def _size(draft: PlanDraft, name: str) -> str:
    count = draft.facts.sizes.get(name)
    return "size unknown" if count is None else size(count)


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


def _may_be_planted(backup: Backup, facts: Facts) -> bool:
    """Whether services may have made it: it is in the former folder, and they can write there."""
    return any(
        item.former and item.writers and item.holds(backup.folder) for item in facts.exposures
    )


ACTION: Final = Action(
    name="wipe-volumes",
    verb="Wipe the volumes of",
    menu_title="Wipe the volumes",
    group=ActionGroup.RECOVERY,
    when="A volume has broken data that no rebuild fixes, and a verified backup has what you "
    "need. This is the last resort.",
    failure_hint="A volume in use by another container stays: Docker names it. Start the stack "
    "with `start`, then `restore` the backup.",
    draft=draft_wipe,
    scope=Scope.PROJECT,
    blocked_by=why_no_wipe,
    reads_stored=True,
)
