"""The record of a backup's last verification, in the backup's own folder."""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pixel_tui.backups.manifest_file import MANIFEST, MAX_MANIFEST_BYTES
from pixel_tui.files import read_regular, replace_file
from pixel_tui.stack.model.json_value import Node, load_object

VERIFICATION_FILE: Final = "verified.json"
MAX_VERIFICATION_BYTES: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class VerificationResult:
    """The result of a backup's last verification."""

    time: datetime
    problems: tuple[str, ...] = ()

    @property
    def well(self) -> bool:
        """Whether it matched its manifest."""
        return not self.problems


def read_verification(folder: Path) -> VerificationResult | None:
    """Return the last verification; None if there is none for the current manifest."""
    try:
        node = Node(
            load_object(
                read_regular(folder / VERIFICATION_FILE, MAX_VERIFICATION_BYTES, follow=False)
            )
        )
        if node["manifest"].raw != _manifest_hash(folder):
            return None
        time = datetime.fromisoformat(node["time"].raw).astimezone(UTC)
    except (OSError, ValueError, OverflowError):
        return None
    problems: tuple[str, ...] = tuple(item.text for item in node["problems"])
    if node["ok"].value is not True and not problems:
        problems = ("the record of its verification is damaged",)
    return VerificationResult(time, problems)


def write_verification(folder: Path, verification: VerificationResult) -> None:
    """Record a verification.

    Raises:
        FileError: It can't be written.
    """
    content = {
        "version": 1,
        "time": verification.time.isoformat(),
        "ok": verification.well,
        "problems": list(verification.problems),
        "manifest": _manifest_hash(folder),
    }
    replace_file(folder / VERIFICATION_FILE, f"{json.dumps(content, indent=2)}\n".encode())


def _manifest_hash(folder: Path) -> str:
    return hashlib.sha256(
        read_regular(folder / MANIFEST, MAX_MANIFEST_BYTES, follow=False)
    ).hexdigest()
