"""Sets the owner of files, with a container if this user may not.

A stack's operator is often in the group `docker` but not root. A service could not write to a
restored database that belongs to the operator. A container can change owners, as the operator
would by hand: `docker run --rm -v FOLDER:/data alpine chown UID:GID /data/FILE`.
"""

import csv
import io
import os
import shlex
import stat
from pathlib import Path
from typing import Final

from pixel_tui.backups.stack_view import ASK_SECONDS, StackView
from pixel_tui.errors import OperationError
from pixel_tui.stack.model.typed_commands import WITHOUT_OPTIONS

_COMMON_IMAGES: Final = ("alpine:latest", "busybox:latest")
_MAX_IMAGES: Final = 6
_MOUNT_POINT: Final = "/beside"


class Owners:
    """Changes owners, with the kernel or else with the engine.

    Args:
        view: Queries the engine; None without an engine.
    """

    def __init__(self, view: StackView | None = None) -> None:
        self._view = view
        self._images: list[str] | None = None

    def set_owner(self, path: Path, uid: int, gid: int) -> None:
        """Set the owner and group of a file or folder.

        Raises:
            OperationError: Neither this user nor a container can do it.
            OSError: It does not exist.
        """
        if _has_owner(path, uid, gid):
            return
        try:
            os.chown(path, uid, gid, follow_symlinks=False)
        except PermissionError as error:
            if self._set_in_container(path, uid, gid):
                return
            typed = self._view.command.typed if self._view else WITHOUT_OPTIONS
            raise OperationError(
                f"Only root can change the owner to {uid}:{gid}, and there is no image with "
                "`chown` here to do it in a container.",
                on=str(path.parent),
                hint=f"Run the restore as root, or `{typed.docker} pull alpine` and try again.",
            ) from error

    def _set_in_container(self, path: Path, uid: int, gid: int) -> bool:
        for image in self._candidates():
            result = self._run(image, path, uid, gid)
            # With mapped owners (`userns-remap`) the command succeeds, but sets another owner.
            if result and _has_owner(path, uid, gid):
                self._images = [image]
                return True
        return False

    def _candidates(self) -> list[str]:
        """Return local images that may have `chown`; nothing is pulled."""
        if self._images is None:
            self._images = []
            if self._view is not None:
                common = [name for name in _COMMON_IMAGES if self._view.inspect("image", [name])]
                ids = [item.image_id for item in self._view.containers() if item.image_id]
                self._images = [*common, *dict.fromkeys(ids)][:_MAX_IMAGES]
        return self._images

    def _run(self, image: str, path: Path, uid: int, gid: int) -> bool:
        if self._view is None:
            return False
        mount = _mount_option(path.parent)
        argv = self._view.command.docker_argv(
            *("run", "--rm", "--pull", "never", "--network", "none", "--log-driver", "none"),
            *("--cap-drop", "ALL", "--cap-add", "CHOWN", "--cap-add", "DAC_OVERRIDE"),
            *("--security-opt", "no-new-privileges", "--read-only", "--user", "0:0"),
            *("--mount", mount, "--entrypoint", "chown"),
            *(image, f"{uid}:{gid}", f"{_MOUNT_POINT}/{path.name}"),
        )
        return self._view.programs.run(argv, patience=ASK_SECONDS).code == 0


def access_hint(folder: Path) -> str:
    """Return how to get access to a folder that this user can't write to, for an error's hint.

    A container can give it to the user's group, unless the current group has write access.
    """
    status = folder.stat()
    if status.st_mode & stat.S_IWGRP:
        return f"Run the restore as root, or as a member of the group {status.st_gid}"
    script = f"chgrp {os.getegid()} /data && chmod g+rwx /data"
    argv = ("docker", "run", "--rm", "--mount", _mount_option(folder, "/data"), "alpine")
    command = shlex.join((*argv, "sh", "-c", script))
    return f"Run the restore as root, or let this user write there: `{command}`"


def _mount_option(folder: Path, target: str = _MOUNT_POINT) -> str:
    """Return the value of `--mount`, quoted because docker reads it as a CSV line."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(
        ["type=bind", f"source={folder.resolve()}", f"target={target}"]
    )
    return line.getvalue()


def _has_owner(path: Path, uid: int, gid: int) -> bool:
    status = path.lstat()
    return (status.st_uid, status.st_gid) == (uid, gid)
