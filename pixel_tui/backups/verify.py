"""Verifies that a backup still matches its manifest."""

from collections.abc import Mapping
from pathlib import Path

from pixel_tui.backups.copies import hash_file
from pixel_tui.backups.make import Say
from pixel_tui.backups.manifest import Item, ItemKind
from pixel_tui.backups.postgres import CUSTOM_FORMAT, Postgres
from pixel_tui.backups.sqlite_copy import check_database
from pixel_tui.backups.store import Backup
from pixel_tui.backups.verification_record import VerificationResult
from pixel_tui.clock import Clock
from pixel_tui.errors import ConsoleError
from pixel_tui.files import open_regular
from pixel_tui.humanize import size

ReadContents = Mapping[str, Postgres]
"""Servers that can read a dump's table of contents, by service."""


def verify(backup: Backup, servers: ReadContents, clock: Clock, say: Say) -> VerificationResult:
    """Read all items, and compare them with the manifest.

    Args:
        backup: The backup.
        servers: The running Postgres servers.
        clock: Gives the time of the verification.
        say: Prints a line for each item.
    """
    if backup.manifest is None:
        return VerificationResult(clock.now(), (backup.trouble,))
    problems = []
    for item in backup.manifest.items:
        trouble, note = check_item(backup.folder, item, servers)
        if trouble:
            problems.append(f"{item.title}: {trouble}")
        words = trouble or f"intact, {size(item.size)}{note}"
        say(f"{item.kind.value:<10} {item.title}  {words}")
    for gap in backup.manifest.missing:
        say(f"MISSING: {gap.what} ({gap.why})")
    return VerificationResult(clock.now(), tuple(problems))


def item_file(folder: Path, item: Item) -> Path:
    """Return the path of an item's file, which must not be a link.

    Raises:
        OSError: It does not exist.
        ValueError: It is not a regular file in the backup's folder.
    """
    path = folder / item.path
    real = path.resolve(strict=True)
    if real != folder.resolve() / item.path or not real.is_file():
        raise ValueError("not a regular file of the backup")
    return real


def check_item(folder: Path, item: Item, servers: ReadContents) -> tuple[str, str]:
    """Return what is wrong with an item (empty if intact), and a note on the check."""
    try:
        path = item_file(folder, item)
        trouble = _changed(path, item)
    except OSError as error:
        trouble = error.strerror or str(error)
    except ValueError as error:
        trouble = str(error)
    else:
        if not trouble and item.kind is ItemKind.SQLITE:
            return check_database(path), ", integrity checked"
        if not trouble and item.kind is ItemKind.POSTGRES:
            if not _is_custom(path):
                return "not a dump in the custom format of pg_dump", ""
            return _read_contents(path, servers.get(item.source))
    return trouble, ""


def _changed(path: Path, item: Item) -> str:
    size = path.stat().st_size
    if size != item.size:
        return f"it has {size} bytes instead of {item.size}"
    return "" if hash_file(path) == item.sha256 else "content has changed"


def _is_custom(path: Path) -> bool:
    with open_regular(path, follow=False) as file:
        return file.read(len(CUSTOM_FORMAT)) == CUSTOM_FORMAT


def _read_contents(path: Path, server: Postgres | None) -> tuple[str, str]:
    if server is None:
        return "", ", its table of contents not read: its server is not running"
    try:
        return "", f", {server.contents(path)} entries"
    except ConsoleError as error:
        return str(error), ""
