"""Run the project as it was when a backup was made: images, compose files, environment."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from pixel_tui.backups.deployment import Deployment, RanImage
from pixel_tui.backups.manifest import wanted_for_deployment
from pixel_tui.errors import OperationError
from pixel_tui.operations.catalogue.backups.choices import (
    backup_choices,
    backup_summary,
    chosen_backup,
    why_no_backup,
)
from pixel_tui.operations.catalogue.backups.restore_checks import require_restorable, warn_of_backup
from pixel_tui.operations.catalogue.backups.worker_steps import (
    add_backup_step,
    add_worker_step,
    pinned_options,
)
from pixel_tui.operations.planning.action import Action, ActionGroup, Scope
from pixel_tui.operations.planning.compose_up import note_kept_scales, require_dependencies
from pixel_tui.operations.planning.dependencies import dependencies_of
from pixel_tui.operations.planning.draft import PlanDraft
from pixel_tui.operations.planning.facts import BackupComparison
from pixel_tui.operations.planning.mounted_files import restart_mounting
from pixel_tui.operations.planning.networks import refuse_changed_networks
from pixel_tui.operations.planning.plan import PlanCheck, Risk, Step
from pixel_tui.operations.planning.targets import find_target
from pixel_tui.operations.planning.up_failures import why_up_cannot_start, why_up_fails
from pixel_tui.operations.planning.up_prediction import UpOptions, kept_scales
from pixel_tui.stack.compose.command import shown
from pixel_tui.text import SafeText, plain

_NONE: Final = "no such submodule"


def draft_roll_back(draft: PlanDraft) -> None:
    """Draft: back up, restore files and image tags, `up` what ran then. Data is not changed."""
    past, manifest = chosen_backup(draft)
    draft.risk = Risk.DISRUPTIVE
    draft.reason = backup_summary(past.backup, draft.facts)
    warn_of_backup(draft, past, manifest)
    require_restorable(draft, past, filter(wanted_for_deployment, manifest.items))
    add_backup_step(draft, past.backup.id, "rolling back to")
    add_worker_step(
        draft,
        f"Restore files and image tags of {draft.subject}",
        "Restored files stay; the replaced ones are beside them, with the time in their names.",
        "roll-back",
        *pinned_options(past, manifest),
        name=draft.subject,
    )
    names = sorted({ran.service for ran in past.deployment.images if ran.running})
    if names:
        if not past.replaced:
            refuse_changed_networks(draft, names)
            _require_creatable(draft, names)
        # The old files may configure networks differently, and name other external networks and
        # volumes: only the next step can check them.
        add_worker_step(
            draft,
            "Check networks and volumes against the restored files",
            "Files and tags are restored; containers are unchanged.",
            "check-resources",
            *(f"--service={name}" for name in names),
            changes_nothing=True,
        )
        draft.considered |= {*names, *dependencies_of(draft.project, names)}
        # In the old compose files they may depend on other services.
        options = UpOptions(scales=kept_scales(draft.snapshot, names, no_deps=True))
        note_kept_scales(draft, options.scales)
        up = ("up", "--detach", "--no-build", *options.scale_options)
        argv = draft.command.compose_argv(*up, names=names)
        cancel_effect = SafeText("Files and tags are restored; some services are rolled back.")
        draft.steps.append(Step(plain("Recreate the services as they were"), argv, cancel_effect))
    _add_image_effects(draft, past)
    _add_file_effects(draft, past)
    folder = draft.command.directory.rstrip("/")
    places = {f"{folder}/{source}" for source in past.replaced}
    places |= {past.real_paths[source] for source in past.replaced if source in past.real_paths}
    compose = {item.source for item in manifest.items if item.details.get("compose") is True}
    known = [] if compose & past.replaced else [spec.name for spec in draft.project.services]
    restart_mounting(
        draft,
        places,
        recreated=_recreated(draft, past),
        unknown={item.name for item in draft.snapshot.services} - {*names, *known},
    )
    _add_commit_checks(draft, past)


def _require_creatable(draft: PlanDraft, names: Sequence[str]) -> None:
    """Refuse an `up` that is known to fail.

    Raises:
        OperationError: It would fail.
    """
    require_dependencies(draft, names)
    facts = replace(draft.facts, build_troubles={})  # `up --no-build`
    for name in names:
        target = find_target(name, draft.snapshot)
        if target and (reason := why_up_fails(target, draft.snapshot, facts)):
            raise OperationError(f"Roll back would fail: {name} {reason}.")
        if target and (reason := why_up_cannot_start(target, draft.snapshot, facts)):
            raise OperationError(f"Roll back would fail: {name} {reason}.")


def _recreated(draft: PlanDraft, past: BackupComparison) -> set[str]:
    """Return the services whose image changes, so that they are certainly recreated."""
    return {
        ran.service
        for ran in past.deployment.images
        if ran.running and not _is_gone(draft, ran) and _images_now(draft, ran) != {ran.image_id}
    }


def _images_now(draft: PlanDraft, ran: RanImage) -> set[SafeText]:
    target = find_target(ran.service, draft.snapshot)
    return {container.image_id for container in target.containers} if target else set()


def _is_gone(draft: PlanDraft, ran: RanImage) -> bool:
    return (
        draft.facts.existing_images is not None and ran.image_id not in draft.facts.existing_images
    )


def _add_file_effects(draft: PlanDraft, past: BackupComparison) -> None:
    """Add an effect for each replaced file, with its differences if they can be shown."""
    for source in sorted(past.replaced):
        variables = [name for file, name in past.changed_variables if file == plain(source)]
        lines = [line for file, line in past.changed_lines if file == plain(source)]
        if variables:
            draft.affect(source, "had other values", f"differing: {', '.join(variables)}")
        for line in lines:
            draft.affect(source, line)
        if not variables and not lines:
            draft.affect(source, "is replaced by the backup", "no different value was found")


def _add_image_effects(draft: PlanDraft, past: BackupComparison) -> None:
    for ran in past.deployment.images:
        target = find_target(ran.service, draft.snapshot)
        now, gone = _images_now(draft, ran), _is_gone(draft, ran)
        if gone:
            draft.warn("image", f"{ran.service} ran {_short(ran.image_id)}, which no longer "
                                f"exists here: it gets the current {ran.image}")  # fmt: skip
        if now != {ran.image_id} and not gone:
            was = ", ".join(sorted(map(_short, now))) or "nothing"
            draft.affect(ran.service, f"runs {_short(ran.image_id)} again", f"now {was}")
        if target is not None and ran.running:
            created = 0 if target.containers else 1
            stays = now == {ran.image_id} and not past.replaced
            if not stays:
                draft.note_removed_containers(container.name for container in target.containers)
            draft.expect_running(target, (), created=created, incidental=stays)
            if target.up and now != {ran.image_id}:
                draft.interrupt(target, "while its container is recreated")
            elif target.up and past.replaced:
                words = "while its container is recreated, if the change affects it"
                draft.interrupt(target, words)


def _add_commit_checks(draft: PlanDraft, past: BackupComparison) -> None:
    """Compare the commits of then and now, and add the commands that check out the old sources."""
    then, now = past.deployment, draft.facts.deployment
    if not then.commit:
        if then.trouble:
            draft.warn("commit", f"its commit at that time is unknown: {then.trouble}")
        return
    if now.trouble or not now.commit:
        why = now.trouble or "the folder is not a git checkout"
        draft.warn("commit", f"it ran {_named(then.commit)}; the current commit is unknown: {why}")
    here, there = dict(now.submodules), dict(then.submodules)
    moves = [] if now.commit in {then.commit, ""} else [("the folder", then.commit, now.commit)]
    moves += [
        (path, there.get(path, _NONE), here.get(path, _NONE))
        for path in sorted({*here, *there})
        if now.commit and there.get(path, _NONE) != here.get(path, _NONE)
    ]
    for place, was, at in moves:
        draft.warn("commit", f"{place} was at {_named(was)}, and is now at {_named(at)}")
    if then.dirty:
        draft.warn("commit", f"changes that were not committed then are lost: {_listed(then)}")
    if moves:
        _warn_of_sources(draft, then, now)
    elif now.commit:
        count = f", and so are {len(there)} submodules" if there else ""
        message = f"the sources are at {_named(then.commit)}, as they were then{count}"
        draft.checks.append(PlanCheck(SafeText("commit"), ok=True, message=plain(message)))


def _warn_of_sources(draft: PlanDraft, then: Deployment, now: Deployment) -> None:
    words = " && ".join(
        shown(line) for line in _checkout_commands(draft.command.directory, then, now)
    )
    draft.warn(
        "sources",
        "sources are not changed: the old images run. To check out the old sources as well, run "
        f"this first, then make the plan again: {words}"
        if words
        else "sources are not changed: the old images run",
    )
    if now.dirty and words:
        draft.warn(
            "sources",
            f"there are uncommitted changes ({_listed(now)}): keep them first (`git stash`)",
        )


def _checkout_commands(folder: str, then: Deployment, now: Deployment) -> list[tuple[str, ...]]:
    """Return the commands that check out the old commits, parent repositories first."""
    here, update = dict(now.submodules), ("submodule", "update", "--init")
    lines: list[tuple[str, ...]] = []
    updated: list[str] = []
    """Below these paths, each submodule is at the commit that its parent names."""
    if now.commit != then.commit:
        lines.append(("git", "-C", folder, "checkout", then.commit))
        lines.append(("git", "-C", folder, *update, "--recursive"))
        updated.append("")
    for path, commit in then.submodules:
        named = any(path.startswith(above) for above in updated)
        moves = path in then.moved if named else here.get(path) != commit
        if not commit or not moves:
            continue
        if not named and not here.get(path):
            above = max((item for item, _ in then.submodules if path.startswith(f"{item}/")),
                        key=len, default="")  # fmt: skip
            place, own = (f"{folder}/{above}", path[len(above) + 1 :]) if above else (folder, path)
            lines.append(("git", "-C", place, *update, "--recursive", "--", own))
        lines.append(("git", "-C", f"{folder}/{path}", "checkout", commit))
        updated.append(f"{path}/")
        if any(other.startswith(f"{path}/") for other, _ in then.submodules):
            lines.append(("git", "-C", f"{folder}/{path}", *update, "--recursive"))
    return lines


def _listed(state: Deployment) -> str:
    return ", ".join("the folder itself" if place == "." else place for place in state.dirty)


def _named(commit: str) -> str:
    return commit[:12] if commit and commit != _NONE else commit or "no commit (not checked out)"


def _short(image_id: str) -> str:
    return image_id.removeprefix("sha256:")[:12]


ACTION: Final = Action(
    name="roll-back",
    verb="Roll back to",
    menu_title="Roll back to a backup",
    group=ActionGroup.BACKUPS,
    when="The stack worked when the backup was made, and a later change broke it. Data is not "
    "changed (use `restore` for that), nor are sources: the plan lists the commits that "
    "differ, and the commands to check them out.",
    failure_hint="The output names the replaced files. If an image no longer exists, check out the "
    "old sources with the plan's commands, and rebuild.",
    draft=draft_roll_back,
    scope=Scope.BACKUP,
    choices=backup_choices,
    blocked_by=why_no_backup,
    needs_project=False,
)
