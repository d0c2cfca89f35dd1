"""Which keys two contents of a `.env` read differently."""

import os

from pixel_tui.environment.dotenv.document import DotenvDocument
from pixel_tui.environment.dotenv.values import read_values


def changed_keys(before: bytes, after: bytes) -> frozenset[str]:
    """The keys that are new, gone, or that compose reads as another value."""
    old, new = (
        {
            key: reading.value
            for key, reading in read_values(DotenvDocument.parse(data), os.environ).items()
        }
        for data in (before, after)
    )
    return frozenset(key for key in {*old, *new} if old.get(key) != new.get(key))
