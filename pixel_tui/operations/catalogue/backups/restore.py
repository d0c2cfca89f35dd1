"""Restore the data and files of a backup; replaced files are kept beside the new ones."""

from collections.abc import Sequence
from typing import Final

from pixel_tui.backups.holders import Holder
from pixel_tui.backups.manifest import ItemKind, Manifest
from pixel_tui.humanize import listed, size, span
from pixel_tui.operations.catalogue.backups.choices import (
    backup_choices,
    backup_summary,
    chosen_backup,
    why_no_backup,
)
from pixel_tui.operations.catalogue.backups.data_users import DataUsers, data_users
from pixel_tui.operations.catalogue.backups.restore_checks import require_restorable, warn_of_backup
from pixel_tui.operations.catalogue.backups.worker_steps import (
    add_backup_step,
    add_worker_step,
    pinned_options,
)
from pixel_tui.operations.planning.action import Action, ActionGroup, Scope
from pixel_tui.operations.planning.draft import PlanDraft
from pixel_tui.operations.planning.plan import Expectation, ExpectedState, FileMark, Risk, Step
from pixel_tui.operations.planning.targets import Target, find_target
from pixel_tui.text import SafeText, plain

_CANCEL_STOP: Final = SafeText("Some services are stopped; nothing was restored.")
_CANCEL_START: Final = SafeText("The data is restored; some services are not running yet.")


def draft_restore(draft: PlanDraft) -> None:
    """Draft: check, back up, stop the users of the data, restore it, start them again."""
    _draft(draft, save_first=True)
    draft.irreversible.append(
        plain(
            f"data written after {_created_at(draft)} is only in the backup made first, and in the "
            "files that are kept beside the new ones"
        )
    )


def draft_restore_without_backup(draft: PlanDraft) -> None:
    """Draft the same without a backup first, for which a full disk has no space."""
    _draft(draft, save_first=False)
    draft.confirm_loss = SafeText("no-backup")
    draft.irreversible.append(
        plain(
            f"data written after {_created_at(draft)} is in NO backup, only in the files that are "
            "kept beside the new ones"
        )
    )
    _, manifest = chosen_backup(draft)
    for item in manifest.items:
        if item.kind is ItemKind.POSTGRES:
            words = f"the current content of the databases of {item.source} is lost permanently"
            draft.irreversible.append(plain(words))


def _created_at(draft: PlanDraft) -> str:
    _, manifest = chosen_backup(draft)
    return f"{manifest.created:%Y-%m-%d %H:%M} UTC"


def _draft(draft: PlanDraft, *, save_first: bool) -> None:
    past, manifest = chosen_backup(draft)
    for found in past.shortages:
        # The worker checks this too, but a known shortage needs no step.
        raise found.error
    draft.risk = Risk.DESTRUCTIVE
    draft.reason = backup_summary(past.backup, draft.facts)
    warn_of_backup(draft, past, manifest)
    servers = {item.server for item in manifest.items if item.server}
    skipped = {*_unavailable_servers(draft, servers), *_missing_volumes(draft, manifest)}
    items = [
        item
        for item in manifest.items
        if item.kind is not ItemKind.DEPLOYMENT and not {item.server, item.volume} & skipped
    ]
    require_restorable(draft, past, items)
    replaced = [item for item in items if item.source not in past.unchanged]
    users = data_users(draft, past, replaced, frozenset(servers - skipped))
    options = [*pinned_options(past, manifest), *(f"--without={name}" for name in sorted(skipped))]
    add_worker_step(
        draft,
        f"Check {draft.subject} before anything is stopped",
        "Nothing was changed.",
        "check",
        *options,
        *(["--backup-first"] if save_first else []),
        *(f"--stopping={container_id}" for container_id in users.container_ids),
        name=draft.subject,
        changes_nothing=True,
    )
    if save_first:
        add_backup_step(draft, past.backup.id, "restoring")
    _stop(draft, users)
    add_worker_step(
        draft,
        f"Restore {draft.subject}",
        "Restored files stay; the replaced ones are beside them, with the time in their names.",
        "restore",
        *options,
        name=draft.subject,
    )
    _start(draft, users)
    for item in items:
        if item not in replaced:
            draft.affect(item.title, "is unchanged", "identical to the backup's")
            # If it changes before the plan is run, the restore would replace it.
            draft.files.append(FileMark(past.real_paths[item.source], item.sha256))
            continue
        place = past.real_paths.get(item.source, "")
        elsewhere = place and not place.endswith(f"/{item.source}")
        draft.affect(
            item.title,
            f"is replaced by the backup ({size(item.size)})",
            f"a link leads to {place}" if elsewhere else "",
        )
    if past.changed_variables:
        draft.warn("in sync", "containers keep the variables they were made with: `recreate` them")


def _stop(draft: PlanDraft, users: DataUsers) -> None:
    _step(draft, users.services, "stop", "Stop the users of the data", _CANCEL_STOP)
    containers = (*users.oneoffs, *users.others)
    _docker(draft, containers, "stop", "Stop", _CANCEL_STOP)
    for target in users.services:
        draft.interrupt(
            target,
            f"up to {span(target.stop_grace_seconds)} to stop, then until everything is restored",
        )
    for holder in containers:
        kind = "a one-off container" if holder in users.oneoffs else holder.whose
        back = holder in _restarted(users)
        change = "is stopped, and started again" if back else "is stopped, and stays stopped"
        draft.affect(holder.name, change, f"{kind} that uses the data")
        how_long = "up to 10 s to stop, then until everything is restored" if back else "stays down"
        draft.interrupts.append(plain(f"{holder.name}: {how_long}"))
        if not back:
            draft.warn("stays stopped", f"{holder.name} ({kind}): its work is interrupted")
        if holder in users.oneoffs:
            stopped = Expectation(plain(holder.name), ExpectedState.STOPPED, container_id=holder.id)
            draft.expected.append(stopped)


def _start(draft: PlanDraft, users: DataUsers) -> None:
    _step(draft, users.services, "start", "Start the services that ran before", _CANCEL_START)
    _docker(draft, _restarted(users), "start", "Start", _CANCEL_START)
    for target in users.services:
        draft.expect_running(target, target.up, incidental=target.name in users.dependants)


def _restarted(users: DataUsers) -> tuple[Holder, ...]:
    """Return the containers to start again; the engine removes `--rm` containers when they stop."""
    return tuple(holder for holder in users.others if not holder.passing)


def _missing_volumes(draft: PlanDraft, manifest: Manifest) -> list[str]:
    """Return the volumes of the backup that don't exist, so that their databases are skipped."""
    wanted = {item.volume for item in manifest.items if item.volume}
    existing = draft.facts.volumes
    gone = [] if existing is None else sorted(wanted - {volume.name for volume in existing})
    for name in gone:
        words = f"volume {name} does not exist: its databases are not restored (`start` creates it)"
        draft.warn("volume", words)
    return gone


def _unavailable_servers(draft: PlanDraft, servers: set[str]) -> list[str]:
    """Return the Postgres servers that are down, so that their dumps are skipped."""
    skipped = []
    for name in sorted(servers):
        target = find_target(name, draft.snapshot)
        if target is not None and target.up:
            draft.expect_running(target, ())
        else:
            skipped.append(name)
            draft.warn("postgres", f"{name} is not running: its dump is not restored (start it)")
    return skipped


def _step(
    draft: PlanDraft, targets: Sequence[Target], word: str, title: str, cancel_effect: SafeText
) -> None:
    """Stop or start services with compose, or their containers if compose refuses the project."""
    if not targets:
        return
    names = [target.name for target in targets]
    if draft.snapshot.project_trouble is None and all(target.spec for target in targets):
        argv = draft.command.compose_argv(word, names=names)
    else:
        up = [container.id for target in targets for container in target.up]
        argv = draft.command.docker_argv(word, names=up)
    draft.steps.append(Step(plain(title), argv, cancel_effect))


def _docker(
    draft: PlanDraft, holders: Sequence[Holder], word: str, verb: str, cancel_effect: SafeText
) -> None:
    """Stop or start containers by id, because a name may be reused in the meantime."""
    if holders:
        argv = draft.command.docker_argv(word, names=[holder.id for holder in holders])
        title = plain(f"{verb} {listed([plain(holder.name) for holder in holders])}")
        draft.steps.append(Step(title, argv, cancel_effect))


ACTION: Final = Action(
    name="restore",
    verb="Restore",
    group=ActionGroup.BACKUPS,
    when="Data is lost or damaged, or `.env` or the compose file is broken, and the backup has "
    "an intact copy.",
    failure_hint="If the check fails, nothing was stopped: fix the reported problem, or use "
    "another backup. If a later step fails, the services stay stopped, and the last line says "
    "where the replaced files are. Rename a file to undo its restore, or restore the backup that "
    "was made first.",
    draft=draft_restore,
    scope=Scope.BACKUP,
    choices=backup_choices,
    blocked_by=why_no_backup,
    needs_project=False,
)
