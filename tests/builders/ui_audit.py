"""Driving the audit screen."""

from pixel_tui.clock import FixedClock
from pixel_tui.operations.audit.trail import AuditTrail
from tests.builders.audit import BEGAN, ORIGIN
from tests.ui.driving import Console


def trail(it: Console) -> AuditTrail:
    """The audit trail that the console shows."""
    return AuditTrail(it.app.parts.state_folder / "audit.jsonl", FixedClock(BEGAN), ORIGIN)
