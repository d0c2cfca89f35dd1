"""A candidate's impact, and its effects in a plan."""

from collections.abc import Sequence

from pixel_tui.environment.apply.impact import Impact, ServiceChange, ServiceImpact
from pixel_tui.errors import OperationError
from pixel_tui.humanize import listed
from pixel_tui.operations.planning.draft import PlanDraft
from pixel_tui.operations.planning.environment_facts import Candidate


def accepted_impact(draft: PlanDraft, candidate: Candidate) -> Impact:
    """Return what a candidate would change.

    Raises:
        OperationError: Compose refuses it, or has not evaluated it yet.
    """
    if candidate.impact is None:
        if (trouble := draft.snapshot.project_trouble) is not None:
            raise OperationError(trouble.what, hint=trouble.hint)
        raise OperationError("Compose has not evaluated this change yet.", hint="Try again.")
    if candidate.impact.refusal:
        raise OperationError(candidate.impact.refusal, hint="Fix it in the editor first.")
    return candidate.impact


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
