"""The names of files that a restore replaces: `NAME.before-20260301-120000`.

SQLite's side files are named after the renamed database, so that they are opened together:
`app.db.before-20260301-120000-wal`. The form of earlier versions is recognized as well:
`app.db-wal.before-20260301-120000`.
"""

import re
from datetime import UTC, datetime
from typing import Final

SIDE_FILES: Final = ("-wal", "-shm", "-journal")
"""The suffixes of the files that SQLite keeps beside a database."""
_DISPLACED: Final = re.compile(
    rf"\.before-[0-9]{{8}}-[0-9]{{6}}({'|'.join(SIDE_FILES)})?", re.ASCII
)
_TEMPORARY: Final = ".restoring"


def displaced_suffix(now: datetime) -> str:
    """Return the suffix for replaced files."""
    return f"before-{now.astimezone(UTC):%Y%m%d-%H%M%S}"


def is_displaced(name: str) -> bool:
    """Whether a file was replaced by a restore; such files are not backed up again."""
    return any(found.end() == len(name) for found in _DISPLACED.finditer(name))


def temporary_name(name: str) -> str:
    """Return the temporary name of a file while its content is written."""
    return f".{name}{_TEMPORARY}"


def is_temporary(name: str) -> bool:
    """Whether a file is left over from a restore that died, and never the data itself."""
    return name.startswith(".") and name.endswith(_TEMPORARY)
