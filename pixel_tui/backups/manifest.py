"""What a backup holds, as its `manifest.json` says. Whoever wrote it is not trusted."""

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import Final

from pixel_tui.errors import FileError
from pixel_tui.stack.json_value import JsonObject, Node, load_object

VERSION: Final = 1
MANIFEST: Final = "manifest.json"
MOST_BYTES: Final = 16 * 1024 * 1024
"""A manifest above that is none."""
BACKUP_ID: Final = re.compile(r"[0-9]{8}-[0-9]{6}(?:-[0-9]{1,3})?", re.ASCII)


class Kind(StrEnum):
    """What an item of a backup is."""

    SQLITE = "sqlite"
    POSTGRES = "postgres"
    FILE = "file"
    DEPLOYMENT = "deployment"
    """How it ran: to look at and to go back to, never put in the place of a file."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that was backed up."""

    kind: Kind
    source: str
    """Relative to the project's folder; the service's name for Postgres; of what is in a volume
    the word, its name and the path in it."""
    path: str
    """Relative to the backup's folder."""
    size: int
    """In bytes."""
    sha256: str
    details: JsonObject = field(default_factory=dict)

    @property
    def volume(self) -> str:
        """The volume that it is in; empty where it is in none."""
        return Node(self.details)["volume"].raw


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something that the backup does not cover."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """One backup."""

    id: str
    project: str
    engine: str
    host: str
    created: datetime
    seconds: float
    """How long it took."""
    reason: str = ""
    """Why it was made, where that was not by hand."""
    tools: JsonObject = field(default_factory=dict)
    items: tuple[Item, ...] = ()
    left_out: tuple[LeftOut, ...] = ()

    @property
    def size(self) -> int:
        """Bytes of all items."""
        return sum(item.size for item in self.items)


def is_backup_id(text: str) -> bool:
    """Whether this can be the id of a backup, and so the name of a folder."""
    return BACKUP_ID.fullmatch(text) is not None


def relative_path(text: str) -> PurePosixPath:
    """A path that stays below where it is put.

    Raises:
        ValueError: It does not, or is no path.
    """
    path = PurePosixPath(text)
    named = bool(text) and "\0" not in text and path.parts
    if not named or path.is_absolute() or ".." in path.parts or str(path) != text:
        raise ValueError(f"{text!r} is no path below a folder")
    return path


def as_bytes(manifest: Manifest) -> bytes:
    """The manifest as it is written."""
    content = {
        "version": VERSION,
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
        "left_out": [{"what": gap.what, "why": gap.why} for gap in manifest.left_out],
    }
    return f"{json.dumps(content, indent=2)}\n".encode()


def from_bytes(content: bytes) -> Manifest:
    """The manifest of a backup.

    Raises:
        ValueError: It is none, or one of another version, or names a path that leads away.
    """
    if len(content) > MOST_BYTES:
        raise ValueError("it is too long")
    try:
        node = Node(load_object(content))
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error
    if node["version"].value != VERSION:
        raise ValueError(f"its version is {node['version'].text or 'missing'}, not {VERSION}")
    if not is_backup_id(node["id"].raw):
        raise ValueError("its id is none")
    created = datetime.fromisoformat(node["created"].raw)
    if created.tzinfo is None:
        raise ValueError("its time has no zone")
    seconds = node["seconds"].value
    items = tuple(map(_item, node["items"]))
    if len({item.path for item in items}) != len(items):
        raise ValueError("two items have one path")
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
        left_out=tuple(LeftOut(gap["what"].raw, gap["why"].raw) for gap in node["left_out"]),
    )


def _item(node: Node) -> Item:
    kind = Kind(node["kind"].raw)
    source, path = node["source"].raw, node["path"].raw
    relative_path(source)
    relative_path(path)
    size, digest = node["bytes"].value, node["sha256"].raw
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise ValueError(f"the size of {path!r} is none")
    if not re.fullmatch("[0-9a-f]{64}", digest):
        raise ValueError(f"the hash of {path!r} is none")
    return Item(kind, source, path, size, digest, _object(node["details"]))


def _object(node: Node) -> JsonObject:
    return node.value if isinstance(node.value, dict) else {}


def read_manifest(folder: Path) -> Manifest:
    """The manifest in a backup's folder.

    Raises:
        FileError: There is none, or it is damaged.
    """
    path = folder / MANIFEST
    try:
        with path.open("rb") as file:
            manifest = from_bytes(file.read(MOST_BYTES + 1))
    except OSError as error:
        raise FileError(
            f"The backup's manifest can't be read: {error.strerror or error}.", on=str(path)
        ) from error
    except (ValueError, OverflowError) as error:
        raise FileError(
            f"The backup's manifest is damaged: {error}.",
            on=str(path),
            remedy="Use another backup.",
        ) from error
    if manifest.id != folder.name:
        raise FileError(f"The manifest is that of {manifest.id[:20]}.", on=str(path))
    return manifest
