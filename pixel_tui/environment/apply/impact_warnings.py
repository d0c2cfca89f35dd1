"""Warnings before a candidate is saved. Pure."""

from collections.abc import Collection, Mapping

from pixel_tui.environment.apply.impact import ServiceImpact
from pixel_tui.stack.compose.candidate_reading import CandidateReading
from pixel_tui.stack.watch.running_services import RunningService
from pixel_tui.text import SafeText, plain


def impact_warnings(
    candidate: CandidateReading,
    current: CandidateReading,
    running: Mapping[str, RunningService],
    found: Mapping[str, ServiceImpact],
    changed: Collection[str],
) -> tuple[SafeText, ...]:
    """Return the warnings, in display order.

    Args:
        candidate: The project with the candidate.
        current: The project with the current file.
        running: The services that have containers.
        found: The services that the candidate changes.
        changed: The keys that it changes, adds or removes, and that no later file sets.
    """
    return (
        *candidate.warnings,
        *_renamed(candidate, current),
        *_unread(running),
        *_activated(candidate, current, running),
        *_cached(candidate, found, changed),
    )


def _unread(running: Mapping[str, RunningService]) -> list[SafeText]:
    return [
        plain(
            f"A container of {name} can't be inspected, so only its labels show its "
            f"configuration: {run.unread}"
        )
        for name, run in sorted(running.items())
        if run.unread
    ]


def _activated(
    candidate: CandidateReading,
    current: CandidateReading,
    running: Mapping[str, RunningService],
) -> list[SafeText]:
    """Warn of services that another `COMPOSE_PROFILES` or `COMPOSE_FILE` adds or removes."""
    if current.refusal:
        return []
    now = {name for name, service in candidate.services.items() if service.active}
    before = {name for name, service in current.services.items() if service.active}
    up = {name for name, item in running.items() if item.up}
    warnings = []
    if added := sorted(now - before - up):
        warnings.append(f"With this file `up` starts {', '.join(added)} as well.")
    removed = sorted(before - now)
    if running_on := [name for name in removed if name in up]:
        warnings.append(
            f"With this file {', '.join(running_on)} is no longer active; its containers run until "
            "they are stopped."
        )
    if others := [name for name in removed if name not in up]:
        warnings.append(f"With this file `up` no longer starts {', '.join(others)}.")
    return [plain(item) for item in warnings]


def _cached(
    candidate: CandidateReading, found: Mapping[str, ServiceImpact], changed: Collection[str]
) -> list[SafeText]:
    """Warn of builds that may use cached steps with an old secret."""
    names = [
        name for name in sorted(found) if candidate.services[name].build_secrets & set(changed)
    ]
    if not names:
        return []
    return [
        plain(
            "A build uses cached steps even if a secret has changed. To change the image of "
            f"{', '.join(names)}, use hard-rebuild."
        )
    ]


def _renamed(candidate: CandidateReading, current: CandidateReading) -> list[SafeText]:
    if not current.project or current.project == candidate.project:
        return []
    return [
        plain(
            f"The project name would become {candidate.project}: the containers belong to "
            f"{current.project}, and would keep running beside a second stack."
        )
    ]
