"""The owners of files, and commands that change them.

The containers of a stack often run as root, so a `.env` may belong to root, and the user may have
no `sudo`. A user of Docker can change the owner with a container.
"""

import grp
import os
import pwd
import shlex
import stat
from dataclasses import dataclass
from pathlib import Path

from pixel_tui.text import SafeText, plain

IMAGE = "alpine"
_INSIDE = "/data"


@dataclass(frozen=True, slots=True)
class Repair:
    """A command that repairs a file's owner or mode."""

    argv: tuple[str, ...]

    @property
    def command(self) -> SafeText:
        """The command as typed into a shell."""
        return plain(shlex.join(self.argv))

    @property
    def hint(self) -> SafeText:
        """A sentence with the command."""
        return SafeText(f"Run: {self.command}")


def ownership_repair(path: Path, uid: int, gid: int, *, is_folder: bool = False) -> Repair:
    """Return the command that gives a file or folder to a user, without `sudo`.

    Args:
        path: The file or folder, without symbolic links.
        uid: The new owner.
        gid: The new group.
        is_folder: Whether it is a folder; its content is not changed.
    """
    folder, inside = (path, _INSIDE) if is_folder else (path.parent, f"{_INSIDE}/{path.name}")
    return Repair(
        ("docker", "run", "--rm", *_mount_option(folder), IMAGE, "chown", f"{uid}:{gid}", inside)
    )


def repair_for_current_user(path: Path, *, is_folder: bool = False) -> Repair:
    """Return the command that gives a file or folder to the user of this process."""
    return ownership_repair(path, os.geteuid(), os.getegid(), is_folder=is_folder)


def _mount_option(folder: Path) -> tuple[str, str]:
    if ":" not in str(folder):
        return "-v", f"{folder}:{_INSIDE}"
    # `-v` would split it at the colon; this form is parsed as comma-separated values.
    source = f"source={folder}".replace('"', '""')
    return "--mount", f'type=bind,"{source}",target={_INSIDE}'


def user_name(uid: int) -> SafeText:
    """Return the name of a user, or `user 1000` if it has none."""
    try:
        return plain(pwd.getpwuid(uid).pw_name)
    except (KeyError, OverflowError):
        return SafeText(f"user {uid}")


def group_name(gid: int) -> SafeText:
    """Return the name of a group, or `group 1000` if it has none."""
    try:
        return plain(grp.getgrgid(gid).gr_name)
    except (KeyError, OverflowError):
        return SafeText(f"group {gid}")


def describe_access(mode: int, uid: int, gid: int) -> SafeText:
    """Describe who owns and can read a file: `It belongs to root, and only root can read it`."""
    owner = user_name(uid)
    if mode & stat.S_IROTH:
        return SafeText(f"It belongs to {owner}, and everyone can read it")
    if mode & stat.S_IRGRP:
        return SafeText(f"It belongs to {owner}, and the group {group_name(gid)} can read it")
    return SafeText(f"It belongs to {owner}, and only {owner} can read it")
