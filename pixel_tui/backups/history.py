"""Compares backups over time: databases that are gone now, and last copies that must stay."""

from collections.abc import Iterable, Mapping, Sequence

from pixel_tui.backups.manifest import Gap, Item, ItemKind, Manifest

Key = tuple[ItemKind, str, str]
"""Kind, source and database: identifies an item across backups."""
_DATABASES = frozenset({ItemKind.SQLITE, ItemKind.POSTGRES})


def last_copies(newest_first: Sequence[tuple[str, Manifest]]) -> Mapping[Key, str]:
    """Return the id of the backup with the newest good copy of each database.

    Files that the newest backup failed to copy count as well.

    Args:
        newest_first: Ids and manifests of backups that are not damaged.
    """
    failed: set[str] = set()
    for _, manifest in newest_first[:1]:
        failed = {gap.what for gap in manifest.left_out if gap.gap is not Gap.NOT_COPIED}
    found: dict[Key, str] = {}
    for backup_id, manifest in newest_first:
        for item in manifest.items:
            wanted = _is_good(item) or (item.kind is ItemKind.FILE and item.source in failed)
            if wanted:
                found.setdefault(_key(item), backup_id)
    return found


def missing_databases(
    items: Sequence[Item], not_copied: Iterable[str], newest_first: Sequence[Manifest]
) -> tuple[str, ...]:
    """Return what is empty or gone now but was in the last backup, as sentences.

    Args:
        items: The items of the current backup.
        not_copied: What exists but could not be copied or read; it is reported already.
        newest_first: The earlier backups, up to the last complete one.
    """
    now = {_key(item): item for item in items if item.kind in _DATABASES}
    reported = set(not_copied)
    sentences: dict[Key, str] = {}
    for manifest in newest_first:
        for item in manifest.items:
            key = _key(item)
            if key in sentences or not _is_good(item) or _is_named(item, reported):
                continue
            present = now.get(key)
            if present is None:
                sentences[key] = (
                    f"{item.title} no longer exists, and is in the backup {manifest.id}"
                )
            elif present.empty:
                sentences[key] = (
                    f"{item.title} is empty now, and was not in the backup {manifest.id}"
                )
        if not manifest.incomplete:
            break
    return tuple(sentences.values())


def backup_with(source: str, newest_first: Iterable[Manifest]) -> str:
    """Return which backup has a good copy of a SQLite database, as part of a sentence.

    Args:
        source: The database.
        newest_first: The earlier backups that are not damaged.
    """
    for manifest in newest_first:
        if any(item.kind is ItemKind.SQLITE and item.source == source for item in manifest.items):
            return f"the backup {manifest.id} has it"
    return "no backup has it"


def _is_named(item: Item, reported: set[str]) -> bool:
    parts = item.source.split("/")
    above = {"/".join(parts[:count]) for count in range(1, len(parts) + 1)}
    return bool({*above, item.title, f"volume {item.volume}" if item.volume else ""} & reported)


def _is_good(item: Item) -> bool:
    return item.kind in _DATABASES and not item.empty


def _key(item: Item) -> Key:
    return item.kind, item.source, item.database
