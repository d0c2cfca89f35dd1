"""Checks that a Postgres server has space for the dumps that are restored.

The free space is queried in its container, which sees the data's file system wherever the engine
is, without access to the engine's folder.
"""

from collections.abc import Mapping, Sequence

from pixel_tui.backups.make import Say
from pixel_tui.backups.manifest import Item, ItemKind
from pixel_tui.backups.postgres import Postgres
from pixel_tui.errors import OperationError
from pixel_tui.humanize import size


def require_server_space(items: Sequence[Item], servers: Mapping[str, Postgres], say: Say) -> None:
    """Print what is known about the servers' space, a line each.

    Args:
        items: The items to restore.
        servers: The target servers, by service.
        say: Prints a line.

    Raises:
        OperationError: A dump certainly does not fit.
    """
    dumps = [item for item in items if item.kind is ItemKind.POSTGRES]
    for name in dict.fromkeys(item.server for item in dumps):
        free_bytes = servers[name].free_bytes()
        if free_bytes is None:
            say(f"unknown    free space where {name} has its data")
            continue
        ours = [item for item in dumps if item.server == name]
        # Each restore is one transaction, which frees nothing of its database before the end; but
        # the next one may use space that this one has freed. Dumps are compressed, and loading them
        # also writes to the transaction log, so it takes more space than the dump.
        largest = max(ours, key=lambda item: item.size)
        if largest.size > free_bytes:
            raise OperationError(
                f"Not enough space where {name} has its data: the dump {largest.title} alone "
                f"needs {size(largest.size)}, and {size(free_bytes)} are free.",
                hint=f"Free some space there; or stop {name}, and its dumps are skipped",
            )
        needed = max(item.database_size for item in ours)
        words = f"{size(free_bytes)} are free where {name} has its data"
        if needed > free_bytes:
            say(
                f"WARNING: {words}, and a database had {size(needed)}: there may not be enough "
                "space"
            )
        elif all(item.database_size for item in ours):
            say(f"space      {words}, for {size(needed)}")
        else:
            say(f"unknown    space that {name} needs for its dumps; {words}")
