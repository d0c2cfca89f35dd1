"""Finds services that can access the backups, which contain every secret of the project."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pixel_tui.backups.policy import Policy
from pixel_tui.backups.store import BackupStore
from pixel_tui.stack.model.container import Container
from pixel_tui.text import SafeText, plain


@dataclass(frozen=True, slots=True)
class Exposure:
    """A folder of backups that services mount, directly or by a parent folder."""

    folder: SafeText
    readers: tuple[SafeText, ...]
    """The services that can read it."""
    writers: tuple[SafeText, ...]
    """The services that can also write to it."""
    former: bool = False
    """Whether it has only older backups."""

    @property
    def words(self) -> SafeText:
        """`api and backup can read and write /srv/pixel/backups`."""
        names = self.writers or self.readers
        shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
        return plain(f"{shown} can {'read and write' if self.writers else 'read'} {self.folder}")

    def holds(self, folder: Path) -> bool:
        """Whether a backup's folder is in it."""
        return folder.is_relative_to(str(self.folder))


def exposures(policy: Policy, containers: Iterable[Container]) -> tuple[Exposure, ...]:
    """Return the backup folders that containers mount; the former one only if it has backups.

    Args:
        policy: The project's rules.
        containers: Its containers, including one-off ones.
    """
    mounts = [
        (container.service or container.name, mount.source, mount.writable)
        for container in containers
        for mount in container.mounts
        if mount.kind == "bind"
    ]
    found = []
    for root in policy.roots:
        former = root != policy.root
        if former and not _has_backups(root):
            continue
        readers = _sorted(name for name, source, _ in mounts if _overlaps(source, root))
        writers = _sorted(name for name, source, may in mounts if may and _overlaps(source, root))
        if readers:
            found.append(Exposure(plain(str(root)), readers, writers, former))
    return tuple(found)


def can_write(containers: Iterable[Container], folder: Path) -> bool:
    """Whether a container mounts a folder, a parent or a child of it, and can write there."""
    return any(
        mount.writable and mount.kind == "bind" and _overlaps(mount.source, folder)
        for container in containers
        for mount in container.mounts
    )


def _sorted(names: Iterable[SafeText]) -> tuple[SafeText, ...]:
    return tuple(sorted(set(names)))


def _overlaps(source: str, root: Path) -> bool:
    """Whether one is the other or inside it, with links resolved."""
    mounted, place = Path(os.path.realpath(source)), Path(os.path.realpath(root))
    return place.is_relative_to(mounted) or mounted.is_relative_to(place)


def _has_backups(root: Path) -> bool:
    return bool(BackupStore(root).names())
