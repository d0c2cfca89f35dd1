"""The state of a SQLite database's files, stored with its copy to detect later writes."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from pixel_tui.backups.manifest import Item
from pixel_tui.stack.model.json_value import JsonObject, Node

DETAIL: Final = "source_state"
"""The key in the details of an item."""


@dataclass(frozen=True, slots=True)
class SourceState:
    """Sizes and time stamps of a database and of its `-wal`."""

    parts: Mapping[str, tuple[int, int]]
    """Bytes, and modification time in nanoseconds, by suffix (`-wal`)."""

    @property
    def changed(self) -> float:
        """The last modification, in seconds since 1970."""
        return max((when for _, when in self.parts.values()), default=0) / 1e9


NO_STATE: Final = SourceState({})


def state_of(database: Path) -> SourceState:
    """Return the current state; an empty `-wal`, which a reader may leave, is ignored.

    Raises:
        OSError: The database can't be accessed.
    """
    status = database.lstat()
    parts = {"": (status.st_size, status.st_mtime_ns)}
    try:
        log = os.lstat(f"{database}-wal")
    except FileNotFoundError:
        return SourceState(parts)
    if log.st_size:
        parts["-wal"] = (log.st_size, log.st_mtime_ns)
    return SourceState(parts)


def as_detail(state: SourceState) -> JsonObject:
    """Serialize for a manifest, as strings: not every JSON reader has integers that long."""
    return {end: f"{size} {when}" for end, (size, when) in state.parts.items()}


def has_changed(item: Item, state: SourceState, since: datetime) -> bool:
    """Whether a database has been written to since it was copied.

    Args:
        item: Its copy.
        state: The current state.
        since: When the backup was made; decides if the item has no recorded state.
    """
    known = {end: value.raw for end, value in Node(item.details)[DETAIL].members()}
    return known != as_detail(state) if known else state.changed >= since.timestamp()
