"""Remove the containers and every named volume of the project."""

from typing import Final

from pixel_tui.backups.manifest import Kind, Manifest
from pixel_tui.backups.words import size_words
from pixel_tui.ledger.workers import workers_of
from pixel_tui.operations.action import Action, Group, Scope
from pixel_tui.operations.backups import no_place, state_words, verified_recently
from pixel_tui.operations.draft import Draft
from pixel_tui.operations.facts import Facts
from pixel_tui.operations.plan import Check, Risk, Step
from pixel_tui.operations.targets import find_target
from pixel_tui.stack.json_value import Node
from pixel_tui.stack.model import StackSnapshot
from pixel_tui.text import SafeText, plain


def no_fresh_backup(snapshot: StackSnapshot, facts: Facts) -> str:
    """Why nothing may be wiped."""
    if reason := no_place(snapshot, facts):
        return reason
    if verified_recently(snapshot, facts):
        return ""
    return (
        f"There is no verified backup younger than {facts.max_age_hours:g} hours."
        " Make one with `backup` and verify it with `verify-backup` first."
    )


def draft_wipe(draft: Draft) -> None:
    """`down --volumes`: what is lost is listed one by one."""
    draft.risk = Risk.DESTRUCTIVE
    past = verified_recently(draft.snapshot, draft.facts)
    if past is None or past.backup.manifest is None:
        return  # the obstacle has been asked before
    argv = draft.command.compose_argv("--profile", "*", "down", "--volumes")
    cancelling = SafeText("What has been removed is gone; the rest stays.")
    draft.steps.append(Step(draft.title(()), argv, cancelling))
    words = f"{past.backup.id} is {state_words(past.backup, draft.facts)}"
    draft.reason = plain(f"the backup {words}")
    draft.checks.append(Check(SafeText("backup"), ok=True, message=plain(words)))
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
    _tell_volumes(draft, past.backup.manifest)
    _tell_bind_mounts(draft)


def _tell_volumes(draft: Draft, manifest: Manifest) -> None:
    covered = {
        name.raw
        for item in manifest.items
        if item.kind is Kind.POSTGRES
        for name in Node(item.details)["volumes"]
    }
    copied = {item.volume for item in manifest.items if item.volume}
    mounted = _mounted(draft, "volume")
    if draft.facts.volumes is None:
        draft.warn("volumes", "the engine did not list them in time: only mounted ones are told")
    for name in sorted({*(draft.facts.volumes or ()), *mounted}):
        held = "in NO backup"
        if name in covered:
            held = "its database is dumped in the backup"
        elif name in copied:
            held = "its SQLite databases are in the backup, and NOTHING else of it"
        draft.irreversible.append(plain(f"volume {name} ({_size(draft, name)}): {held}"))


def _tell_bind_mounts(draft: Draft) -> None:
    for source in sorted(_mounted(draft, "bind")):
        message = plain(f"{source} ({_size(draft, source)}) is a folder of the host: not touched")
        draft.checks.append(Check(SafeText("bind mount"), ok=True, message=message))


def _mounted(draft: Draft, kind: str) -> set[SafeText]:
    return {
        mount.source
        for service in draft.snapshot.services
        for container in service.containers
        for mount in container.mounts
        if mount.kind == kind
    }


def _size(draft: Draft, name: str) -> str:
    size = draft.facts.sizes.get(name)
    return "size unknown" if size is None else size_words(size)


ACTION: Final = Action(
    name="wipe-volumes",
    verb="Wipe the volumes of",
    alone="Wipe the volumes",
    group=Group.RECOVERY,
    when="A volume holds what no rebuild mends, and a verified backup has what is worth keeping."
    " The last thing to try.",
    failing="A volume that is in use by another container stays: compose names it. Bring the stack"
    " up again with `start`, then `restore` the backup.",
    draft=draft_wipe,
    scope=Scope.PROJECT,
    obstacle=no_fresh_backup,
)
