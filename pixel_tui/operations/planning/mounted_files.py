"""Restarts for containers that mount a replaced file itself: they keep the old one until then."""

from collections.abc import Collection
from typing import Final

from pixel_tui.operations.planning.draft import PlanDraft
from pixel_tui.operations.planning.plan import is_up
from pixel_tui.operations.planning.restarting import draft_restart
from pixel_tui.operations.planning.start_failures import why_restart_fails
from pixel_tui.operations.planning.targets import Target, find_targets
from pixel_tui.stack.model.container import Container
from pixel_tui.stack.model.mounted_file import mounts_single_file
from pixel_tui.stack.model.target_ref import TargetRef

_MOUNTS: Final = "mounts a file that is replaced, not its folder"
_OUTSIDE: Final = "a container outside the project"


def restart_mounting(
    draft: PlanDraft,
    files: Collection[str],
    *,
    recreated: Collection[str] = (),
    unknown: Collection[str] = (),
) -> None:
    """Restart, at the end, the services that mount a replaced file itself.

    Containers outside the project, those that can't be started again, and one-offs, whose command
    would run again, only get a warning.

    Args:
        draft: The plan being drafted.
        files: The absolute paths of the files, with all their aliases.
        recreated: Services that are recreated anyway.
        unknown: Services that compose may not know by then: their containers are restarted.
    """
    if not files:
        return
    _warn_of_others(draft, files)
    wanted: dict[TargetRef, None] = {}
    for container in _mounting(draft, files):
        if container.service in recreated:
            continue
        if container.oneoff:
            draft.warn(
                "mounted",
                f"{container.name} {_MOUNTS}, and reads the old one until it exits: a restart "
                "would run its command again",
            )
            continue
        by_container = container.service in unknown
        wanted[TargetRef(container.service, container.id if by_container else None)] = None
    targets = tuple(
        item for item in find_targets(list(wanted), draft.snapshot) if _can_restart(draft, item)
    )
    if not targets:
        return
    chosen, draft.targets = draft.targets, targets
    expected, draft.expected = draft.expected, []
    draft_restart(draft, cause=f"it {_MOUNTS}")
    restarted = {item.name for item in draft.expected}
    draft.expected[:0] = [item for item in expected if item.name not in restarted]
    draft.targets = chosen


def _mounting(draft: PlanDraft, files: Collection[str]) -> list[Container]:
    return [
        container
        for service in draft.snapshot.services
        for container in service.containers
        if is_up(container)
        and container not in service.leftovers
        and mounts_single_file(
            [item.source for item in container.mounts if item.kind == "bind"],
            files,
            draft.facts.links,
        )
    ]


def _warn_of_others(draft: PlanDraft, files: Collection[str]) -> None:
    """Warn of running containers outside the project that mount one of the files."""
    if draft.facts.holders is None:
        draft.warn("mounted", f"unknown whether {_OUTSIDE} {_MOUNTS}: Docker did not list its "
                              "containers in time")  # fmt: skip
        return
    own = {item.id for service in draft.snapshot.services for item in service.containers}
    for holder in draft.facts.holders:
        mounting = mounts_single_file(holder.places, files, draft.facts.links)
        if holder.running and holder.id not in own and mounting:
            draft.warn(
                "mounted",
                f"{holder.name} ({holder.whose}) {_MOUNTS}, and reads the old one until you restart"
                f" it: docker restart {holder.name}",
            )


def _can_restart(draft: PlanDraft, target: Target) -> bool:
    if not target.up:
        return False  # its running containers are not those of `up`
    if reason := why_restart_fails(target, draft.snapshot, draft.facts):
        draft.skip(target.name, f"{_MOUNTS}, and {reason}")
        return False
    return True
