"""What there is to back up in a project."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pixel_tui.backups.aside import is_aside, is_fresh
from pixel_tui.backups.manifest import LeftOut
from pixel_tui.backups.policy import Policy
from pixel_tui.backups.postgres import is_postgres
from pixel_tui.backups.sqlite_copy import find_databases, is_database
from pixel_tui.backups.stack_view import Seen, inside
from pixel_tui.stack.compose_files import FILE_NAMES, OVERRIDE_NAMES

OpenVolumes = Callable[[Sequence[str]], tuple[Mapping[str, Path], str]]


def _none_open(_names: Sequence[str]) -> tuple[Mapping[str, Path], str]:
    return {}, "nobody looked"


@dataclass(frozen=True, slots=True)
class InVolume:
    """A database in a named volume."""

    volume: str
    relative: str
    path: Path
    """Where it is on this machine."""


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
    in_volumes: tuple[InVolume, ...] = ()
    """Databases in named volumes."""


def find_sources(
    policy: Policy,
    seen: Sequence[Seen],
    compose_files: Sequence[str],
    open_volumes: OpenVolumes = _none_open,
) -> Sources:
    """What there is, and what is left out and why.

    Args:
        policy: The project's rules.
        seen: Its containers.
        compose_files: As given by the user; empty where compose finds them itself.
        open_volumes: The folders of those volumes that can be opened here, and why of others
            there is none.
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
    in_volumes = _in_volumes(seen, servers, running, open_volumes, gaps)
    return Sources(
        databases, tuple(files), frozenset(named), running, tuple(gaps), tuple(in_volumes)
    )


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
            ours = match.is_relative_to(policy.root) or is_aside(match.name) or is_fresh(match.name)
            if relative and not ours and match.is_file() and not is_database(match):
                found.add(relative)
    return sorted(found), named


def _in_volumes(
    seen: Sequence[Seen],
    servers: Sequence[Seen],
    running: Sequence[Seen],
    open_volumes: OpenVolumes,
    gaps: list[LeftOut],
) -> list[InVolume]:
    """The databases in volumes; what of these is not copied is added to the gaps."""
    dumped = {name for item in running for name, _ in item.volumes}
    of_servers = {name for item in servers for name, _ in item.volumes}
    held: dict[str, str] = {}
    for item in seen:
        for name, target in item.volumes:
            held.setdefault(name, f"{item.service} keeps {target} in it")
    wanted = sorted(set(held) - of_servers)
    folders, why = open_volumes(wanted) if wanted else ({}, "")
    found: list[InVolume] = []
    for name in sorted(set(held) - dumped):
        place = folders.get(name) if name in wanted else None
        databases = _of_volume(name, place) if place is not None else []
        found += databases
        if databases:
            count = f"{len(databases)} database{'' if len(databases) == 1 else 's'}"
            reason = f"only {count} in it copied, and no other file"
        elif place is not None:
            reason = "its content is not copied: there is no SQLite database in it"
        else:
            reason = f"its content is not copied{f' ({why})' if name in wanted else ''}"
        gaps.append(LeftOut(volume_words(name), f"{reason}; {held[name]}"))
    return found


def _of_volume(name: str, place: Path) -> list[InVolume]:
    found = []
    for path in find_databases([place], []):
        relative = inside(str(path), place)
        if relative is not None and not is_aside(relative) and not is_fresh(path.name):
            found.append(InVolume(name, relative, path))
    return sorted(found, key=lambda item: item.relative)


def volume_words(name: str) -> str:
    """How a volume that is left out is called."""
    return f"volume {name}"
