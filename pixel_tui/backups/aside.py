"""The names of what was put aside by a restore: `NAME.before-20260301-120000`."""

import re
from datetime import UTC, datetime
from typing import Final

_ASIDE: Final = re.compile(r"\.before-[0-9]{8}-[0-9]{6}", re.ASCII)


def aside_mark(now: datetime) -> str:
    """What is added to a name."""
    return f"before-{now.astimezone(UTC):%Y%m%d-%H%M%S}"


def is_aside(name: str) -> bool:
    """Whether a file was put aside: it is in a backup already, and goes into no other."""
    found = _ASIDE.search(name)
    return found is not None and found.end() == len(name)
