"""What there is to back up in a project."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pixel_tui.backups.aside import is_aside, is_fresh
from pixel_tui.backups.manifest import LeftOut
from pixel_tui.backups.policy import Policy
from pixel_tui.backups.postgres import is_postgres
from pixel_tui.backups.sqlite_copy import find_databases, is_database
from pixel_tui.backups.stack_view import Seen, inside
from pixel_tui.stack.compose import FILE_NAMES, OVERRIDE_NAMES


@dataclass(frozen=True, slots=True)
class Sources:
    """What is copied; paths are relative to the project's folder."""

    databases: tuple[str, ...]
    files: tuple[str, ...]
    compose_files: frozenset[str]
    """Those of `files` that compose reads."""
    servers: tuple[Seen, ...]
    """Postgres, where it runs."""
    left_out: tuple[LeftOut, ...]


def find_sources(policy: Policy, seen: Sequence[Seen], compose_files: Sequence[str]) -> Sources:
    """What there is, and what is left out and why.

    Args:
        policy: The project's rules.
        seen: Its containers.
        compose_files: As given by the user; empty where compose finds them itself.
    """
    gaps: list[LeftOut] = []
    servers = [item for item in seen if is_postgres(item, policy.postgres_images)]
    mounted = {source: item for item in seen for source in item.binds}
    kept_by_servers = {source for item in servers for source in item.binds}
    places = {name: policy.project / name for name in policy.folders}
    for source in sorted(mounted):
        relative = inside(source, policy.project)
        if (
            relative is None
            and Path(source) != policy.project
            and not source.startswith("/var/run")
        ):
            gaps.append(LeftOut(f"bind mount {source}", "it is outside the project's folder"))
        elif relative is not None and source not in kept_by_servers:
            places[relative] = Path(source)
    skipped = (*policy.skipped, *map(Path, kept_by_servers))
    databases = _databases(list(places.values()), skipped, policy, gaps)
    files, named = _files(policy, compose_files, gaps)
    found = set(databases)
    for relative in sorted(places):
        path = policy.project / relative
        copied = any(PurePosixPath(item).is_relative_to(relative) for item in (*found, *files))
        if relative not in policy.skip and path.exists() and not copied:
            gaps.append(LeftOut(relative, "no database in it, and no configured file"))
    gaps += [
        LeftOut(item.service, "its Postgres server does not run")
        for item in servers
        if not item.running
    ]
    running = tuple(item for item in servers if item.running)
    _add_volumes(seen, running, gaps)
    return Sources(databases, tuple(files), frozenset(named), running, tuple(gaps))


def _databases(
    places: Sequence[Path], skipped: Sequence[Path], policy: Policy, gaps: list[LeftOut]
) -> tuple[str, ...]:
    found = []
    for path in find_databases(places, skipped):
        relative = inside(str(path), policy.project)
        if relative is not None and not is_aside(relative) and not is_fresh(path.name):
            found.append(relative)
    gaps += [
        LeftOut(str(place), "this user may not read it")
        for place in places
        if place.exists() and not os.access(place, os.R_OK)
    ]
    return tuple(sorted(set(found)))


def _files(
    policy: Policy, compose_files: Sequence[str], gaps: list[LeftOut]
) -> tuple[list[str], set[str]]:
    named: set[str] = set()
    given = compose_files or [str(policy.project / name) for name in (*FILE_NAMES, *OVERRIDE_NAMES)]
    for path in given:
        relative = inside(path, policy.project)
        if relative is None:
            gaps.append(LeftOut(f"compose file {path}", "it is outside the project's folder"))
        elif Path(path).is_file():
            named.add(relative)
    found = set(named)
    for pattern in policy.files:
        for match in policy.project.glob(pattern):
            relative = inside(str(match), policy.project)
            ours = match.is_relative_to(policy.root)
            if relative and not ours and match.is_file() and not is_database(match):
                found.add(relative)
    return sorted(found), named


def _add_volumes(seen: Sequence[Seen], servers: Sequence[Seen], gaps: list[LeftOut]) -> None:
    dumped = {name for item in servers for name, _ in item.volumes}
    held: dict[str, str] = {}
    for item in seen:
        for name, target in item.volumes:
            held.setdefault(name, f"{item.service} keeps {target} in it")
    gaps += [
        LeftOut(volume_words(name), f"its content is not copied; {held[name]}")
        for name in sorted(held)
        if name not in dumped
    ]


def volume_words(name: str) -> str:
    """How a volume that is left out is called."""
    return f"volume {name}"
