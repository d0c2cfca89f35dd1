"""The names that a restore gives: `NAME.before-20260301-120000` to what it puts aside.

What SQLite keeps beside a database is named for the database that is put aside, so that they open
together: `app.db.before-20260301-120000-wal`. Earlier versions called it
`app.db-wal.before-20260301-120000`, which is known as well.
"""

import re
from datetime import UTC, datetime
from typing import Final

SIDE_FILES: Final = ("-wal", "-shm", "-journal")
"""What SQLite adds to the name of a database for the files that it keeps beside it."""
_ASIDE: Final = re.compile(rf"\.before-[0-9]{{8}}-[0-9]{{6}}({'|'.join(SIDE_FILES)})?", re.ASCII)
_FRESH: Final = ".restoring"


def displaced_suffix(now: datetime) -> str:
    """What is added to a name."""
    return f"before-{now.astimezone(UTC):%Y%m%d-%H%M%S}"


def is_displaced(name: str) -> bool:
    """Whether a file was put aside: it is in a backup already, and goes into no other."""
    return any(found.end() == len(name) for found in _ASIDE.finditer(name))


def fresh_name(name: str) -> str:
    """How a file is called while its content is written, before it takes its place."""
    return f".{name}{_FRESH}"


def is_fresh(name: str) -> bool:
    """Whether a file is what a restore that died left behind: never the data itself."""
    return name.startswith(".") and name.endswith(_FRESH)
