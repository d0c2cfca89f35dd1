"""Reads Docker contexts from `contexts/` in docker's configuration folder.

A `config.json` is not required: `DOCKER_CONTEXT` and `--context` work without one.
"""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pixel_tui.files import is_file, read_head
from pixel_tui.stack.model.json_value import Node, load_object

MAX_BYTES: Final = 1024 * 1024


class ContextUnreadable(Exception):
    """The metadata of a Docker context can't be read."""


@dataclass(frozen=True, slots=True)
class DockerContext:
    """The engine of a context and its credentials."""

    host: str
    """Empty for the local engine."""
    verify: bool = True
    """Whether the engine's certificate is checked."""
    ca: Path | None = None
    certificate: tuple[Path, Path] | None = None
    """The client's certificate and key."""


def docker_folder(environment: Mapping[str, str]) -> Path:
    """Return docker's configuration folder."""
    own = environment.get("DOCKER_CONFIG")
    home = environment.get("HOME") or os.path.expanduser("~")  # noqa: PTH111  never fails
    return Path(own) if own else Path(home) / ".docker"


def read_context(folder: Path, name: str) -> DockerContext | None:
    """Read a context by its name; return None if it does not exist.

    Args:
        folder: Docker's configuration folder.
        name: The context's name.

    Raises:
        ContextUnreadable: It exists but can't be read, or names no engine.
    """
    digest = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()
    path = folder / "contexts" / "meta" / digest / "meta.json"
    try:
        found = Node(load_object(read_head(path, MAX_BYTES)))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise ContextUnreadable(f"{path}: {error}") from error
    endpoint = found["Endpoints"]["docker"]
    if not endpoint:
        raise ContextUnreadable(f"{path}: it has no Docker endpoint")
    keys = folder / "contexts" / "tls" / digest / "docker"
    pair = keys / "cert.pem", keys / "key.pem"
    return DockerContext(
        host=endpoint["Host"].raw,
        verify=not endpoint["SkipTLSVerify"].flag,
        ca=keys / "ca.pem" if is_file(keys / "ca.pem") else None,
        certificate=pair if all(map(is_file, pair)) else None,
    )


def current_context(folder: Path) -> str | None:
    """Return the context selected by `docker context use`; None if there is none.

    An unreadable configuration is ignored, as docker does, with a warning.
    """
    try:
        config = load_object(read_head(folder / "config.json", MAX_BYTES))
    except (OSError, ValueError):
        return None
    return Node(config)["currentContext"].raw or None
