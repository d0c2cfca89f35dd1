"""Run the project as it ran when a backup was made: images, compose files, environment."""

from typing import Final

from pixel_tui.operations.action import Action, Group, Scope, refuse_nothing
from pixel_tui.operations.backups import (
    backup_choices,
    backup_first,
    chosen_backup,
    no_backup,
    state_words,
    warn_of,
    worker_step,
)
from pixel_tui.operations.draft import Draft
from pixel_tui.operations.facts import PastState
from pixel_tui.operations.plan import Risk, Step
from pixel_tui.operations.targets import find_target
from pixel_tui.text import SafeText, plain


def draft_roll_back(draft: Draft) -> None:
    """Back up, put files and tags back, `up` what ran then. Data is left as it is."""
    past, manifest = chosen_backup(draft)
    draft.risk = Risk.DISRUPTIVE
    draft.reason = state_words(past.backup, draft.facts)
    warn_of(draft, past.backup, manifest)
    backup_first(draft, past.backup.id, "rolling back to")
    worker_step(
        draft,
        f"Put back how it ran in {draft.subject}",
        "What has been put back stays; what it replaced is beside it, under a name with the time.",
        "roll-back",
        draft.subject,
    )
    names = sorted({ran.service for ran in past.deployment.images if ran.running})
    if names:
        argv = draft.command.compose_argv("up", "--detach", "--no-build", "--", *names)
        cancelling = SafeText("Files and tags are back; some services run as before.")
        draft.steps.append(Step(plain("Run it as it ran then"), argv, cancelling))
    _tell_images(draft, past)
    if past.changed_variables:
        listed = ", ".join(past.changed_variables)
        draft.affect(".env", "has other values then", f"differing: {listed}")
    for file, line in past.changed_lines:
        draft.affect(file, line)
    _tell_commits(draft, past)


def _tell_images(draft: Draft, past: PastState) -> None:
    for ran in past.deployment.images:
        target = find_target(ran.service, draft.snapshot)
        now = {container.image_id for container in target.containers} if target else set()
        gone = draft.facts.images is not None and ran.image_id not in draft.facts.images
        if gone:
            draft.warn("image", f"{ran.service} ran {_short(ran.image_id)}, which is not here"
                       f" any more: it gets what {ran.image} means now")  # fmt: skip
        if now != {ran.image_id} and not gone:
            was = ", ".join(sorted(map(_short, now))) or "nothing"
            draft.affect(ran.service, f"runs {_short(ran.image_id)} again", f"now {was}")
        if target is not None and ran.running:
            created = 0 if target.containers else 1
            draft.expect_running(target, (), created=created)
            moves = now != {ran.image_id} or past.changed_variables or past.changed_lines
            if target.up and moves:
                draft.interrupt(target, "while its container is made anew")


def _tell_commits(draft: Draft, past: PastState) -> None:
    then, now = past.deployment, draft.facts.deployment
    if then.commit and now.commit and then.commit != now.commit:
        draft.warn("commit", f"it ran {then.commit[:12]}, the folder is at {now.commit[:12]}:"
                   " sources are not moved, only images")  # fmt: skip
    here = dict(now.submodules)
    for path, commit in then.submodules:
        if here.get(path, commit) != commit:
            draft.warn("commit", f"{path} was at {commit[:12]}, and is at {here[path][:12]}")


def _short(image_id: str) -> str:
    return image_id.removeprefix("sha256:")[:12]


ACTION: Final = Action(
    name="roll-back",
    verb="Roll back to",
    group=Group.BACKUPS,
    when="It ran well when the backup was made, and does not since something was changed. Data is"
    " left as it is (`restore` puts that back).",
    failing="What was put aside is named in the output. Where an image is gone, check the commit"
    " out that the plan names, and rebuild.",
    refuse=refuse_nothing,
    draft=draft_roll_back,
    scope=Scope.BACKUP,
    choices=backup_choices,
    obstacle=no_backup,
    needs_project=False,
)
