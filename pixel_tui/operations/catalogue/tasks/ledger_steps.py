"""The steps that change the ledger."""

from pathlib import PurePosixPath

from pixel_tui.humanize import listed
from pixel_tui.ledger.reading.places import LEDGER_NAME
from pixel_tui.ledger.writing.program import ledger_argv
from pixel_tui.operations.planning.draft import PlanDraft
from pixel_tui.operations.planning.plan import Step, is_up
from pixel_tui.text import SafeText, plain


def add_ledger_step(
    draft: PlanDraft, title: str, cancel_effect: str, verb: str, *words: str, task: str = ""
) -> None:
    """Add a step that runs the program for changes to the ledger.

    Args:
        draft: The plan.
        title: The step's title.
        cancel_effect: What cancelling this step leaves behind.
        verb: The program's verb.
        words: Its options.
        task: The id of the task.
    """
    argv = ledger_argv(draft.command, verb, *words, name=task)
    draft.steps.append(Step(plain(title), argv, SafeText(cancel_effect)))
    if verb not in {"lock", "unlock"}:
        _warn_of_file_mounts(draft)


def _warn_of_file_mounts(draft: PlanDraft) -> None:
    """Warn of containers that mount the ledger file itself: they keep the replaced file."""
    names = [
        container.name
        for service in draft.snapshot.services
        for container in service.containers
        if is_up(container)
        and any(PurePosixPath(mount.source).name == LEDGER_NAME for mount in container.mounts)
    ]
    if names and not any(check.name == "mounted" for check in draft.checks):
        mount = "mounts" if len(names) == 1 else "mount"
        draft.warn(
            "mounted",
            f"{listed(names)} {mount} {LEDGER_NAME} itself, not its folder: it uses the old file "
            "until a restart",
        )
