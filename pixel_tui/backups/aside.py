"""The names that a restore gives: `NAME.before-20260301-120000` to what it puts aside."""

import re
from datetime import UTC, datetime
from typing import Final

_ASIDE: Final = re.compile(r"\.before-[0-9]{8}-[0-9]{6}", re.ASCII)
_FRESH: Final = ".restoring"


def displaced_suffix(now: datetime) -> str:
    """What is added to a name."""
    return f"before-{now.astimezone(UTC):%Y%m%d-%H%M%S}"


def is_displaced(name: str) -> bool:
    """Whether a file was put aside: it is in a backup already, and goes into no other."""
    found = _ASIDE.search(name)
    return found is not None and found.end() == len(name)


def fresh_name(name: str) -> str:
    """How a file is called while its content is written, before it takes its place."""
    return f".{name}{_FRESH}"


def is_fresh(name: str) -> bool:
    """Whether a file is what a restore that died left behind: never the data itself."""
    return name.startswith(".") and name.endswith(_FRESH)
