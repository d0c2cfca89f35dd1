"""The keys whose values differ between two versions of a `.env`."""

import os

from pixel_tui.environment.dotenv.document import DotenvDocument
from pixel_tui.environment.dotenv.values import read_values


def changed_keys(before: bytes, after: bytes) -> frozenset[str]:
    """Return the keys that were added or removed, or whose value changed for compose."""
    old, new = (
        {
            key: reading.value
            for key, reading in read_values(DotenvDocument.parse(data), os.environ).items()
        }
        for data in (before, after)
    )
    return frozenset(key for key in {*old, *new} if old.get(key) != new.get(key))
