"""Records of the build arguments of images that pixel-tui has built.

The history of an image has only the arguments of its last stage, and most real Dockerfiles declare
theirs in an earlier one. So the arguments of our builds are kept in the state folder, by image id:
names, with keyed hashes instead of values.
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from pixel_tui.files import replace_file
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.compose.keyed_file import (
    KEY_BYTES,
    VERSION,
    key_of,
    keyed_file_path,
    load_keyed_file,
)
from pixel_tui.stack.model.build_record import NO_RECORDS, BuildRecord, build_mark
from pixel_tui.stack.model.json_value import JsonObject, Node

MAX_IMAGES: Final = 200
"""The limit per project; the oldest are dropped."""
MAX_BYTES: Final = 4 << 20
"""Maximum size of the file in bytes."""


class BuildRecords:
    """The build records of one project. Every method blocks.

    The caller of `add` must hold the stack's lock. Writes are atomic, so reading needs no lock.

    Args:
        path: The file; it need not exist.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._unfinished = path.with_suffix(".begun")
        self._known: Mapping[str, BuildRecord] = NO_RECORDS
        self._stamp: tuple[int, int, int] | None = None
        """Inode, modification time and size of the file that was read."""

    def read(self) -> Mapping[str, BuildRecord]:
        """Return the records by image id; none if the file can't be read.

        The file is read again only if it has changed.
        """
        try:
            found = self._path.stat()
        except OSError:
            self._stamp, self._known = None, NO_RECORDS
            return self._known
        stamp = (found.st_ino, found.st_mtime_ns, found.st_size)
        if stamp != self._stamp:
            self._stamp, self._known = stamp, dict(self._records(self._load()))
        return self._known

    def add(self, built: Mapping[str, Mapping[str, str]], at: float) -> None:
        """Record the build arguments of images.

        Args:
            built: The arguments by image id.
            at: The time of the build, in seconds since the epoch.

        Raises:
            FileError: The file can't be written.
        """
        if not built:
            return
        root = self._load()
        key = key_of(root) or os.urandom(KEY_BYTES)
        records = dict(self._records(root)) | {
            image_id: BuildRecord(
                at, {name: build_mark(key, name, value) for name, value in given.items()}, key
            )
            for image_id, given in built.items()
        }
        newest = sorted(records, key=lambda item: records[item].built_at, reverse=True)
        del newest[MAX_IMAGES:]
        while len(content := _to_json(key, {item: records[item] for item in newest})) > MAX_BYTES:
            newest.pop()
        replace_file(self._path, content, reserve=False)

    def begin(self, building: JsonObject) -> None:
        """Save what is about to be built, so that another process can record it if this one dies.

        Raises:
            FileError: The file can't be written.
        """
        replace_file(self._unfinished, json.dumps(building).encode(), durable=False, reserve=False)

    def unfinished(self) -> JsonObject:
        """Return what was about to be built; empty if there is no unfinished build."""
        return load_keyed_file(self._unfinished, MAX_BYTES)

    def clear_unfinished(self) -> None:
        """Delete the record of the unfinished build."""
        with suppress(OSError):
            self._unfinished.unlink(missing_ok=True)

    def _load(self) -> JsonObject:
        """Return the file's content; empty if it is invalid, since new builds replace it."""
        return load_keyed_file(self._path, MAX_BYTES)

    def _records(self, root: JsonObject) -> Iterator[tuple[str, BuildRecord]]:
        key = key_of(root)
        if not key:
            return
        for image_id, item in Node(root)["images"].members():
            built_at = item["at"].value
            if isinstance(built_at, int | float):
                arguments = {name: mark.raw for name, mark in item["arguments"].members()}
                yield image_id, BuildRecord(float(built_at), arguments, key)


def _to_json(key: bytes, records: Mapping[str, BuildRecord]) -> bytes:
    images = {
        image_id: {"at": record.built_at, "arguments": dict(record.arguments)}
        for image_id, record in records.items()
    }
    return json.dumps({"version": VERSION, "key": key.hex(), "images": images}).encode()


def build_records(command: ComposeCommand, state_folder: Path) -> BuildRecords:
    """Return the build records of a project.

    Args:
        command: The compose command of the project.
        state_folder: The user's state folder.
    """
    return BuildRecords(keyed_file_path(state_folder / "builds", command))
