"""Records of when the contents that containers get have changed.

The modification time of an environment file does not show which key has changed. So for each
content that no hash of compose covers, a keyed hash is kept in the state folder, with the time of
the change. Touching the file, or changing another key, is not a change.
"""

import json
import logging
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pixel_tui.errors import FileError
from pixel_tui.files import replace_file
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.compose.keyed_file import (
    KEY_BYTES,
    VERSION,
    key_of,
    keyed_file_path,
    load_keyed_file,
)
from pixel_tui.stack.model.build_record import build_mark
from pixel_tui.stack.model.deliveries import ContentChange
from pixel_tui.stack.model.json_value import JsonObject, Node

log = logging.getLogger(__name__)

MAX_CONTENTS: Final = 500
MAX_CHANGES: Final = 20
"""The limit per content; the oldest are dropped."""
MAX_BYTES: Final = 1 << 20
"""Maximum size of the file in bytes."""

Changes = tuple[ContentChange, ...]


@dataclass(frozen=True, slots=True)
class Content:
    """A present content."""

    name: str
    """What it is: `variable:TOKEN`."""
    value: str = field(repr=False)
    first: datetime
    """The time assumed for the change if there is no record of it yet."""
    latest: datetime
    """The latest possible time of the change, if the last record is different."""


class ContentRecords:
    """The content records of one project. Every method blocks.

    Of two processes that write at the same time, one loses its record, and makes it again later.

    Args:
        path: The file; it need not exist.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def update(self, contents: Iterable[Content]) -> Mapping[str, Changes]:
        """Record the present contents and return the known changes of each, by name.

        The file is written only if there is a change. A failure to write it is only logged.
        """
        root = load_keyed_file(self._path, MAX_BYTES)
        key = key_of(root)
        known = _parse_contents(root) if key else {}
        key = key or os.urandom(KEY_BYTES)
        found: dict[str, Changes] = {}
        for item in contents:
            mark = build_mark(key, item.name, item.value)
            found[item.name] = _with_content(known.get(item.name, ()), mark, item)
        kept = {**known, **found}
        if kept != known:
            self._write(key, kept, found)
        return found

    def _write(
        self, key: bytes, kept: Mapping[str, Changes], newest: Mapping[str, Changes]
    ) -> None:
        names = [*newest, *(name for name in kept if name not in newest)][:MAX_CONTENTS]
        written = {
            "version": VERSION,
            "key": key.hex(),
            "contents": {
                name: [{"at": item.at.timestamp(), "mark": item.mark} for item in kept[name]]
                for name in names
            },
        }
        try:
            replace_file(self._path, json.dumps(written).encode(), durable=False, reserve=False)
        except FileError as error:
            log.warning("the contents of secrets and configs can't be recorded: %s", error)


def _with_content(known: Changes, mark: str, content: Content) -> Changes:
    if not known:
        return (ContentChange(content.first, mark),)
    if known[-1].mark == mark:
        return known
    at = max(content.latest, known[-1].at)
    return (*known, ContentChange(at, mark))[-MAX_CHANGES:]


def _parse_contents(root: JsonObject) -> dict[str, Changes]:
    found = {name: tuple(_parse_changes(item)) for name, item in Node(root)["contents"].members()}
    return {name: changes for name, changes in found.items() if changes}


def _parse_changes(node: Node) -> Sequence[ContentChange]:
    found = []
    for item in node:
        at, mark = item["at"].value, item["mark"].raw
        if isinstance(at, int | float) and mark:
            try:
                found.append(ContentChange(datetime.fromtimestamp(at, UTC), mark))
            except (ValueError, OverflowError, OSError):
                return []
    return sorted(found, key=lambda change: change.at)


def content_records(command: ComposeCommand, state_folder: Path) -> ContentRecords:
    """Return the content records of a project.

    Args:
        command: The compose command of the project.
        state_folder: The user's state folder.
    """
    return ContentRecords(keyed_file_path(state_folder / "contents", command))
