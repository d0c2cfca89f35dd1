"""The steps that run the environment worker."""

from dataclasses import replace
from typing import Final

from pixel_tui.environment.apply.worker import NO_FILE, worker_argv
from pixel_tui.operations.planning.draft import PlanDraft
from pixel_tui.operations.planning.environment_facts import EnvironmentFacts
from pixel_tui.operations.planning.plan import FileMark, Step
from pixel_tui.text import SafeText, plain

SAVE_CANCEL_EFFECT: Final = SafeText("The file is either the old or the new one, never partial.")


def add_worker_step(
    draft: PlanDraft,
    environment: EnvironmentFacts,
    title: str,
    cancel_effect: SafeText,
    *words: str,
    name: str = "",
    rolls_back: bool = False,
) -> None:
    """Add a step that runs the environment worker on the current file.

    Args:
        draft: The plan.
        environment: The file.
        title: The step's title.
        cancel_effect: What cancelling this step leaves behind.
        words: The verb and its options.
        name: The id of the candidate or version.
        rolls_back: Whether it rolls back if it is cancelled.
    """
    argv = worker_argv(
        replace(draft.command, edited=environment.edited),
        draft.snapshot.project_name,
        *words,
        *("--was", environment.sha256 or NO_FILE),
        name=name,
    )
    draft.steps.append(Step(plain(title), argv, cancel_effect, rolls_back=rolls_back))
    draft.files.append(FileMark(environment.path, environment.sha256))
