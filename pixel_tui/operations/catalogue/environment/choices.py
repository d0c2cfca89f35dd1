"""The environment files and candidates that an action can use, and which was chosen."""

from collections.abc import Sequence
from pathlib import PurePosixPath

from pixel_tui.environment.apply.confirmation import interrupted_hint
from pixel_tui.errors import OperationError
from pixel_tui.humanize import listed
from pixel_tui.operations.planning.action import Choice
from pixel_tui.operations.planning.draft import PlanDraft
from pixel_tui.operations.planning.environment_facts import Candidate, EnvironmentFacts
from pixel_tui.operations.planning.facts import Facts
from pixel_tui.stack.model.snapshot import StackSnapshot
from pixel_tui.text import SafeText, plain


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


def why_no_environment(snapshot: StackSnapshot, facts: Facts) -> str:
    """Return why the environment files can't be changed; empty if they can."""
    every = facts.environment.all_files
    if all(item.trouble for item in every):
        return facts.environment.trouble
    left = next(
        (item.interrupted_apply for item in every if item.interrupted_apply is not None), None
    )
    if left is None:
        return ""
    return f"An apply was interrupted. {left.description} {interrupted_hint(snapshot.typed)}"


def file_name(environment: EnvironmentFacts) -> SafeText:
    """Return the name of an environment file: `.env`, or that of `--env-file`."""
    return plain(PurePosixPath(environment.path).name or ".env")


def file_prefix(environment: EnvironmentFacts, facts: Facts) -> str:
    """Return the name of the file as a prefix if there are several files, else nothing."""
    return f"{file_name(environment)}  " if facts.environment.others else ""


def why_no_candidate(snapshot: StackSnapshot, facts: Facts) -> str:
    """Return why nothing can be saved; empty if something can."""
    if reason := why_no_environment(snapshot, facts):
        return reason
    waits = any(item.candidates for item in facts.environment.all_files)
    return "" if waits else "Nothing to save: edit it first."


def candidate_choices(facts: Facts) -> Sequence[Choice]:
    """Return the staged candidates, file by file, newest first."""
    return tuple(
        Choice(
            plain(item.id),
            plain(f"{file_prefix(one, facts)}{item.id}  {_summary(item, one.sha256)}"),
        )
        for one in facts.environment.all_files
        for item in one.candidates
    )


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


def _summary(candidate: Candidate, now: str) -> str:
    if candidate.base != now:
        return "based on another version of the file: merge it in the editor"
    if candidate.impact is None:
        return "its changes are unknown yet"
    if candidate.impact.refusal:
        return "compose refuses it"
    names = [item.service for item in candidate.impact.services]
    return f"changes {listed(names)}" if names else "changes no service"
