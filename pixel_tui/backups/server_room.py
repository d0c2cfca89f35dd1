"""Whether a Postgres server has room for the dumps that are restored into it.

Its container is asked how much is free: it sees the file system of the data wherever the engine
is, and without this user having a way into the engine's folder.
"""

from collections.abc import Mapping, Sequence

from pixel_tui.backups.make import Say
from pixel_tui.backups.manifest import Item, ItemKind
from pixel_tui.backups.postgres import Postgres
from pixel_tui.errors import OperationError
from pixel_tui.humanize import size


def require_server_room(items: Sequence[Item], servers: Mapping[str, Postgres], say: Say) -> None:
    """Say what is known of the room that servers have, a line each.

    Args:
        items: What is restored.
        servers: The servers that it is restored into, by service.
        say: Told what is known.

    Raises:
        OperationError: A dump certainly finds no room.
    """
    dumps = [item for item in items if item.kind is ItemKind.POSTGRES]
    for name in dict.fromkeys(item.server for item in dumps):
        free = servers[name].free()
        if free is None:
            say(f"unknown    how much is free where {name} keeps its data")
            continue
        ours = [item for item in dumps if item.server == name]
        # Each is one transaction, which frees nothing of its database before it is done; but the
        # next one may find room that this one has freed. Dumps are compressed, and what is loaded
        # is written to the log of transactions as well: it takes more than its dump.
        largest = max(ours, key=lambda item: item.size)
        if largest.size > free:
            raise OperationError(
                f"There is not enough room where {name} keeps its data: the dump {largest.title}"
                f" alone has {size(largest.size)}, and {size(free)} are free.",
                remedy=f"Make room there; or stop {name}, and its dumps are left alone",
            )
        needed = max(item.database_size for item in ours)
        words = f"{size(free)} are free where {name} keeps its data"
        if needed > free:
            say(f"WARNING: {words}, and a database had {size(needed)}: it may find no room")
        elif all(item.database_size for item in ours):
            say(f"room       {words}, for {size(needed)}")
        else:
            say(f"unknown    how much {name} needs for its dumps; {words}")
