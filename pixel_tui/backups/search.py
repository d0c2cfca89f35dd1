"""Searches folders for databases and certificates, and reports what can't be read."""

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pixel_tui.backups.aside import is_displaced, is_temporary
from pixel_tui.files import open_regular

HEADER: Final = b"SQLite format 3\0"
PRUNED: Final = frozenset({".git", "node_modules"})
"""Names of folders with content that can be fetched again, at any depth."""
CERTIFICATES: Final = frozenset({".pem", ".crt", ".cer", ".key", ".p12", ".pfx", ".jks"})
SERVERS: Final = {
    "PG_VERSION": "Postgres",
    "ibdata1": "MySQL or MariaDB",
    "WiredTiger": "MongoDB",
    "dump.rdb": "Redis",
    "appendonlydir": "Redis",
}
"""Files in the data folders of database servers, with the server's name."""
MAX_UNREAD: Final = 50
"""How many paths that can't be read are named."""


@dataclass(frozen=True, slots=True)
class ServerData:
    """The data folder of a database server."""

    folder: Path
    server: str
    """The kind of server."""

    @property
    def words(self) -> str:
        """A description of it."""
        return f"{self.folder} has the data of a {self.server} server, which is not copied"


@dataclass(slots=True)
class SearchResult:
    """The result of a search."""

    databases: list[Path] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)
    """Certificates, and files that were start paths."""
    links: list[Path] = field(default_factory=list)
    """Links; none was followed, except to certificates."""
    server_data: list[ServerData] = field(default_factory=list)
    """Data folders of database servers, which only the server itself can copy."""
    real: dict[Path, Path] = field(default_factory=dict)
    """The real paths of the databases at the time of the search."""
    unread: list[tuple[Path, str]] = field(default_factory=list)
    """What could not be read, and why: it may have anything."""
    searched_count: int = 0
    """How many files and folders were searched."""

    def is_incomplete(self, folder: Path) -> bool:
        """Whether a part of a folder was not searched, which may have a database."""
        real = os.path.realpath(folder)
        closed = [*(path for path, _ in self.unread), *(data.folder for data in self.server_data)]
        return any(Path(os.path.realpath(path)).is_relative_to(real) for path in closed)


def search(
    starts: Sequence[Path], skipped: Sequence[Path], *, most: int | None = None
) -> SearchResult:
    """Search for SQLite databases, by their first bytes, and certificates, by name.

    Links to folders and databases are not followed; links to certificates are, for certbot.

    Args:
        starts: Where to search; files are checked themselves.
        skipped: Folders, and files among the starts, to skip.
        most: The most files and folders to search; with more, the start counts as unread. None for
            no limit.
    """
    found = SearchResult()
    skipped_paths = {os.path.realpath(path) for path in skipped}
    seen: set[Path] = set()
    for start in starts:
        _search_below(start, skipped_paths, seen, found, most)
    return found


def is_database(path: Path) -> bool:
    """Whether a file is a SQLite database. A link is none.

    Raises:
        OSError: It can't be read.
    """
    if not stat.S_ISREG(path.lstat().st_mode):
        return False
    with open_regular(path, follow=False) as file:
        return file.read(len(HEADER)) == HEADER


def _search_below(
    start: Path, skipped_paths: set[str], seen: set[Path], found: SearchResult, most: int | None
) -> None:
    def unread(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError):  # it went meanwhile
            place = Path(str(error.filename or start))
            found.unread.append((place, error.strerror or str(error)))

    try:
        kind = start.stat().st_mode
    except OSError as error:
        unread(error)
        return
    real = Path(os.path.realpath(start))
    if not stat.S_ISDIR(kind):
        if str(real) not in skipped_paths:
            _check_file(start, real, seen, found, wanted=True)
        return
    for place, folders, names in os.walk(start, onerror=unread):
        if os.path.realpath(place) in skipped_paths:
            folders.clear()
            continue
        found.searched_count += 1 + len(names)
        if most is not None and found.searched_count > most:
            found.unread.append((start, f"it has more than {most} files and folders"))
            return
        if kinds := [server for name, server in SERVERS.items() if name in {*names, *folders}]:
            folders.clear()
            found.server_data.append(ServerData(Path(place), kinds[0]))
            continue
        inner = (Path(place) / name for name in (*folders, *names))
        found.links += sorted(filter(os.path.islink, inner))
        folders[:] = sorted(
            name
            for name in folders
            if name not in PRUNED and os.path.realpath(Path(place) / name) not in skipped_paths
        )
        for name in sorted(names):
            path = Path(place) / name
            # Links below the start are not followed.
            _check_file(path, real / path.relative_to(start), seen, found)


def _check_file(
    path: Path, real: Path, seen: set[Path], found: SearchResult, *, wanted: bool = False
) -> None:
    if is_displaced(path.name) or is_temporary(path.name):
        return
    try:
        if is_database(path):
            if real not in seen:
                seen.add(real)
                found.real[path] = real
                found.databases.append(path)
        elif (wanted or path.suffix.lower() in CERTIFICATES) and stat.S_ISREG(path.stat().st_mode):
            # Add each name: programs find the file by any of them.
            found.files.append(path)
    except FileNotFoundError:
        return  # it was removed meanwhile, or is a broken link
    except OSError as error:
        found.unread.append((path, error.strerror or str(error)))
