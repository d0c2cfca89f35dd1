"""Collects what a backup leaves out, without duplicates."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pixel_tui.backups.declared import Declared
from pixel_tui.backups.manifest import Gap, LeftOut
from pixel_tui.backups.policy import Policy
from pixel_tui.backups.search import MAX_UNREAD
from pixel_tui.backups.stack_view import real_inside


@dataclass(slots=True)
class Gaps:
    """What is left out, without duplicates."""

    found: list[LeftOut] = field(default_factory=list)

    def add(self, what: str, why: str, gap: Gap, *, expected: bool) -> None:
        """Add a gap, unless there is one for this already."""
        if all(item.what != what for item in self.found):
            self.found.append(LeftOut(what, why, gap, expected))

    def add_unread(self, paths: Sequence[tuple[Path, str]], policy: Policy) -> None:
        """Add gaps for paths that could not be read and belong in a backup."""
        for path, why in paths[:MAX_UNREAD]:
            what = real_inside(str(path), policy.project) or str(path)
            self.add(what, f"it could not be read: {why}", Gap.UNKNOWN, expected=True)
        if len(paths) > MAX_UNREAD:
            more = f"{len(paths) - MAX_UNREAD} more files and folders"
            self.add(more, "they could not be read", Gap.UNKNOWN, expected=True)

    def add_undeclared(self, declared: Declared) -> None:
        """Add gaps for services that compose refuses to resolve."""
        for name in declared.unclear:
            why = "compose refuses it, so its mounts are unknown"
            self.add(name, why, Gap.UNKNOWN, expected=True)
        if declared.services and declared.trouble:
            what = "services of inactive profiles"
            self.add(what, declared.trouble, Gap.UNKNOWN, expected=True)
