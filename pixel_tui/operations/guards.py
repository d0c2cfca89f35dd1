"""Knowledge of a stack that its compose file does not hold."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from pixel_tui.operations.plan import Check
from pixel_tui.stack.model import StackSnapshot
from pixel_tui.text import SafeText, plain


@dataclass(frozen=True, slots=True)
class Guard:
    """A service that is not to be interrupted while a one-off container of another runs."""

    service: str
    worker: str
    """The service whose containers `docker compose run` makes."""
    consequence: SafeText


PIXEL_GUARDS: Final = (
    Guard(
        service="syntropy",
        worker="worker",
        consequence=SafeText("its task would be left without its orchestrator"),
    ),
)


def guard_checks(
    snapshot: StackSnapshot, interrupted: Iterable[str], guards: Iterable[Guard] = PIXEL_GUARDS
) -> tuple[Check, ...]:
    """A warning for each guarded service that is interrupted while its worker runs."""
    names = set(interrupted)
    checks = []
    for guard in guards:
        workers = snapshot.service(guard.worker)
        running = [item.name for item in workers.oneoffs if item.running] if workers else []
        if guard.service in names and running:
            message = f"{', '.join(running)} is at work: {guard.consequence}"
            checks.append(Check(SafeText("worker"), ok=False, message=plain(message)))
    return tuple(checks)


def guarded_by(
    interrupted: Iterable[str], guards: Iterable[Guard] = PIXEL_GUARDS
) -> tuple[SafeText, ...]:
    """The services whose state decides on a warning: a plan is outdated when they move."""
    names = set(interrupted)
    return tuple(SafeText(guard.worker) for guard in guards if guard.service in names)
