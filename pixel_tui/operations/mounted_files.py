"""Which services mount a file by itself: a file that is replaced stays the old one for them."""

from collections.abc import Collection

from pixel_tui.operations.draft import Draft
from pixel_tui.operations.targets import find_target
from pixel_tui.operations.words import listed
from pixel_tui.stack.compose_command import shown


def warn_of_mounts(draft: Draft, paths: Collection[str]) -> None:
    """Name the running services that keep what a plan replaces, and the command that helps.

    Args:
        draft: The plan in the making.
        paths: The absolute paths of the files that it replaces.
    """
    names = []
    for service in draft.snapshot.services:
        target = find_target(service.name, draft.snapshot)
        mounts = [item for one in target.up for item in one.mounts] if target is not None else []
        if any(item.kind == "bind" and item.source in paths for item in mounts):
            names.append(service.name)
    if names:
        command = shown(draft.command.compose_argv("restart", names=names))
        who = "mounts" if len(names) == 1 else "mount"
        draft.warn(
            "mounted",
            f"{listed(names)} {who} a file that is replaced by itself: what is not recreated reads"
            f" the old one until it is restarted: {command}",
        )
