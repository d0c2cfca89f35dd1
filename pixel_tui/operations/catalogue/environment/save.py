"""Save an edited environment as the `.env`; containers are not changed."""

from typing import Final

from pixel_tui.environment.apply.impact import ServiceChange
from pixel_tui.operations.catalogue.environment.shared import (
    SAVE_CANCELLING,
    accepted_impact,
    candidate_choices,
    chosen_candidate,
    file_name,
    tell_impact,
    why_no_candidate,
    work_step,
)
from pixel_tui.operations.planning.action import Action, ActionGroup, Scope
from pixel_tui.operations.planning.draft import PlanDraft
from pixel_tui.operations.planning.plan import FileMark
from pixel_tui.text import SafeText


def draft_save(draft: PlanDraft) -> None:
    """One step; it says what would have to be done for the file to count."""
    environment, candidate = chosen_candidate(draft)
    impact = accepted_impact(candidate)
    draft.subject = file_name(environment)
    title = f"Save {draft.subject}"
    work_step(draft, environment, title, SAVE_CANCELLING, "save", name=candidate.id)
    draft.files.append(FileMark(candidate.file, candidate.sha256))
    draft.reason = SafeText("it was edited")
    tell_impact(draft, impact.services, applied=False)
    for warning in impact.warnings:
        draft.warn("compose", warning)
    # No restart: that is what the apply beside it is for.
    if any(item.change is ServiceChange.RESTART for item in impact.applied_to):
        draft.warn(
            "mounted", "services that mount the file itself read the old one until a restart"
        )
    if any(item.change is not ServiceChange.RESTART for item in impact.applied_to):
        draft.warn(
            "in sync",
            "containers keep the environment they were created with: a restart changes nothing",
        )


ACTION: Final = Action(
    name="environment-save",
    verb="Save",
    group=ActionGroup.ENVIRONMENT,
    when="The environment was edited, and the containers stay unchanged for now. The previous "
    "version is kept.",
    failure_hint="The file was not changed: the last line says why. Your edit stays in the editor.",
    draft=draft_save,
    scope=Scope.CANDIDATE,
    choices=candidate_choices,
    blocked_by=why_no_candidate,
    needs_project=False,
)
