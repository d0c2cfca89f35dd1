"""Finds where Postgres servers keep their data."""

import os
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Final

from pixel_tui.backups.source_model import Stack
from pixel_tui.backups.stack_view import SeenContainer

SERVER_FOLDERS: Final = ("/var/lib/postgresql", "/bitnami/postgresql")
"""The data folders of Postgres images, unless `PGDATA` is set."""


def holds_data(place: str, folders: Sequence[str]) -> bool:
    """Whether a mount point in a container contains one of these folders, or is inside one."""
    mounted = PurePosixPath(place)
    return any(
        PurePosixPath(folder).is_relative_to(mounted) or mounted.is_relative_to(folder)
        for folder in folders
    )


def server_binds(server: SeenContainer) -> list[str]:
    """Return the host folders with a server's data."""
    folders = (server.data_folder,) if server.data_folder else SERVER_FOLDERS
    return [
        source
        for source, place in server.bind_targets
        if place != "/" and holds_data(place, folders)
    ]


def has_data(server: SeenContainer, stack: Stack) -> bool:
    """Whether a server without a container has run before."""
    return bool(set(server_volumes(server)) & {*stack.volumes, *stack.declared.external}) or any(
        os.path.lexists(source) for source in server_binds(server)
    )


def server_volumes(server: SeenContainer, folders: Sequence[str] = ()) -> list[str]:
    """Return the volumes with a Postgres server's data.

    Args:
        server: Its container.
        folders: The data folders that the server reports; guessed if empty.
    """
    known = folders or ((server.data_folder,) if server.data_folder else SERVER_FOLDERS)
    return [name for name, place in server.volumes if holds_data(place, known)]
