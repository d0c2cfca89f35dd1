"""Where Postgres servers keep their data."""

import os
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Final

from pixel_tui.backups.source_model import Stack
from pixel_tui.backups.stack_view import SeenContainer

SERVER_FOLDERS: Final = ("/var/lib/postgresql", "/bitnami/postgresql")
"""Where images of Postgres keep its data, unless `PGDATA` says otherwise."""


def holds_data(place: str, folders: Sequence[str]) -> bool:
    """Whether what is mounted here in a container holds one of these folders, or is in one."""
    mounted = PurePosixPath(place)
    return any(
        PurePosixPath(folder).is_relative_to(mounted) or mounted.is_relative_to(folder)
        for folder in folders
    )


def server_binds(server: SeenContainer) -> list[str]:
    """The folders of the machine that a server keeps its data in."""
    folders = (server.data_folder,) if server.data_folder else SERVER_FOLDERS
    return [
        source
        for source, place in server.bind_places
        if place != "/" and holds_data(place, folders)
    ]


def has_data(server: SeenContainer, stack: Stack) -> bool:
    """Whether a server of which there is no container has been run before."""
    return bool(set(server_volumes(server)) & {*stack.volumes, *stack.declared.external}) or any(
        os.path.lexists(source) for source in server_binds(server)
    )


def server_volumes(server: SeenContainer, folders: Sequence[str] = ()) -> list[str]:
    """The volumes that a Postgres server keeps its data in.

    Args:
        server: Its container.
        folders: Where the server says that its data is; a guess where it does not say.
    """
    known = folders or ((server.data_folder,) if server.data_folder else SERVER_FOLDERS)
    return [name for name, place in server.volumes if holds_data(place, known)]
