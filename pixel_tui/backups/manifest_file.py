"""Writes and reads the `manifest.json` of a backup. Its content is not trusted."""

import hashlib
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pixel_tui.backups.manifest import (
    Cover,
    Gap,
    Item,
    ItemKind,
    LeftOut,
    Manifest,
    ServerContent,
    VolumeContent,
    is_backup_id,
    relative_path,
)
from pixel_tui.errors import FileError
from pixel_tui.files import read_regular
from pixel_tui.stack.model.json_value import JsonObject, Node, load_object

READABLE: Final = (1, 2)
"""The supported versions; the changes are in `docs/backups.md`."""
MANIFEST: Final = "manifest.json"
MAX_MANIFEST_BYTES: Final = 4 * 1024 * 1024
"""The most bytes of a manifest."""
MAX_FILE_BYTES: Final = 1 << 60
"""Bytes of a file: more than any current file system can hold."""


def as_bytes(manifest: Manifest) -> bytes:
    """Serialize a manifest."""
    content = {
        "version": manifest.version,
        "id": manifest.id,
        "project": manifest.project,
        "engine": manifest.engine,
        "host": manifest.host,
        "created": manifest.created.astimezone(UTC).isoformat(),
        "seconds": round(manifest.seconds, 3),
        "reason": manifest.reason,
        "tools": manifest.tools,
        "items": [
            {
                "kind": item.kind.value,
                "source": item.source,
                "path": item.path,
                "bytes": item.size,
                "sha256": item.sha256,
                "details": item.details,
            }
            for item in manifest.items
        ],
        "incomplete": manifest.incomplete,
        "left_out": [
            {"what": gap.what, "why": gap.why, "state": gap.gap.value, "expected": gap.expected}
            for gap in manifest.left_out
        ],
        "servers": [
            {
                "service": server.service,
                "listed": server.listed,
                "databases": list(server.databases),
                "dumped": list(server.dumped),
                "roles": server.roles,
            }
            for server in manifest.servers
        ],
        "volumes": [
            {
                "name": volume.name,
                "cover": volume.cover.value,
                "by": list(volume.by),
                "why": volume.why,
            }
            for volume in manifest.volumes
        ],
        "warnings": list(manifest.warnings),
    }
    return f"{json.dumps(content, indent=2)}\n".encode()


def from_bytes(content: bytes) -> Manifest:
    """Parse the manifest of a backup.

    Raises:
        ValueError: It is invalid, of another version, or has a path that leads out of its folder.
    """
    if len(content) > MAX_MANIFEST_BYTES:
        raise ValueError("it is too large")
    node = Node(load_object(content))
    version = node["version"].value
    if not isinstance(version, int) or isinstance(version, bool) or version not in READABLE:
        raise ValueError(
            f"its version is {node['version'].text[:20] or 'missing'}, but this pixel-tui reads "
            f"{READABLE[0]} to {READABLE[-1]}"
        )
    if not is_backup_id(node["id"].raw):
        raise ValueError("its id is not valid")
    created = datetime.fromisoformat(node["created"].raw)
    if created.tzinfo is None:
        raise ValueError("its time has no time zone")
    seconds = node["seconds"].value
    if not isinstance(node["items"].value, list):
        raise ValueError("it has no list of items")
    items = tuple(map(_item, node["items"]))
    if len({item.path for item in items}) != len(items):
        raise ValueError("two items have the same path")
    return Manifest(
        id=node["id"].raw,
        project=node["project"].raw,
        engine=node["engine"].raw,
        host=node["host"].raw,
        created=created.astimezone(UTC),
        seconds=float(seconds) if isinstance(seconds, int | float) else 0.0,
        reason=node["reason"].raw,
        tools=_object(node["tools"]),
        items=items,
        left_out=tuple(map(_gap, node["left_out"])),
        servers=tuple(map(_server, node["servers"])),
        volumes=tuple(map(_volume, node["volumes"])),
        warnings=tuple(item.raw for item in node["warnings"]),
        version=version,
        digest=hashlib.sha256(content).hexdigest(),
    )


def _gap(node: Node) -> LeftOut:
    """Parse a gap; version 1 has no state, which is then unknown."""
    state = node["state"].raw
    known = Gap(state) if state else Gap.UNKNOWN
    return LeftOut(node["what"].raw, node["why"].raw, known, node["expected"].flag)


def _server(node: Node) -> ServerContent:
    return ServerContent(
        node["service"].raw,
        node["listed"].flag,
        tuple(item.raw for item in node["databases"]),
        tuple(item.raw for item in node["dumped"]),
        node["roles"].flag,
    )


def _volume(node: Node) -> VolumeContent:
    by = tuple(item.raw for item in node["by"])
    return VolumeContent(node["name"].raw, Cover(node["cover"].raw), by, node["why"].raw)


def _item(node: Node) -> Item:
    kind = ItemKind(node["kind"].raw)
    source, path = node["source"].raw, node["path"].raw
    relative_path(source)
    relative_path(path)
    size, digest = node["bytes"].value, node["sha256"].raw
    if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size <= MAX_FILE_BYTES:
        raise ValueError(f"the size of {path!r} is not valid")
    if not re.fullmatch("[0-9a-f]{64}", digest):
        raise ValueError(f"the hash of {path!r} is not valid")
    return Item(kind, source, path, size, digest, _object(node["details"]))


def _object(node: Node) -> JsonObject:
    return node.value if isinstance(node.value, dict) else {}


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest in a backup's folder.

    Raises:
        FileError: There is none, or it is damaged.
    """
    path = folder / MANIFEST
    try:
        manifest = from_bytes(read_regular(path, MAX_MANIFEST_BYTES, follow=False))
    except OSError as error:
        raise FileError(
            f"The backup's manifest can't be read: {error.strerror or error}.", on=str(path)
        ) from error
    except (ValueError, OverflowError) as error:
        raise FileError(
            f"The backup's manifest is damaged: {error}.",
            on=str(path),
            hint="Use another backup.",
        ) from error
    if manifest.id != folder.name:
        raise FileError(f"The manifest belongs to {manifest.id[:20]}.", on=str(path))
    return manifest
