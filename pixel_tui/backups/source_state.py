"""What differs once a SQLite database has been written to: kept with its copy, compared later."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from pixel_tui.backups.manifest import Item
from pixel_tui.stack.model.json_value import JsonObject, Node

DETAIL: Final = "source_state"
"""Under which name it is in the details of an item."""


@dataclass(frozen=True, slots=True)
class SourceState:
    """Sizes and time stamps of a database and of its `-wal`."""

    parts: Mapping[str, tuple[int, int]]
    """Bytes, and nanoseconds of the last change, by the end of the name (`-wal`)."""

    @property
    def changed(self) -> float:
        """Seconds of the last change since 1970."""
        return max((when for _, when in self.parts.values()), default=0) / 1e9


NO_STATE: Final = SourceState({})


def state_of(database: Path) -> SourceState:
    """What there is now; without a `-wal` that is empty, as a reader leaves one.

    Raises:
        OSError: The database can't be looked at.
    """
    about = database.lstat()
    parts = {"": (about.st_size, about.st_mtime_ns)}
    try:
        log = os.lstat(f"{database}-wal")
    except FileNotFoundError:
        return SourceState(parts)
    if log.st_size:
        parts["-wal"] = (log.st_size, log.st_mtime_ns)
    return SourceState(parts)


def as_detail(state: SourceState) -> JsonObject:
    """As it is kept in a manifest. Texts, as not every reader of JSON has integers that long."""
    return {end: f"{size} {when}" for end, (size, when) in state.parts.items()}


def has_changed(item: Item, state: SourceState, since: datetime) -> bool:
    """Whether a database was written to since it was copied.

    Args:
        item: Its copy.
        state: What there is now.
        since: When the backup was made; decides where the item does not know how it was.
    """
    known = {end: value.raw for end, value in Node(item.details)[DETAIL].members()}
    return known != as_detail(state) if known else state.changed >= since.timestamp()
