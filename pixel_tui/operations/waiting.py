"""A step that waits: it changes nothing, and what comes behind it finds what it needs."""

from collections.abc import Sequence
from typing import Final

from pixel_tui.operations.draft import Draft
from pixel_tui.operations.plan import Step
from pixel_tui.operations.targets import Target
from pixel_tui.operations.words import duration, listed
from pixel_tui.stack.health_wait import wait_argv
from pixel_tui.text import SafeText, plain

LIMIT_SECONDS: Final = 120
"""What is not healthy by then is not waited for any longer: the plan goes on, and is verified."""
CANCELLING: Final = SafeText(
    "What is waited for has been restarted; what depends on it is left as it is."
)


def wait_for_health(draft: Draft, targets: Sequence[Target]) -> None:
    """Add a step that waits until these are healthy, where there are any.

    Args:
        draft: The plan in the making.
        targets: Services with a health check, and containers.
    """
    containers = [item.name for target in targets for item in target.containers]
    if containers:
        names = listed([target.name for target in targets])
        are = "is" if len(targets) == 1 else "are"
        title = f"Wait until {names} {are} healthy, for at most {duration(LIMIT_SECONDS)}"
        argv = wait_argv(draft.command, containers, LIMIT_SECONDS)
        draft.steps.append(Step(plain(title), argv, CANCELLING))
