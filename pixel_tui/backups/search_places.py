"""Decides where to search for databases: in the project's folders, and in bind mounts."""

import os
from collections.abc import Sequence
from pathlib import Path

from pixel_tui.backups.left_out import Gaps
from pixel_tui.backups.manifest import Gap
from pixel_tui.backups.outside import OUTSIDE, PREFIX, OutsideResult, is_system, search_outside
from pixel_tui.backups.policy import Policy
from pixel_tui.backups.source_model import Stack
from pixel_tui.backups.stack_view import real_inside
from pixel_tui.files import is_folder


def search_places(
    policy: Policy, stack: Stack, kept_by_servers: set[str], others: Sequence[Path], gaps: Gaps
) -> dict[str, Path]:
    """Return the folders to search, by path below the project; `.` is the complete project.

    Args:
        policy: The project's rules.
        stack: The project's containers and compose file.
        kept_by_servers: The real paths of folders with the data of servers.
        others: Folders to skip, because they are backed up otherwise or have backups.
        gaps: Gets the gaps.
    """
    places = {name: policy.project / name for name in policy.folders}
    sources = {source for item in stack.users for source in item.binds}
    sources |= {str(path) for path in stack.declared.files if _is_searched(path, policy)}
    for source in sorted(sources):
        if os.path.realpath(source) in kept_by_servers or is_system(source):
            continue
        relative = real_inside(source, policy.project)
        if relative is not None:
            places[relative] = Path(source)
            continue
        if _holds(source, policy.project):
            places["."] = policy.project
        if os.path.realpath(source) != os.path.realpath(policy.project):
            result = _look_at_bind(source, policy, stack, others)
            gaps.add(f"{PREFIX}{source}", result.why, result.gap, expected=result.is_missing)
    return places


def _is_searched(path: Path, policy: Policy) -> bool:
    """Whether a config or secret, which compose mounts, may be a database or have one."""
    return real_inside(str(path), policy.project) is not None or is_folder(path)


def _look_at_bind(
    source: str, policy: Policy, stack: Stack, others: Sequence[Path]
) -> OutsideResult:
    """Return what a backup misses in a bind mount from outside of the project."""
    users = [item for item in stack.users if source in item.binds]
    places = [(item, place) for item in users for at, place in item.bind_targets if at == source]
    names = {source, *(f"{item.service}:{place}" for item, place in places)}
    if names & set(policy.skip_binds):
        return OutsideResult(Gap.NOT_COPIED, False, "skipped by the settings")
    if places and all(place in item.read_only for item, place in places):
        why = f"{OUTSIDE}, read-only for every service"
        return OutsideResult(Gap.NOT_COPIED, False, why)
    absent = stack.here and not os.path.lexists(source)
    if absent and not any(item.made for item in users):
        return OutsideResult(Gap.NOT_COPIED, False, f"{OUTSIDE}, and does not exist yet")
    return search_outside(source, others, here=stack.here)


def path_within(folder: str, policy: Policy) -> str | None:
    """Return a folder's path below the project, `.` for the project itself; None if outside."""
    same = os.path.realpath(folder) == os.path.realpath(policy.project)
    return "." if same else real_inside(folder, policy.project)


def _holds(source: str, project: Path) -> bool:
    """Whether the project is the mounted folder, or inside it."""
    return Path(os.path.realpath(project)).is_relative_to(os.path.realpath(source))
