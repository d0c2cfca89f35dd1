"""What there is to back up in a project."""

import os
import stat
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final

from pixel_tui.backups.aside import is_aside, is_fresh
from pixel_tui.backups.declared import NOTHING_DECLARED, Declared
from pixel_tui.backups.manifest import Cover, Gap, LeftOut, VolumeContent
from pixel_tui.backups.outside import OUTSIDE, PREFIX, Looked, is_system, look_outside
from pixel_tui.backups.policy import Policy
from pixel_tui.backups.postgres import is_postgres
from pixel_tui.backups.search import MOST_UNREAD, Found, is_database, search
from pixel_tui.backups.stack_view import Seen, inside, real_inside
from pixel_tui.backups.volumes import Opened, volume_source
from pixel_tui.stack.compose.project_files import ProjectFiles

OpenVolumes = Callable[[Sequence[str]], Opened]
SERVER_FOLDERS: Final = ("/var/lib/postgresql", "/bitnami/postgresql")
"""Where images of Postgres keep its data, unless `PGDATA` says otherwise."""


NO_FILES: Final = ProjectFiles()


@dataclass(frozen=True, slots=True)
class InVolume:
    """A database in a named volume."""

    volume: str
    relative: str
    path: Path
    """Where it is on this machine: the real path."""


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
    real: Mapping[str, Path] = field(default_factory=dict)
    """The real paths of all of these but `in_volumes`, as they were looked at."""
    outside: tuple[Path, ...] = ()
    """What compose reads from outside of the project's folder: it is kept, and never put back."""
    volumes: tuple[VolumeContent, ...] = ()
    """What of each volume is copied, the servers' own left to what they dump."""


@dataclass(frozen=True, slots=True)
class Stack:
    """What is known of the project: its containers, and what the compose file says."""

    seen: tuple[Seen, ...]
    declared: Declared = NOTHING_DECLARED
    files: ProjectFiles = NO_FILES
    volumes: tuple[str, ...] = ()
    """The volumes of the project that are there."""
    here: bool = True
    """Whether the engine's paths are this process's own."""

    @property
    def services(self) -> tuple[Seen, ...]:
        """Each container, and each service that has none, as if it had one."""
        there = {item.service for item in self.seen}
        absent = (item for item in self.declared.services if item.service not in there)
        return (*self.seen, *absent)


@dataclass(slots=True)
class _Gaps:
    """What is left out, each thing once."""

    found: list[LeftOut] = field(default_factory=list)

    def add(self, what: str, why: str, gap: Gap, *, expected: bool) -> None:
        if all(item.what != what for item in self.found):
            self.found.append(LeftOut(what, why, gap, expected))

    def unread(self, paths: Sequence[tuple[Path, str]], policy: Policy) -> None:
        """What could not be looked at, and belongs into a backup."""
        for path, why in paths[:MOST_UNREAD]:
            what = real_inside(str(path), policy.project) or str(path)
            self.add(what, f"it could not be looked at: {why}", Gap.UNKNOWN, expected=True)
        if len(paths) > MOST_UNREAD:
            more = f"{len(paths) - MOST_UNREAD} more files and folders"
            self.add(more, "they could not be looked at", Gap.UNKNOWN, expected=True)

    def undeclared(self, declared: Declared) -> None:
        """What compose does not tell of the services that it refuses."""
        for name in declared.unclear:
            why = "compose refuses it, and what it mounts is not known"
            self.add(name, why, Gap.UNKNOWN, expected=True)
        if declared.services and declared.trouble:
            what = "services of inactive profiles"
            self.add(what, declared.trouble, Gap.UNKNOWN, expected=True)


def find_sources(policy: Policy, stack: Stack, open_volumes: OpenVolumes) -> Sources:
    """What there is, and what is left out and why.

    Args:
        policy: The project's rules.
        stack: What is known of it.
        open_volumes: Says which volumes can be opened here, and what is known of the others.
    """
    gaps = _Gaps()
    services = stack.services
    servers = [item for item in services if is_postgres(item, policy.postgres_images)]
    running = tuple(item for item in servers if item.running)
    kept_by_servers = {source for item in servers for source in _server_binds(item)}
    volumes_held = _held_volumes(stack)
    of_servers = {name for item in servers for name in server_volumes(item)}
    opened = open_volumes(sorted(volumes_held))
    kept_by_servers |= {opened.bound[name] for name in of_servers & opened.bound.keys()}
    others = [policy.project, *policy.roots, *map(Path, kept_by_servers)]
    places = _places(policy, stack, kept_by_servers, others, gaps)
    for name, folder in opened.bound.items():
        relative = _within(folder, policy)
        if relative is not None and name not in of_servers:
            places.setdefault(relative, Path(folder))
    found = search(list(places.values()), (*policy.skipped, *map(Path, kept_by_servers)))
    gaps.unread(found.unread, policy)
    gaps.undeclared(stack.declared)
    for data in found.server_data:
        what = real_inside(str(data.folder), policy.project) or str(data.folder)
        why = f"it is the data of a {data.server} server, which is not copied"
        gaps.add(what, why, Gap.UNKNOWN, expected=True)
    real: dict[str, Path] = {}
    databases = _below(found, policy, real)
    files, named, outside = _files(policy, stack, found, gaps, real)
    copied = {*databases, *files}
    for relative, path in sorted(places.items()):
        held = any(PurePosixPath(item).is_relative_to(relative) for item in copied)
        if relative not in {".", *policy.skip} and os.path.lexists(path) and not held:
            why = "no database in it, and no configured file"
            gaps.add(relative, why, Gap.NOT_COPIED, expected=False)
    for name in policy.given:
        if os.path.lexists(policy.project / name):
            gaps.add(name, "the settings skip it", Gap.NOT_COPIED, expected=False)
    for item in servers:
        if not item.running:
            gaps.add(
                item.service, "its Postgres server does not run", Gap.UNKNOWN,
                expected=item.made or not item.optional or _has_data(item, stack),
            )  # fmt: skip
    of_running = {name for item in running for name in server_volumes(item)}
    looked_into = {name: held for name, held in volumes_held.items() if name not in of_running}

    def outside_of(folder: str) -> Looked:
        return look_outside(folder, others, here=stack.here)

    in_volumes, volumes = _in_volumes(
        policy, looked_into, opened, of_servers, (databases, found), outside_of, gaps
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


def holds_data(place: str, folders: Sequence[str]) -> bool:
    """Whether what is mounted here in a container holds one of these folders, or is in one."""
    mounted = PurePosixPath(place)
    return any(
        PurePosixPath(folder).is_relative_to(mounted) or mounted.is_relative_to(folder)
        for folder in folders
    )


def _server_binds(server: Seen) -> list[str]:
    folders = (server.data_folder,) if server.data_folder else SERVER_FOLDERS
    return [
        source
        for source, place in server.bind_places
        if place != "/" and holds_data(place, folders)
    ]


def _places(
    policy: Policy, stack: Stack, kept_by_servers: set[str], others: Sequence[Path], gaps: _Gaps
) -> dict[str, Path]:
    """Where databases are looked for, by the path below the project; `.` is all of it."""
    places = {name: policy.project / name for name in policy.folders}
    for source in sorted({source for item in stack.services for source in item.binds}):
        if source in kept_by_servers or is_system(source):
            continue
        relative = real_inside(source, policy.project)
        if relative is not None:
            places[relative] = Path(source)
            continue
        if _holds(source, policy.project):
            places["."] = policy.project
        if os.path.realpath(source) != os.path.realpath(policy.project):
            looked = _look_at_bind(source, policy, stack, others)
            gaps.add(f"{PREFIX}{source}", looked.why, looked.gap, expected=looked.missed)
    return places


def _look_at_bind(source: str, policy: Policy, stack: Stack, others: Sequence[Path]) -> Looked:
    """What there is to say of what is mounted from outside the project's folder."""
    users = [item for item in stack.services if source in item.binds]
    places = [(item, place) for item in users for at, place in item.bind_places if at == source]
    names = {source, *(f"{item.service}:{place}" for item, place in places)}
    if names & set(policy.skip_binds):
        return Looked(Gap.NOT_COPIED, False, "the settings skip it")
    if places and all(place in item.read_only for item, place in places):
        why = f"{OUTSIDE}, and no service can write to it"
        return Looked(Gap.NOT_COPIED, False, why)
    absent = stack.here and not os.path.lexists(source)
    if absent and not any(item.made for item in users):
        return Looked(Gap.NOT_COPIED, False, f"{OUTSIDE}, and there is nothing yet")
    return look_outside(source, others, here=stack.here)


def _within(folder: str, policy: Policy) -> str | None:
    """A folder's path below the project's, `.` for that itself; None where it is outside."""
    same = os.path.realpath(folder) == os.path.realpath(policy.project)
    return "." if same else real_inside(folder, policy.project)


def _holds(source: str, project: Path) -> bool:
    """Whether the project is what is mounted, or is in it."""
    return Path(os.path.realpath(project)).is_relative_to(os.path.realpath(source))


def _below(found: Found, policy: Policy, real: dict[str, Path]) -> tuple[str, ...]:
    names = {real_inside(str(path), policy.project): found.real[path] for path in found.databases}
    below = {name: path for name, path in names.items() if name is not None}
    real |= below
    return tuple(sorted(below))


def _files(
    policy: Policy, stack: Stack, found: Found, gaps: _Gaps, real: dict[str, Path]
) -> tuple[list[str], set[str], list[Path]]:
    """Files below the project, those of them that compose reads, and what it reads elsewhere."""
    compose, others = set[str](), set[str]()
    outside: dict[Path, None] = {}
    named = stack.files
    for path in (*named.all, *stack.declared.files):
        relative = inside(str(path), policy.project) or real_inside(str(path), policy.project)
        if relative is None:
            if _there(path, gaps):
                outside[path] = None
                real[str(path)] = Path(os.path.realpath(path))
        elif not _is_data(policy.project / relative, policy, gaps):
            is_compose = path in named.compose or path in named.parts
            (compose if is_compose else others).add(relative)
            real[relative] = Path(os.path.realpath(policy.project / relative))
    for path in (*_matches(policy, gaps), *found.files):
        relative = inside(str(path), policy.project) or real_inside(str(path), policy.project)
        if not relative or relative in compose | others or _is_data(path, policy, gaps):
            continue
        place = Path(os.path.realpath(policy.project / relative))
        if _leads_out(relative, place, policy.project):
            why = "a link leads from there out of the project's folder"
            gaps.add(relative, why, Gap.NOT_COPIED, expected=False)
            continue
        others.add(relative)
        real[relative] = place
    return sorted(compose | others), compose, list(outside)


def _leads_out(relative: str, real: Path, project: Path) -> bool:
    """Whether a link in a folder leads elsewhere: a service that writes there could have made it.

    A copy would take what only this user may read, and a restore would give it to the service.
    The folder itself may be on another disk.
    """
    first, *below = PurePosixPath(relative).parts
    grounds = (project, project / first)
    return bool(below) and not any(real.is_relative_to(os.path.realpath(at)) for at in grounds)


def _there(path: Path, gaps: _Gaps) -> bool:
    try:
        kind = path.stat().st_mode
        if why := _why_no_file(kind):
            gaps.add(str(path), why, Gap.FAILED, expected=True)
        return stat.S_ISREG(kind)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        why = f"it could not be looked at: {error.strerror or error}"
        gaps.add(str(path), why, Gap.UNKNOWN, expected=True)
        return False


def _is_data(path: Path, policy: Policy, gaps: _Gaps) -> bool:
    """Whether a file is a database, or is no file, or lies among the backups."""
    try:
        ours = any(path.is_relative_to(root) for root in policy.roots)
        if ours or is_aside(path.name) or is_fresh(path.name):
            return True
        kind = path.stat().st_mode
        what = real_inside(str(path), policy.project) or str(path)
        if (why := _why_no_file(kind)) and what not in policy.given:
            gaps.add(what, why, Gap.FAILED, expected=True)
        return not stat.S_ISREG(kind) or is_database(path)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError as error:
        gaps.unread([(path, error.strerror or str(error))], policy)
        return True


def _why_no_file(mode: int) -> str:
    """Why what has the name of a file can't be copied; empty for files and folders."""
    for is_it, name in (
        (stat.S_ISFIFO, "a FIFO"),
        (stat.S_ISSOCK, "a socket"),
        (stat.S_ISCHR, "a device"),
        (stat.S_ISBLK, "a device"),
    ):
        if is_it(mode):
            return f"it is {name}, and no file"
    return ""


def _matches(policy: Policy, gaps: _Gaps) -> list[Path]:
    """What the patterns match. A folder that can't be searched matches nothing: it is named."""
    found: list[Path] = []
    for pattern in policy.files:
        parts = PurePosixPath(pattern).parts
        for depth in range(1, len(parts)):
            for folder in policy.project.glob("/".join(parts[:depth])):
                if why := _why_closed(folder):
                    gaps.unread([(folder, why)], policy)
        found += policy.project.glob(pattern)
        if not set("*?[") & set(pattern) and _is_folder(policy.project / pattern):
            why = "it is a folder, and no file"
            gaps.add(pattern, why, Gap.NOT_COPIED, expected=False)
    return found


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False  # a folder above that can't be entered is named already


def _why_closed(folder: Path) -> str:
    """Why a folder can't be searched; empty where it can, or is none."""
    try:
        with os.scandir(folder):
            (folder / ".").stat()
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError as error:
        return error.strerror or str(error)
    return ""


@dataclass(slots=True)
class _Held:
    """Who has a volume."""

    words: str
    names: set[str]
    """How the settings may call it."""
    stored: bool = False
    """Whether a service can store data in it."""


def _held_volumes(stack: Stack) -> dict[str, _Held]:
    """Every volume that is there, by name."""
    there = {*stack.volumes, *stack.declared.external}
    found: dict[str, _Held] = {}
    for item in stack.services:
        for name, target in item.volumes:
            if item.made or name in there:
                held = found.setdefault(name, _Held(f"{item.service} keeps {target} in it", {name}))
                held.names.add(f"{item.service}:{target}")
                held.stored = held.stored or target not in item.read_only
    for name in stack.volumes:
        found.setdefault(name, _Held("no service has it", {name}))
    return found


def _has_data(server: Seen, stack: Stack) -> bool:
    """Whether a server of which there is no container has been run before."""
    return bool(set(server_volumes(server)) & {*stack.volumes, *stack.declared.external}) or any(
        os.path.lexists(source) for source in _server_binds(server)
    )


def _in_volumes(
    policy: Policy,
    held: Mapping[str, _Held],
    opened: Opened,
    of_servers: set[str],
    searched: tuple[Sequence[str], Found],
    outside_of: Callable[[str], Looked],
    gaps: _Gaps,
) -> tuple[list[InVolume], list[VolumeContent]]:
    """The databases in volumes, and what of each volume is copied.

    Args:
        policy: The project's rules.
        held: The volumes, but for those that running servers keep.
        opened: What is known of them.
        of_servers: Those that a server keeps that does not run, among others.
        searched: The databases in the project's folder, and all that was found there.
        outside_of: Looks into a folder outside of it.
        gaps: Where it is said what is left out.
    """
    databases: list[InVolume] = []
    contents: list[VolumeContent] = []
    for name in sorted(held.keys() - opened.gone):
        place, known, missed = opened.folders.get(name), held[name], False
        by: tuple[str, ...] = ()
        if known.names & set(policy.skip_volumes):
            cover, reason = Cover.NOTHING, "the settings skip it"
        elif name in of_servers:
            # That the server does not run is what the backup lacks.
            cover, reason = Cover.UNKNOWN, "the server that keeps its data in it does not run"
        elif name in opened.in_memory:
            cover, reason = Cover.NOTHING, "it is in memory: nothing in it outlives its containers"
        elif (folder := opened.bound.get(name)) and (relative := _within(folder, policy)):
            cover, by, reason = _in_bound(folder, relative, searched)
        elif folder:
            looked = outside_of(folder)
            cover = Cover.UNKNOWN if looked.gap is Gap.UNKNOWN else Cover.NOTHING
            reason, missed = f"it is {folder}: {looked.why}", looked.missed and known.stored
        elif place is not None:
            found = search([place], [])
            inner = _of_volume(name, place, found)
            databases += inner
            by = tuple(volume_source(name, item.relative) for item in inner)
            cover, reason = _cover(len(inner))
            if found.server_data:
                reason = f"{reason}; {found.server_data[0].words}"
                cover = Cover.UNKNOWN if cover is Cover.NOTHING else cover
                missed = known.stored
            if unread := [str(path) for path, _ in found.unread]:
                reason += f"; {len(unread)} in it could not be looked at, such as {unread[0]}"
                cover = Cover.UNKNOWN if cover is Cover.NOTHING else cover
                missed = True
        else:
            why = opened.why.get(name, "")
            cover = Cover.UNKNOWN
            reason = f"its content is not known and not copied{f' ({why})' if why else ''}"
            missed = known.stored
        gap = Gap.UNKNOWN if cover is Cover.UNKNOWN else Gap.NOT_COPIED
        gaps.add(volume_words(name), f"{reason}; {known.words}", gap, expected=missed)
        contents.append(VolumeContent(name, cover, by, reason))
    return databases, contents


def _cover(databases: int) -> tuple[Cover, str]:
    """What of a folder is copied that has so many databases, in words too."""
    if databases:
        count = f"{databases} database{'' if databases == 1 else 's'}"
        return Cover.DATABASES, f"only {count} in it copied, and no other file"
    return Cover.NOTHING, "its content is not copied: there is no SQLite database in it"


def _in_bound(
    folder: str, relative: str, searched: tuple[Sequence[str], Found]
) -> tuple[Cover, tuple[str, ...], str]:
    """What of a volume is copied that is a folder of the machine: as of a mounted folder."""
    databases, found = searched
    by = tuple(name for name in databases if PurePosixPath(name).is_relative_to(relative))
    cover, reason = _cover(len(by))
    real = Path(os.path.realpath(folder))
    if any(Path(os.path.realpath(path)).is_relative_to(real) for path, _ in found.unread):
        cover = Cover.UNKNOWN if cover is Cover.NOTHING else cover
        reason += "; some of it could not be looked at"
    return cover, by, f"it is the folder {relative}: {reason}"


def server_volumes(server: Seen, folders: Sequence[str] = ()) -> list[str]:
    """The volumes that a Postgres server keeps its data in.

    Args:
        server: Its container.
        folders: Where the server says that its data is; a guess where it does not say.
    """
    known = folders or ((server.data_folder,) if server.data_folder else SERVER_FOLDERS)
    return [name for name, place in server.volumes if holds_data(place, known)]


def _of_volume(name: str, place: Path, found: Found) -> list[InVolume]:
    inner = []
    for path in found.databases:
        relative = inside(str(path), place)
        if relative is not None:
            inner.append(InVolume(name, relative, found.real[path]))
    return sorted(inner, key=lambda item: item.relative)


def volume_words(name: str) -> str:
    """How a volume that is left out is called."""
    return f"volume {name}"
