"""The files that hold keyed hashes of a project, kept in the state folder.

Values are never kept: only their hashes, with a random key that each file has of its own.
"""

import hashlib
import os
from pathlib import Path
from typing import Final

from pixel_tui.files import read_regular
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.model.json_value import JsonObject, Node, load_object

VERSION: Final = 1
KEY_BYTES: Final = 32


def load_keyed_file(path: Path, max_bytes: int) -> JsonObject:
    """Return the file's content; empty if it is invalid, because it is rebuilt over time."""
    try:
        return load_object(read_regular(path, max_bytes, follow=False))
    except (OSError, ValueError):
        return {}


def key_of(root: JsonObject) -> bytes:
    """Return the key of the hashes; empty if there is none, so that nothing can be compared."""
    if Node(root)["version"].value != VERSION:
        return b""
    try:
        key = bytes.fromhex(Node(root)["key"].raw)
    except ValueError:
        return b""
    return key if len(key) == KEY_BYTES else b""


def keyed_file_path(folder: Path, command: ComposeCommand) -> Path:
    """Return the path of a project's file.

    Args:
        folder: Of the files of this kind.
        command: The compose command of the project.
    """
    directory = os.path.realpath(command.directory)
    mark = hashlib.sha256(directory.encode("utf-8", "surrogateescape")).hexdigest()[:12]
    return folder / f"{mark}.json"
