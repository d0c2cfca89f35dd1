"""Finds the data to back up in a project."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath

from pixel_tui.backups.copied_files import copied_files
from pixel_tui.backups.left_out import Gaps
from pixel_tui.backups.links import add_link_gaps
from pixel_tui.backups.manifest import Gap
from pixel_tui.backups.outside import OutsideResult, search_outside
from pixel_tui.backups.policy import Policy
from pixel_tui.backups.postgres import is_postgres
from pixel_tui.backups.search import SearchResult, search
from pixel_tui.backups.search_places import path_within, search_places
from pixel_tui.backups.server_data import has_data, server_binds, server_volumes
from pixel_tui.backups.source_model import Sources, Stack
from pixel_tui.backups.stack_view import real_inside
from pixel_tui.backups.volume_contents import held_volumes, search_volumes
from pixel_tui.backups.volumes import VolumeKnowledge

OpenVolumes = Callable[[Sequence[str]], VolumeKnowledge]


def find_sources(policy: Policy, stack: Stack, open_volumes: OpenVolumes) -> Sources:
    """Return what to copy, and what is left out and why.

    Args:
        policy: The project's rules.
        stack: The project's containers and compose file.
        open_volumes: Returns which volumes can be opened here, and what is known about others.
    """
    gaps = Gaps()
    servers = [item for item in stack.services if is_postgres(item, policy.postgres_images)]
    running = tuple(item for item in servers if item.running)
    kept_by_servers = {source for item in servers for source in server_binds(item)}
    volumes_held = held_volumes(stack)
    server_volume_names = {name for item in servers for name in server_volumes(item)}
    opened = open_volumes(sorted(volumes_held))
    kept_by_servers |= {opened.bound[name] for name in server_volume_names & opened.bound.keys()}
    kept_by_servers = set(map(os.path.realpath, kept_by_servers))
    others = [policy.project, *policy.roots, *map(Path, kept_by_servers)]
    places = search_places(policy, stack, kept_by_servers, others, gaps)
    for name, folder in opened.bound.items():
        relative = path_within(folder, policy)
        if relative is not None and name not in server_volume_names:
            places.setdefault(relative, Path(folder))
    found = search(list(places.values()), (*policy.skipped, *map(Path, kept_by_servers)))
    gaps.add_unread(found.unread, policy)
    gaps.add_undeclared(stack.declared)
    for data in found.server_data:
        what = real_inside(str(data.folder), policy.project) or str(data.folder)
        why = f"it has the data of a {data.server} server, which is not copied"
        gaps.add(what, why, Gap.UNKNOWN, expected=True)
    real: dict[str, Path] = {}
    databases = _databases_below(found, policy, real)
    files, named, outside = copied_files(policy, stack, found, gaps, real)
    named_below = {*databases, *files, *add_link_gaps(found.links, policy, gaps)}
    for relative, path in sorted(places.items()):
        held = any(PurePosixPath(item).is_relative_to(relative) for item in named_below)
        if relative not in {".", *policy.skip} and os.path.lexists(path) and not held:
            is_incomplete = found.is_incomplete(path)
            where = "its readable part" if is_incomplete else "it"
            why = f"no database and no configured file in {where}"
            gap = Gap.UNKNOWN if is_incomplete else Gap.NOT_COPIED
            gaps.add(relative, why, gap, expected=False)
    for name in policy.user_skips:
        if os.path.lexists(policy.project / name):
            gaps.add(name, "skipped by the settings", Gap.NOT_COPIED, expected=False)
    for item in servers:
        if not item.running:
            gaps.add(
                item.service, "its Postgres server is not running", Gap.UNKNOWN,
                expected=item.made or not item.optional or has_data(item, stack),
            )  # fmt: skip
    of_running = {name for item in running for name in server_volumes(item)}
    looked_into = {name: held for name, held in volumes_held.items() if name not in of_running}

    def outside_of(folder: str) -> OutsideResult:
        return search_outside(folder, others, here=stack.here)

    in_volumes, volumes = search_volumes(
        policy, looked_into, opened, server_volume_names, (databases, found), outside_of, gaps
    )
    return Sources(
        databases=databases,
        files=tuple(files),
        compose_files=frozenset(named),
        servers=running,
        left_out=tuple(gaps.found),
        in_volumes=tuple(in_volumes),
        real=real,
        outside=tuple(outside),
        volumes=tuple(volumes),
    )


def _databases_below(found: SearchResult, policy: Policy, real: dict[str, Path]) -> tuple[str, ...]:
    names = {real_inside(str(path), policy.project): found.real[path] for path in found.databases}
    below = {name: path for name, path in names.items() if name is not None}
    real |= below
    return tuple(sorted(below))
