"""Reads back what this user has told the system's log. Nothing is written."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pixel_tui.errors import OperationError
from pixel_tui.stack.programs.program import RealPrograms

SECONDS: Final = 3.0
_MOST: Final = 200
"""Entries, the newest."""


def told_to_system_log(identifier: str, environment: Mapping[str, str]) -> str | None:
    """The newest entries of this user, a line each; None where no journal can be asked.

    Any user may write entries under any name, but the journal itself notes whose they are.
    """
    argv = (
        *("journalctl", "--quiet", "--no-pager", "--output=cat", f"--lines={_MOST}"),
        *(f"--identifier={identifier}", f"_UID={os.geteuid()}"),
    )
    try:
        said = RealPrograms(Path("/"), environment).run(argv, patience=SECONDS)
    except OperationError:
        return None
    return None if said.code else said.output.decode("utf-8", "replace")
