"""The saved versions of a file, and which one was applied last."""

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

MAX_VERSIONS: Final = 30
"""How many versions of a file are kept."""
MAX_APPLIED_BYTES: Final = 4096
MIN_VERSIONS: Final = 2
"""The content before a save and the content after it."""
_NAME = re.compile(
    r"(?P<id>(?P<number>\d{4,9})-(?P<time>\d{8}-\d{6}))-(?P<hash>[0-9a-f]{64})", re.ASCII
)
_TIME: Final = "%Y%m%d-%H%M%S"


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """A saved version of a file."""

    id: str
    """Its number and time: `0007-20260301-120005`."""
    number: int
    """Versions are numbered so that their order does not depend on the clock."""
    time: datetime
    """When it was saved, in UTC."""
    sha256: str
    size: int
    """In bytes."""
    path: Path


@dataclass(frozen=True, slots=True)
class Applied:
    """The content that was applied last."""

    sha256: str
    time: datetime


class History:
    """The versions of one file. Every method blocks.

    Args:
        folder: The private folder of the versions, created with the first one.
        keep: How many to keep.
    """

    def __init__(self, folder: Path, *, keep: int = MAX_VERSIONS) -> None:
        self._folder = folder
        self._versions = folder / "versions"
        self._applied = folder / "applied.json"
        self._keep = max(keep, MIN_VERSIONS)

    def versions(self) -> tuple[StoredVersion, ...]:
        """Return all versions, newest first.

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
        """Return the version with this id.

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
        """Return the content of a version.

        Raises:
            FileError: It can't be read, or is damaged.
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
        """Save a version, and remove surplus old ones.

        A content that equals the newest version is not saved again.

        Raises:
            FileError: It can't be written.
        """
        versions = self.versions()
        digest = hashlib.sha256(data).hexdigest()
        if versions and versions[0].sha256 == digest and self._is_intact(versions[0]):
            return versions[0]
        number = versions[0].number + 1 if versions else 1
        version_id = f"{number:04}-{now.astimezone(UTC):{_TIME}}"
        path = self._versions / f"{version_id}-{digest}"
        replace_file(path, data)
        time = now.astimezone(UTC).replace(microsecond=0)
        version = StoredVersion(version_id, number, time, digest, len(data), path)
        self._remove_surplus((version, *versions))
        return version

    def remember_applied(self, sha256: str, now: datetime) -> None:
        """Record which content was applied.

        Raises:
            FileError: It can't be written.
        """
        content = {"version": 1, "sha256": sha256, "time": now.astimezone(UTC).isoformat()}
        replace_file(self._applied, f"{json.dumps(content)}\n".encode())

    def applied(self) -> Applied | None:
        """Return which content was applied last; None if unknown."""
        try:
            node = Node(load_object(read_regular(self._applied, MAX_APPLIED_BYTES)))
            digest, time = node["sha256"].raw, datetime.fromisoformat(node["time"].raw)
            return Applied(digest, time.astimezone(UTC)) if digest else None
        except FileNotFoundError:
            return None
        except (OSError, ValueError, OverflowError) as error:
            log.warning("the last applied content can't be read: %s", error)
            return None

    def sweep(self, now: datetime) -> None:
        """Remove leftovers of killed writers."""
        for folder in (self._folder, self._versions):
            remove_leftovers(folder, now)

    def _is_intact(self, version: StoredVersion) -> bool:
        try:
            self.read(version)
        except FileError as error:
            log.warning("%s", error)
            return False
        return True

    def _remove_surplus(self, versions: tuple[StoredVersion, ...]) -> None:
        applied = self.applied()
        kept = {version.sha256 for version in versions[: self._keep]}
        for version in versions[self._keep :]:
            if applied is not None and version.sha256 == applied.sha256 not in kept:
                kept.add(version.sha256)
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
