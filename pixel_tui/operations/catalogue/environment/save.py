"""Save an edited environment as the `.env`; containers are not changed."""

from typing import Final

from pixel_tui.environment.apply.impact import ServiceChange
from pixel_tui.operations.catalogue.environment.choices import (
    candidate_choices,
    chosen_candidate,
    file_name,
    why_no_candidate,
)
from pixel_tui.operations.catalogue.environment.impact import accepted_impact, add_impact_effects
from pixel_tui.operations.catalogue.environment.worker_steps import (
    SAVE_CANCEL_EFFECT,
    add_worker_step,
)
from pixel_tui.operations.planning.action import Action, ActionGroup, Scope
from pixel_tui.operations.planning.draft import PlanDraft
from pixel_tui.operations.planning.plan import FileMark
from pixel_tui.text import SafeText


def draft_save(draft: PlanDraft) -> None:
    """Draft a save in one step, with what must be done to apply it."""
    environment, candidate = chosen_candidate(draft)
    impact = accepted_impact(draft, candidate)
    draft.subject = file_name(environment)
    title = f"Save {draft.subject}"
    add_worker_step(draft, environment, title, SAVE_CANCEL_EFFECT, "save", name=candidate.id)
    draft.files.append(FileMark(candidate.file, candidate.sha256))
    draft.reason = SafeText("it was edited")
    add_impact_effects(draft, impact.services, applied=False)
    for warning in impact.warnings:
        draft.warn("compose", warning)
    # Restarts belong to the other action, the apply.
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
