"""What a file was before: each version that was saved, and which one was applied last."""

import hashlib
import json
import logging
import os
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pixel_tui.errors import FileError, OperationError
from pixel_tui.files import open_regular, read_regular, remove_leftovers, replace_file
from pixel_tui.stack.model.json_value import Node, load_object

log = logging.getLogger(__name__)

KEPT: Final = 30
LONGEST_NOTE: Final = 4096
"""How many versions of a file are kept."""
FEWEST: Final = 2
"""What was there before a save, and what the save put there."""
_NAME = re.compile(
    r"(?P<id>(?P<number>\d{4,9})-(?P<time>\d{8}-\d{6}))-(?P<hash>[0-9a-f]{64})", re.ASCII
)
_TIME: Final = "%Y%m%d-%H%M%S"


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """One content that a file had."""

    id: str
    """`0007-20260301-120005`."""
    number: int
    """They are counted, so that their order is right whatever the clock does."""
    time: datetime
    """When it was kept, in UTC."""
    sha256: str
    size: int
    """In bytes."""
    path: Path


@dataclass(frozen=True, slots=True)
class Applied:
    """The content that the stack was given last."""

    sha256: str
    time: datetime


class History:
    """The versions of one file. Everything in here blocks.

    Args:
        folder: Where they are; it is made, for its owner only, when the first is kept.
        keep: How many stay.
    """

    def __init__(self, folder: Path, *, keep: int = KEPT) -> None:
        self._folder = folder
        self._versions = folder / "versions"
        self._applied = folder / "applied.json"
        self._keep = max(keep, FEWEST)

    def versions(self) -> tuple[StoredVersion, ...]:
        """All of them, newest first.

        Raises:
            FileError: The folder can't be read.
        """
        found: list[StoredVersion] = []
        try:
            with os.scandir(self._versions) as entries:
                for entry in entries:
                    with suppress(FileNotFoundError):
                        version = _version(entry)
                        if version is not None:
                            found.append(version)
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise _unreadable(self._versions, error) from error
        return tuple(sorted(found, key=lambda version: version.number, reverse=True))

    def find(self, version_id: str) -> StoredVersion:
        """The version of this id.

        Raises:
            OperationError: There is none.
            FileError: The folder can't be read.
        """
        for version in self.versions():
            if version.id == version_id:
                return version
        raise OperationError(
            "No such version of the file.",
            on=version_id[:60],
            hint="Choose one from the history.",
        )

    def read(self, version: StoredVersion) -> bytes:
        """The content of a version.

        Raises:
            FileError: It can't be read, or is not what was kept.
        """
        try:
            with open_regular(version.path, follow=False) as file:
                data = file.read(version.size + 1)
        except OSError as error:
            raise _unreadable(version.path, error) from error
        if hashlib.sha256(data).hexdigest() != version.sha256:
            raise FileError(
                "The version is damaged.",
                on=str(version.path),
                hint="Choose another version.",
            )
        return data

    def keep(self, data: bytes, now: datetime) -> StoredVersion:
        """Keep a content, and let go of the oldest that are too many.

        One that is the newest already is not kept twice.

        Raises:
            FileError: It can't be written.
        """
        versions = self.versions()
        digest = hashlib.sha256(data).hexdigest()
        if versions and versions[0].sha256 == digest and self._is_whole(versions[0]):
            return versions[0]
        number = versions[0].number + 1 if versions else 1
        version_id = f"{number:04}-{now.astimezone(UTC):{_TIME}}"
        path = self._versions / f"{version_id}-{digest}"
        replace_file(path, data)
        time = now.astimezone(UTC).replace(microsecond=0)
        version = StoredVersion(version_id, number, time, digest, len(data), path)
        self._retire((version, *versions))
        return version

    def remember_applied(self, sha256: str, now: datetime) -> None:
        """Remember which content the stack was given.

        Raises:
            FileError: It can't be written.
        """
        content = {"version": 1, "sha256": sha256, "time": now.astimezone(UTC).isoformat()}
        replace_file(self._applied, f"{json.dumps(content)}\n".encode())

    def applied(self) -> Applied | None:
        """Which content the stack was given last; None where nobody knows."""
        try:
            node = Node(load_object(read_regular(self._applied, LONGEST_NOTE)))
            digest, time = node["sha256"].raw, datetime.fromisoformat(node["time"].raw)
            return Applied(digest, time.astimezone(UTC)) if digest else None
        except FileNotFoundError:
            return None
        except (OSError, ValueError, OverflowError) as error:
            log.warning("what was applied last can't be read: %s", error)
            return None

    def sweep(self, now: datetime) -> None:
        """Remove what writers that were killed have left."""
        for folder in (self._folder, self._versions):
            remove_leftovers(folder, now)

    def _is_whole(self, version: StoredVersion) -> bool:
        try:
            self.read(version)
        except FileError as error:
            log.warning("%s", error)
            return False
        return True

    def _retire(self, versions: tuple[StoredVersion, ...]) -> None:
        applied = self.applied()
        spared = {version.sha256 for version in versions[: self._keep]}
        for version in versions[self._keep :]:
            if applied is not None and version.sha256 == applied.sha256 not in spared:
                spared.add(version.sha256)
                continue
            try:
                version.path.unlink(missing_ok=True)
            except OSError as error:
                log.warning("an old version can't be removed: %s", error)


def _version(entry: os.DirEntry[str]) -> StoredVersion | None:
    match = _NAME.fullmatch(entry.name)
    if match is None or not entry.is_file(follow_symlinks=False):
        return None
    try:
        time = datetime.strptime(match["time"], _TIME).replace(tzinfo=UTC)
    except ValueError:
        return None
    size = entry.stat(follow_symlinks=False).st_size
    number = int(match["number"])
    return StoredVersion(match["id"], number, time, match["hash"], size, Path(entry.path))


def _unreadable(path: Path, error: OSError) -> FileError:
    return FileError(
        f"The history of the file can't be read: {error.strerror or error}.",
        on=str(path),
        hint="Check its owner and mode.",
    )
