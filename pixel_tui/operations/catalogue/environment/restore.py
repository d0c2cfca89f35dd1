"""Restore a saved version of the `.env`; containers are not changed.

Services that mount the file itself, not its folder, are restarted: they read the old one until
then.
"""

from collections.abc import Sequence
from typing import Final

from pixel_tui.errors import NothingToDo, OperationError
from pixel_tui.operations.catalogue.environment.choices import (
    file_name,
    file_prefix,
    why_no_environment,
)
from pixel_tui.operations.catalogue.environment.worker_steps import (
    SAVE_CANCEL_EFFECT,
    add_worker_step,
)
from pixel_tui.operations.planning.action import Action, ActionGroup, Choice, Scope
from pixel_tui.operations.planning.draft import PlanDraft
from pixel_tui.operations.planning.facts import Facts
from pixel_tui.operations.planning.mounted_files import restart_mounting
from pixel_tui.operations.planning.plan import FileMark
from pixel_tui.stack.model.snapshot import StackSnapshot
from pixel_tui.text import plain


def draft_restore(draft: PlanDraft) -> None:
    """Draft a restore, and a restart of the services that mount the file itself."""
    found = (
        (one, item)
        for one in draft.facts.environment.all_files
        for item in one.versions
        if item.id == draft.subject
    )
    environment, version = next(found, (None, None))
    if environment is None or version is None:
        raise OperationError("No such version.", on=draft.subject)
    if version.sha256 == environment.sha256:
        raise NothingToDo("The file already has that version.")
    draft.subject = file_name(environment)
    title = f"Restore {draft.subject}"
    add_worker_step(draft, environment, title, SAVE_CANCEL_EFFECT, "restore", name=version.id)
    draft.files.append(FileMark(str(version.path), version.sha256))
    draft.reason = plain(f"saved on {version.time:%Y-%m-%d %H:%M} UTC")
    draft.warn(
        "in sync",
        "containers keep the environment they were created with: the table then shows which must "
        "be recreated",
    )
    restart_mounting(draft, {environment.path, environment.target})


def why_no_version(snapshot: StackSnapshot, facts: Facts) -> str:
    """Return why no version can be restored; empty if one can."""
    if reason := why_no_environment(snapshot, facts):
        return reason
    kept = any(item.versions for item in facts.environment.all_files)
    return "" if kept else "No version has been saved yet."


def version_choices(facts: Facts) -> Sequence[Choice]:
    """Return the saved versions, file by file, newest first."""
    return tuple(
        Choice(
            plain(item.id),
            plain(
                f"{file_prefix(one, facts)}{item.time:%Y-%m-%d %H:%M:%S} UTC  {item.size} bytes"
                + ("  (current)" if item.sha256 == one.sha256 else "")
            ),
        )
        for one in facts.environment.all_files
        for item in one.versions
    )


ACTION: Final = Action(
    name="environment-restore",
    verb="Restore a version of",
    menu_title="Restore a version",
    group=ActionGroup.ENVIRONMENT,
    when="An edit of the environment was wrong, and you want an older version. The current file "
    "is kept as a version too. Services that mount the file itself are restarted.",
    failure_hint="The file was not changed: compose refuses the old version, or the last line says "
    "why.",
    draft=draft_restore,
    scope=Scope.VERSION,
    choices=version_choices,
    blocked_by=why_no_version,
    needs_project=False,
)
