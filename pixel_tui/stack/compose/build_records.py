"""What images were built with, written down by whoever built them: pixel-tui itself.

The history of an image tells the arguments of its last stage alone, and most real Dockerfiles
declare theirs in the stage before. So what a build of ours was given is kept in the state folder,
by the id of the image: names, and keyed hashes in the place of values.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from pixel_tui.files import read_regular, replace_file
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.model.build_record import NO_RECORDS, BuildRecord, build_mark
from pixel_tui.stack.model.json_value import JsonObject, Node, load_object

MOST_IMAGES: Final = 200
"""Of one project; the oldest are forgotten."""
LONGEST: Final = 4 << 20
"""Bytes of the file."""
_KEY_BYTES: Final = 32
_VERSION: Final = 1


class BuildRecords:
    """The records of one project. Everything in here blocks.

    Whoever adds holds the stack's lock; who reads sees all of it or what was before.

    Args:
        path: The file; there need not be one.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._begun = path.with_suffix(".begun")
        self._known: Mapping[str, BuildRecord] = NO_RECORDS
        self._stamp: tuple[int, int, int] | None = None
        """Of the file that this was read from."""

    def read(self) -> Mapping[str, BuildRecord]:
        """The records by the id of the image; none where there is no file that can be read.

        The file is read again only if it is another one.
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
        """Write down what images were built with.

        Args:
            built: The arguments by the id of the image.
            at: When, in seconds since the epoch.

        Raises:
            FileError: The file can't be written.
        """
        if not built:
            return
        root = self._load()
        key = _key(root) or os.urandom(_KEY_BYTES)
        records = dict(self._records(root)) | {
            image_id: BuildRecord(
                at, {name: build_mark(key, name, value) for name, value in given.items()}, key
            )
            for image_id, given in built.items()
        }
        newest = sorted(records, key=lambda item: records[item].built_at, reverse=True)
        del newest[MOST_IMAGES:]
        while len(content := _written(key, {item: records[item] for item in newest})) > LONGEST:
            newest.pop()
        replace_file(self._path, content, reserve=False)

    def begin(self, building: JsonObject) -> None:
        """Write down what is about to be built, for whoever settles it if this process dies.

        Raises:
            FileError: The file can't be written.
        """
        replace_file(self._begun, json.dumps(building).encode(), durable=False, reserve=False)

    def begun(self) -> JsonObject:
        """What was about to be built; empty where nothing is known of it."""
        return _loaded(self._begun)

    def forget_begun(self) -> None:
        """It has ended."""
        with suppress(OSError):
            self._begun.unlink(missing_ok=True)

    def _load(self) -> JsonObject:
        """The file; one that can't be understood holds nothing that would be missed for long."""
        return _loaded(self._path)

    def _records(self, root: JsonObject) -> Iterator[tuple[str, BuildRecord]]:
        key = _key(root)
        if not key:
            return
        for image_id, item in Node(root)["images"].members():
            built_at = item["at"].value
            if isinstance(built_at, int | float):
                arguments = {name: mark.raw for name, mark in item["arguments"].members()}
                yield image_id, BuildRecord(float(built_at), arguments, key)


def _loaded(path: Path) -> JsonObject:
    try:
        return load_object(read_regular(path, LONGEST, follow=False))
    except (OSError, ValueError):
        return {}


def _key(root: JsonObject) -> bytes:
    """The key of the marks; empty where there is none, and so nothing to compare."""
    if Node(root)["version"].value != _VERSION:
        return b""
    try:
        key = bytes.fromhex(Node(root)["key"].raw)
    except ValueError:
        return b""
    return key if len(key) == _KEY_BYTES else b""


def _written(key: bytes, records: Mapping[str, BuildRecord]) -> bytes:
    images = {
        image_id: {"at": record.built_at, "arguments": dict(record.arguments)}
        for image_id, record in records.items()
    }
    return json.dumps({"version": _VERSION, "key": key.hex(), "images": images}).encode()


def build_records(command: ComposeCommand, state_folder: Path) -> BuildRecords:
    """The records of the project that a command is for.

    Args:
        command: How compose is called for it.
        state_folder: Where this user's state is kept.
    """
    place = os.path.realpath(command.directory)
    mark = hashlib.sha256(place.encode("utf-8", "surrogateescape")).hexdigest()[:12]
    return BuildRecords(state_folder / "builds" / f"{mark}.json")
