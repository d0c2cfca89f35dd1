"""Decides which items of a manifest may be restored, and where. The manifest is not trusted.

A backup may be where services can write, so it may have content that no backup of ours has. All
of it is checked before the first file is touched.
"""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pixel_tui.backups.aside import SIDE_FILES, is_displaced, is_temporary
from pixel_tui.backups.manifest import Item, ItemKind, relative_path
from pixel_tui.backups.search import is_database
from pixel_tui.backups.volumes import volume_source
from pixel_tui.errors import ConsoleError, FileError

_VERSION_CONTROL: Final = frozenset({".git", ".hg", ".svn", ".bzr", ".jj"})
"""Version control folders: their content is executed by the next command in the folder."""
_MODE: Final = re.compile("[0-7]{3,4}", re.ASCII)


@dataclass(frozen=True, slots=True)
class RestoreRoots:
    """The folders that files may be restored to."""

    project: Path
    """The project's folder."""
    backups: Path | None = None
    """The folder of its backups."""
    volumes: Mapping[str, Path] | None = None
    """The folders of volumes, by name."""
    binds: Sequence[str] = ()
    """The sources of the project's bind mounts, as the engine names them."""

    def shown(self, path: Path) -> str:
        """Return a path for display: relative to the project's folder if inside it."""
        try:
            return str(path.relative_to(self.project.resolve()))
        except ValueError:
            return str(path)


def target_of(item: Item, roots: RestoreRoots) -> Path:
    """Return the real path where an item goes.

    Raises:
        FileError: No backup of ours can contain it, or a link leads to where the project has no
            data.
    """
    _require_ours(item)
    if item.volume:
        return _in_volume(item, roots)
    target = roots.project / relative_path(item.source)
    project, real = roots.project.resolve(), target.resolve()
    if not real.is_relative_to(project) and not _is_project_link(target, real, roots):
        raise FileError(
            "A link leads out of the project's folder, to a place where no service has data.",
            on=f"{target} -> {real}",
            hint="Remove the link if you did not make it.",
        )
    for path in (real, target):
        if roots.backups is not None and path.is_relative_to(roots.backups.resolve()):
            raise FileError("It is in the backup folder itself.", on=str(path))
    if real.is_relative_to(project) and _is_version_control(real.relative_to(project).parts):
        raise FileError("A link leads into a repository's history.", on=str(target))
    place = real.parent
    while not os.path.lexists(place):
        place = place.parent
    if not place.is_dir():
        raise FileError("Its parent is not a folder.", on=str(place))
    if real.is_dir() and not _is_empty(real):
        raise FileError("It would replace a folder that is not empty.", on=str(real))
    return real


def why_not_restorable(item: Item, roots: RestoreRoots) -> str:
    """Return why an item can't be restored, without reading its content; empty if it can.

    Args:
        item: The item.
        roots: The allowed folders; not needed for an item in a volume.
    """
    try:
        if item.volume:
            _require_ours(item)
        elif not item.server:
            target_of(item, roots)
    except (ConsoleError, OSError, ValueError) as error:
        return str(error)
    return ""


def _is_empty(folder: Path) -> bool:
    """Whether a folder is empty: Docker creates one for a bind mount whose file is missing."""
    try:
        return next(folder.iterdir(), None) is None
    except OSError:
        return False  # unknown


def require_content(item: Item, path: Path) -> None:
    """Raise `FileError` if an item's file is not of the stated kind.

    Args:
        item: The item.
        path: Its file in the backup.
    """
    if item.kind is ItemKind.SQLITE and not is_database(path):
        raise FileError("It is marked as a SQLite database, but is not one.", on=str(path))


def mode_of(item: Item) -> int:
    """Return the recorded permissions, without set-user-ID and the like.

    Only the owner may read a file without recorded permissions.
    """
    mode = item.details.get("mode")
    return int(mode, 8) & 0o777 if isinstance(mode, str) else 0o600


def is_side_file(item: Item, items: Iterable[Item]) -> bool:
    """Whether it is a side file of a restored database, which it would corrupt."""
    if item.kind is not ItemKind.FILE:
        return False
    names = {other.source for other in items if other.kind is ItemKind.SQLITE}
    return any(
        item.source.removesuffix(suffix) in names
        for suffix in SIDE_FILES
        if item.source.endswith(suffix)
    )


def _require_ours(item: Item) -> None:
    path = relative_path(item.source)
    if _is_version_control(path.parts):
        raise FileError("A backup can't contain a repository's history.", on=item.source)
    if is_displaced(path.name) or is_temporary(path.name):
        raise FileError("A backup can't contain files that a restore replaced.", on=item.source)
    if item.volume and (
        item.kind is not ItemKind.SQLITE
        or not item.source.startswith(volume_source(item.volume, ""))
    ):
        raise FileError("It is marked as in a volume, but is not.", on=item.source)
    mode = item.details.get("mode")
    if mode is not None and not (isinstance(mode, str) and _MODE.fullmatch(mode)):
        raise FileError(f"A file can't be restored with mode {str(mode)[:20]!r}.", on=item.source)


def _is_version_control(parts: Iterable[str]) -> bool:
    return any(part.casefold() in _VERSION_CONTROL for part in parts)


def _is_project_link(target: Path, real: Path, roots: RestoreRoots) -> bool:
    """Whether a link out of the project leads to data of the project.

    A data folder may be on another disk: then a service mounts it. Without containers, a link
    directly in the project's folder is trusted, because a service could have created any other.
    """
    if target.is_symlink():
        return False  # a link instead of a single file is suspicious
    project = roots.project.resolve()
    for bind in roots.binds:
        place, named = Path(bind).resolve(), Path(os.path.normpath(bind))
        ours = named.is_relative_to(roots.project) or named.is_relative_to(project)
        if ours and not project.is_relative_to(place) and real.is_relative_to(place):
            return True
    first = relative_path(target.relative_to(roots.project).as_posix()).parts[0]
    link = roots.project / first
    open_to_services = any(project.is_relative_to(Path(bind).resolve()) for bind in roots.binds)
    direct = link.resolve() / target.relative_to(link) == real
    return link.is_symlink() and direct and not open_to_services


def _in_volume(item: Item, roots: RestoreRoots) -> Path:
    """Return where a database of a volume goes; services may have created links in the volume."""
    place = (roots.volumes or {})[item.volume].resolve()
    relative = item.source.removeprefix(volume_source(item.volume, ""))
    target = place / relative_path(relative)
    if target.resolve() != target:
        raise FileError("A link points elsewhere than in the backup.", on=str(target))
    return target
