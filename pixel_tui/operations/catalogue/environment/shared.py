"""Shared by the actions on environment files: choices, worker steps and effects."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Final

from pixel_tui.environment.apply.impact import Impact, ServiceChange, ServiceImpact
from pixel_tui.environment.apply.worker import NO_FILE, worker_argv
from pixel_tui.errors import OperationError
from pixel_tui.operations.planning.action import Choice
from pixel_tui.operations.planning.draft import PlanDraft
from pixel_tui.operations.planning.environment_facts import Candidate, EnvironmentFacts
from pixel_tui.operations.planning.facts import Facts
from pixel_tui.operations.planning.plan import FileMark, Step
from pixel_tui.operations.planning.words import listed
from pixel_tui.stack.model.snapshot import StackSnapshot
from pixel_tui.text import SafeText, plain

SAVE_CANCEL_EFFECT: Final = SafeText("The file is either the old or the new one, never partial.")


class CandidateOutdated(OperationError):
    """A candidate is based on older content of the file: saving it would undo a change.

    Args:
        path: The file.
    """

    def __init__(self, path: SafeText) -> None:
        super().__init__(
            "The file has changed since this edit began, so nothing was saved.",
            on=path,
            hint="Open the environment, merge, then save again.",
        )


def why_no_environment(_snapshot: StackSnapshot, facts: Facts) -> str:
    """Return why the environment files can't be changed; empty if they can."""
    every = facts.environment.all_files
    if all(item.trouble for item in every):
        return facts.environment.trouble
    left = next(
        (item.interrupted_apply for item in every if item.interrupted_apply is not None), None
    )
    if left is None:
        return ""
    return (
        f"An apply was interrupted. {left.description} Roll it back first "
        "(`environment-roll-back`), or recreate the services that lack it, and keep it "
        "(`pixel-tui env confirm`)."
    )


def file_name(environment: EnvironmentFacts) -> SafeText:
    """Return the name of an environment file: `.env`, or that of `--env-file`."""
    return plain(PurePosixPath(environment.path).name or ".env")


def why_no_candidate(snapshot: StackSnapshot, facts: Facts) -> str:
    """Return why nothing can be saved; empty if something can."""
    if reason := why_no_environment(snapshot, facts):
        return reason
    waits = any(item.candidates for item in facts.environment.all_files)
    return "" if waits else "Nothing to save: edit it first."


def why_no_version(snapshot: StackSnapshot, facts: Facts) -> str:
    """Return why no version can be restored; empty if one can."""
    if reason := why_no_environment(snapshot, facts):
        return reason
    kept = any(item.versions for item in facts.environment.all_files)
    return "" if kept else "No version has been saved yet."


def candidate_choices(facts: Facts) -> Sequence[Choice]:
    """Return the staged candidates, file by file, newest first."""
    return tuple(
        Choice(plain(item.id), plain(f"{_of(one, facts)}{item.id}  {_summary(item, one.sha256)}"))
        for one in facts.environment.all_files
        for item in one.candidates
    )


def version_choices(facts: Facts) -> Sequence[Choice]:
    """Return the saved versions, file by file, newest first."""
    return tuple(
        Choice(
            plain(item.id),
            plain(
                f"{_of(one, facts)}{item.time:%Y-%m-%d %H:%M:%S} UTC  {item.size} bytes"
                + ("  (current)" if item.sha256 == one.sha256 else "")
            ),
        )
        for one in facts.environment.all_files
        for item in one.versions
    )


def _of(environment: EnvironmentFacts, facts: Facts) -> str:
    """Return the name of the file as a prefix if there are several files, else nothing."""
    return f"{file_name(environment)}  " if facts.environment.others else ""


def chosen_candidate(draft: PlanDraft) -> tuple[EnvironmentFacts, Candidate]:
    """Return the candidate of the draft, and the file that it replaces.

    Raises:
        CandidateOutdated: It is based on older content of the file.
        OperationError: There is no candidate of that id.
    """
    for environment in draft.facts.environment.all_files:
        for candidate in environment.candidates:
            if candidate.id == draft.subject:
                if candidate.base != environment.sha256:
                    raise CandidateOutdated(environment.path)
                return environment, candidate
    for environment in draft.facts.environment.all_files:
        if environment.trouble:  # the candidate may be for this file
            raise OperationError(environment.trouble)
    raise OperationError("No such candidate.", on=draft.subject, hint="Save from the editor again.")


def accepted_impact(candidate: Candidate) -> Impact:
    """Return what a candidate would change.

    Raises:
        OperationError: Compose refuses it, or has not evaluated it yet.
    """
    if candidate.impact is None:
        raise OperationError("Compose has not evaluated this change yet.", hint="Try again.")
    if candidate.impact.refusal:
        raise OperationError(candidate.impact.refusal, hint="Fix it in the editor first.")
    return candidate.impact


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


def add_impact_effects(
    draft: PlanDraft, services: Sequence[ServiceImpact], *, applied: bool
) -> None:
    """Record which services a candidate changes, and by which keys."""
    for item in services:
        keys = f" ({listed(item.keys)})" if item.keys else ""
        cause = f"{item.cause}{keys}"
        if item.later:
            draft.affect(item.service, item.later, cause)
            continue
        what = {
            ServiceChange.RECREATE: "recreated",
            ServiceChange.REBUILD: "rebuilt and recreated",
            ServiceChange.RESTART: "restarted",
        }[item.change]
        draft.affect(item.service, f"is {what}" if applied else f"must be {what}", cause)


def _summary(candidate: Candidate, now: str) -> str:
    if candidate.base != now:
        return "based on another version of the file: merge it in the editor"
    if candidate.impact is None:
        return "its changes are unknown yet"
    if candidate.impact.refusal:
        return "compose refuses it"
    names = [item.service for item in candidate.impact.services]
    return f"changes {listed(names)}" if names else "changes no service"
