"""Files that belong to somebody else: who that is, and how they are given back.

A stack's containers run as root, so a `.env` of root's is not rare, and the user of the
console may have no `sudo`. Whoever may use Docker can change the owner with a container.
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
    """A command that puts a file's rights right."""

    argv: tuple[str, ...]

    @property
    def command(self) -> SafeText:
        """The command as it is typed into a shell."""
        return plain(shlex.join(self.argv))

    @property
    def hint(self) -> SafeText:
        """One sentence with the command in it."""
        return SafeText(f"Run: {self.command}")


def ownership_repair(path: Path, uid: int, gid: int, *, is_folder: bool = False) -> Repair:
    """The command that gives a file, or a folder, to a user, without `sudo`.

    Args:
        path: What it is for, without symbolic links.
        uid: Whose it becomes.
        gid: The group's number.
        is_folder: It is a folder; what is in it stays whose it is.
    """
    folder, inside = (path, _INSIDE) if is_folder else (path.parent, f"{_INSIDE}/{path.name}")
    return Repair(
        ("docker", "run", "--rm", *_mounted(folder), IMAGE, "chown", f"{uid}:{gid}", inside)
    )


def repair_for_me(path: Path, *, is_folder: bool = False) -> Repair:
    """The command that gives a file, or a folder, to the user of this process."""
    return ownership_repair(path, os.geteuid(), os.getegid(), is_folder=is_folder)


def privacy_repair(path: Path) -> Repair:
    """The command that keeps a file from everybody but its owner."""
    return Repair(("chmod", "600", str(path)))


def _mounted(folder: Path) -> tuple[str, str]:
    if ":" not in str(folder):
        return "-v", f"{folder}:{_INSIDE}"
    # `-v` would cut it at the colon; this form is read as comma-separated values.
    source = f"source={folder}".replace('"', '""')
    return "--mount", f'type=bind,"{source}",target={_INSIDE}'


def is_open_to_others(mode: int) -> bool:
    """Whether somebody who is neither the owner nor of the group may read or change it."""
    return bool(mode & (stat.S_IROTH | stat.S_IWOTH))


def user_name(uid: int) -> SafeText:
    """The name of a user, or the number of one that has none."""
    try:
        return plain(pwd.getpwuid(uid).pw_name)
    except (KeyError, OverflowError):
        return SafeText(f"user {uid}")


def group_name(gid: int) -> SafeText:
    """The name of a group, or the number of one that has none."""
    try:
        return plain(grp.getgrgid(gid).gr_name)
    except (KeyError, OverflowError):
        return SafeText(f"group {gid}")


def who_may_read(mode: int, uid: int, gid: int) -> SafeText:
    """Whose a file is and who may read it: `It belongs to root, and only root may read it`."""
    owner = user_name(uid)
    if mode & stat.S_IROTH:
        return SafeText(f"It belongs to {owner}, and everyone can read it")
    if mode & stat.S_IRGRP:
        return SafeText(f"It belongs to {owner}, and the group {group_name(gid)} can read it")
    return SafeText(f"It belongs to {owner}, and only {owner} can read it")
