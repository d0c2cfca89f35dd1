"""Reads what volumes and database servers hold now, like a backup does.

Servers get the same queries, and volumes are opened by the same rules.
"""

import os
import stat
from collections.abc import Collection, Sequence
from pathlib import Path, PurePosixPath
from typing import Final

from pixel_tui.backups.policy import Policy
from pixel_tui.backups.postgres import Postgres, is_postgres
from pixel_tui.backups.search import SERVERS, is_database
from pixel_tui.backups.server_data import server_volumes
from pixel_tui.backups.servers import QueriedServer, query_server
from pixel_tui.backups.source_state import state_of
from pixel_tui.backups.stack_view import SeenContainer, StackView
from pixel_tui.backups.stored import BackedUpFile, StoredData, StoredServer, StoredVolume
from pixel_tui.backups.volumes import VolumeKnowledge, volume_folders

MAX_FILES: Final = 20_000
"""The most files of a volume that are read."""
SIDE_SUFFIXES: Final = ("-wal", "-shm", "-journal")
"""Suffixes of SQLite side files, which belong to their database."""


def read_stored(
    view: StackView, policy: Policy, names: Collection[str], *, ask: bool = True
) -> StoredData:
    """Read the current data. Takes as long as the engine and the disk do.

    Args:
        view: Queries the engine.
        policy: The project's rules.
        names: Volumes to read besides those of the project's containers.
        ask: Whether to query servers, which starts programs in their containers.

    Raises:
        OperationError: The engine can't be queried.
    """
    seen = view.containers()
    servers, own = _servers(view, policy, seen, ask=ask)
    for server in servers:
        if server.unknown:  # without the server, its files mean nothing
            own |= {name: ["."] for name in server.volumes}
    wanted = {*names, *view.volumes(), *(name for item in seen for name, _ in item.volumes)}
    opened = volume_folders(view, seen, wanted, also=tuple(wanted))
    there = sorted(wanted - opened.gone)
    return StoredData({name: _volume(name, opened, own.get(name, ())) for name in there}, servers)


def _servers(
    view: StackView, policy: Policy, seen: Sequence[SeenContainer], *, ask: bool
) -> tuple[tuple[StoredServer, ...], dict[str, list[str]]]:
    """Return the servers, and the folders of volumes that only they use, `.` for all."""
    found: dict[str, StoredServer] = {}
    own: dict[str, list[str]] = {}
    for item in seen:
        if not is_postgres(item, policy.postgres_images):
            continue
        guessed = tuple(server_volumes(item))
        if item.service in found:
            why = f"{item.service} has several containers, and one is dumped"
            known = found[item.service]
            volumes = tuple(dict.fromkeys((*known.volumes, *guessed)))
            found[item.service] = StoredServer(item.service, volumes, known.databases, why)
            continue
        if not item.running:
            why = f"{item.service} is not running"
        elif not ask:
            why = f"{item.service} is not asked in read-only mode"
        else:
            queried = query_server(item, Postgres(view.programs, view.command, item.id))
            if isinstance(queried, QueriedServer):
                found[item.service] = _asked(queried, guessed)
                for name, folder in _own_folders(queried):
                    own.setdefault(name, []).append(folder)
                continue
            why = queried.why
        found[item.service] = StoredServer(item.service, guessed, (), why)
    return tuple(found.values()), own


def _asked(queried: QueriedServer, guessed: tuple[str, ...]) -> StoredServer:
    volumes = (
        tuple(server_volumes(queried.seen, queried.data_folders))
        if queried.data_folders
        else guessed
    )
    databases = tuple(item.name for item in queried.databases)
    why = ""
    if not queried.listed:
        why = next((gap.why for gap in queried.gaps), f"{queried.name} does not list its databases")
    elif not queried.data_folders:
        why = f"{queried.name} does not report its data folder"
    return StoredServer(queried.name, volumes, databases, why)


def _own_folders(queried: QueriedServer) -> list[tuple[str, str]]:
    """Return a server's volumes, each with the folder in it that only the server uses."""
    found = []
    for name, target in queried.seen.volumes:
        mounted = PurePosixPath(target)
        for place in map(PurePosixPath, queried.data_folders):
            if mounted.is_relative_to(place):
                found.append((name, "."))
            elif place.is_relative_to(mounted):
                found.append((name, str(place.relative_to(mounted))))
    return found


def _volume(name: str, opened: VolumeKnowledge, own: Sequence[str]) -> StoredVolume:
    if folder := opened.bound.get(name):
        return StoredVolume(name, folder=folder)
    if "." in own:
        return StoredVolume(name)
    place = opened.folders.get(name)
    if place is None:
        in_memory = "it is in memory" if name in opened.in_memory else ""
        return StoredVolume(
            name, unknown=in_memory or opened.why.get(name, "") or "it accepts no connections"
        )
    return _files(name, place, {place / folder for folder in own})


def _files(name: str, place: Path, own: Collection[Path]) -> StoredVolume:
    """Return every file below a folder, sorted by name. Links are not followed."""
    found: list[Path] = []
    unread: list[str] = []
    searched = 0

    def fail(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError):  # removed meanwhile
            unread.append(_relative(Path(str(error.filename or place)), place))

    for folder, folders, names in os.walk(place, onerror=fail):
        here = Path(folder)
        if here in own:
            folders.clear()
            continue
        if kind := next((SERVERS[item] for item in SERVERS if item in {*names, *folders}), ""):
            unread.append(f"{_relative(here, place)}, the data of a {kind} server")
            folders.clear()
            continue
        folders.sort()
        links = [item for item in folders if (here / item).is_symlink()]
        found += [here / item for item in (*names, *links)]
        searched += len(names) + len(folders)
        if searched > MAX_FILES:
            unread.append(f"it has more than {MAX_FILES} files and folders")
            break
    files = [file for path in sorted(found) if (file := _file(path, place, unread)) is not None]
    names_there = {file.path for file in files if file.database}
    files = [file for file in files if _database_of(file.path) not in names_there]
    why = f"some of it could not be read, such as {unread[0]}" if unread else ""
    return StoredVolume(name, tuple(files), why)


def _file(path: Path, place: Path, unread: list[str]) -> BackedUpFile | None:
    relative = _relative(path, place)
    try:
        kind = path.lstat().st_mode
        if not (stat.S_ISREG(kind) or stat.S_ISLNK(kind)):
            return None  # a socket, FIFO or device has no data
        if is_database(path):
            return BackedUpFile(relative, True, state_of(path))
    except FileNotFoundError:
        return None
    except OSError:
        unread.append(relative)
    return BackedUpFile(relative)


def _database_of(path: str) -> str:
    """Return the database that a side file belongs to; empty for any other file."""
    return next((path.removesuffix(end) for end in SIDE_SUFFIXES if path.endswith(end)), "")


def _relative(path: Path, place: Path) -> str:
    return str(path.relative_to(place)) if path.is_relative_to(place) else str(path)
