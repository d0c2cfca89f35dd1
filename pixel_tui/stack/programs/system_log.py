"""Reads this user's entries in the system journal. Writes nothing."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pixel_tui.errors import OperationError
from pixel_tui.stack.programs.program import RealPrograms

SECONDS: Final = 3.0
_MAX_ENTRIES: Final = 200
"""The maximum number of entries."""


def journal_entries(identifier: str, environment: Mapping[str, str]) -> str | None:
    """Return the newest entries of this user, one per line; None if the journal can't be read.

    Any user may write entries under any identifier, but the journal itself adds the user's id.
    """
    argv = (
        *("journalctl", "--quiet", "--no-pager", "--output=cat", f"--lines={_MAX_ENTRIES}"),
        *(f"--identifier={identifier}", f"_UID={os.geteuid()}"),
    )
    try:
        result = RealPrograms(Path("/"), environment).run(argv, patience=SECONDS)
    except OperationError:
        return None
    return None if result.code else result.output.decode("utf-8", "replace")
