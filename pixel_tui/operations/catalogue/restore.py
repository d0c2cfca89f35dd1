"""Put the data and files of a backup back; what is there now is put aside."""

from pathlib import PurePosixPath
from typing import Final

from pixel_tui.backups.manifest import Kind, Manifest
from pixel_tui.backups.words import size_words
from pixel_tui.operations.action import Action, Group, Scope
from pixel_tui.operations.backups import (
    backup_choices,
    backup_first,
    chosen_backup,
    no_backup,
    running_targets,
    state_words,
    warn_of,
    worker_step,
)
from pixel_tui.operations.dependencies import needed_by
from pixel_tui.operations.draft import Draft
from pixel_tui.operations.plan import Risk, Step
from pixel_tui.operations.targets import Target, find_target
from pixel_tui.operations.words import duration
from pixel_tui.stack.compose_command import option
from pixel_tui.text import SafeText, plain

_CANCEL_STOP: Final = SafeText("Some services are stopped; nothing has been restored.")
_CANCEL_START: Final = SafeText("It is restored; some services do not run yet.")


def draft_restore(draft: Draft) -> None:
    """Back up, stop what uses the data, put it back, start what ran."""
    past, manifest = chosen_backup(draft)
    draft.risk = Risk.DESTRUCTIVE
    draft.reason = state_words(past.backup, draft.facts)
    warn_of(draft, past.backup, manifest)
    servers = {item.server for item in manifest.items if item.server}
    users = _users(draft, manifest, servers)
    backup_first(draft, past.backup.id, "restoring")
    _step(draft, users, "stop", "Stop", _CANCEL_STOP)
    left_alone = [*_without(draft, servers), *_volumes_gone(draft, manifest)]
    worker_step(
        draft,
        f"Restore {draft.subject}",
        "What has been put back stays; what it replaced is beside it, under a name with the time.",
        "restore",
        *(word for name in left_alone for word in option("--without", name)),
        name=draft.subject,
    )
    _step(draft, users, "start", "Start", _CANCEL_START)
    for item in manifest.items:
        if item.kind is not Kind.DEPLOYMENT and not {item.source, item.volume} & set(left_alone):
            draft.affect(item.title, f"is replaced by what it was ({size_words(item.size)})")
    if past.changed_variables:
        draft.warn("in sync", "containers keep the variables they were made with: `recreate` them")
    for target in users:
        draft.interrupt(target, f"up to {duration(target.grace)} to stop, then until all is back")
        draft.expect_running(target, target.up)
    draft.irreversible.append(
        plain(
            f"what was written after {manifest.created:%Y-%m-%d %H:%M} UTC is only in the backup"
            " made first, and in the files that are put aside"
        )
    )


def _users(draft: Draft, manifest: Manifest, servers: set[str]) -> list[Target]:
    """What runs and uses the data: it mounts a part of it, or depends on a server.

    Where compose refuses the project nobody knows who depends on whom: all that runs does.
    """
    running = [target for target in running_targets(draft) if target.name not in servers]
    if draft.snapshot.project is None:
        return running
    dependants = needed_by(draft.project, servers)
    folder = PurePosixPath(draft.command.directory)
    sources = [
        folder / item.source for item in manifest.items if item.kind in {Kind.SQLITE, Kind.FILE}
    ]
    volumes = {item.volume for item in manifest.items if item.volume}
    return [
        target
        for target in running
        if target.name in dependants or _mounts(target, sources) or _holds(target, volumes)
    ]


def _mounts(target: Target, sources: list[PurePosixPath]) -> bool:
    mounted = [
        PurePosixPath(mount.source)
        for container in target.containers
        for mount in container.mounts
        if mount.kind == "bind"
    ]
    return any(source.is_relative_to(place) for source in sources for place in mounted)


def _holds(target: Target, volumes: set[str]) -> bool:
    return any(
        mount.kind == "volume" and mount.source in volumes
        for container in target.containers
        for mount in container.mounts
    )


def _volumes_gone(draft: Draft, manifest: Manifest) -> list[str]:
    """The volumes of the backup that are not there; there is no place for their databases."""
    wanted = {item.volume for item in manifest.items if item.volume}
    gone = [] if draft.facts.volumes is None else sorted(wanted - set(draft.facts.volumes))
    for name in gone:
        words = f"volume {name} is not there: its databases are not restored (`start` makes it)"
        draft.warn("volume", words)
    return gone


def _without(draft: Draft, servers: set[str]) -> list[str]:
    """The Postgres servers that can't be restored into now."""
    left_alone = []
    for name in sorted(servers):
        target = find_target(name, draft.snapshot)
        if target is not None and target.up:
            draft.expect_running(target, ())
        else:
            left_alone.append(name)
            draft.warn("postgres", f"{name} does not run: its dump is not restored (start it)")
    return left_alone


def _step(draft: Draft, targets: list[Target], word: str, verb: str, cancelling: SafeText) -> None:
    """Stop or start, by compose where it knows the project, else by the engine."""
    if not targets:
        return
    title = plain(f"{verb} what uses the data" if word == "stop" else f"{verb} what ran before")
    if draft.snapshot.project_trouble is None and all(target.spec for target in targets):
        argv = draft.command.compose_argv(word, names=[target.name for target in targets])
    else:
        names = [container.name for target in targets for container in target.up]
        argv = draft.command.docker_argv(word, names=names)
    draft.steps.append(Step(title, argv, cancelling))


ACTION: Final = Action(
    name="restore",
    verb="Restore",
    group=Group.BACKUPS,
    when="Data is lost or damaged, or `.env` or the compose file is broken, and the backup has it"
    " whole.",
    failing="The last line says what was put aside and where; the services stay stopped. Put a"
    " file back by its name, or restore the backup that was made first.",
    draft=draft_restore,
    scope=Scope.BACKUP,
    choices=backup_choices,
    obstacle=no_backup,
    needs_project=False,
)
