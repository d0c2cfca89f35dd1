"""Copies of environment files that a restore puts aside: nobody else reads them, and git is asked.

They stay beside the file, as everything does that is put aside: whoever needs one in a hurry finds
it there. So it is said that they hold secrets, and whether a `git add -A` would take them along.
"""

import os
import stat
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from pixel_tui.backups.manifest import is_environment_name
from pixel_tui.files import PRIVATE_FILE, open_regular


def ask_nobody(_path: Path) -> bool | None:
    """Of copies that are in no checkout."""
    return True


class SecretCopies:
    """Keeps copies of environment files private, and tells of them.

    Args:
        files: Environment files that have other names than `.env`, `.env.prod` or `prod.env`.
        ignored: Whether git leaves a file out of a commit; None where that is not known.
    """

    def __init__(
        self,
        files: Iterable[Path] = (),
        ignored: Callable[[Path], bool | None] = ask_nobody,
    ) -> None:
        self._files = {path.resolve() for path in files}
        self._ignored = ignored
        self._copies: list[tuple[str, bool | None, bool]] = []

    def keep(self, file: Path, copy: Path, shown: str) -> None:
        """Let only its owner read a copy, if it is one of an environment file.

        Args:
            file: What was put aside; another file may be in its place by now.
            copy: Where it is kept; nothing happens where it is not there.
            shown: How that is called in `words`.
        """
        if not self._is_secret(file) or not stat.S_ISREG(_mode(copy)):
            return
        with suppress(OSError), open_regular(copy, follow=False) as opened:
            mode = stat.S_IMODE(os.fstat(opened.fileno()).st_mode)
            os.fchmod(opened.fileno(), mode & PRIVATE_FILE)
        private = not stat.S_IMODE(_mode(copy)) & ~PRIVATE_FILE  # else it is another user's
        self._copies.append((shown, self._ignored(copy), private))

    def _is_secret(self, file: Path) -> bool:
        return is_environment_name(file.name) or file.parent.resolve() / file.name in self._files

    @property
    def words(self) -> str:
        """What has to be known of them, in sentences; empty where there are none."""
        if not self._copies:
            return ""
        words = [f"With secrets in it: {', '.join(shown for shown, _, _ in self._copies)}."]
        if names := [shown for shown, ignored, _ in self._copies if ignored is False]:
            words.append(
                f"Git does not ignore {', '.join(names)}: before you commit, remove it or add"
                " `*.before-*` to .gitignore."
            )
        if names := [shown for shown, ignored, _ in self._copies if ignored is None]:
            words.append(f"Whether git ignores {', '.join(names)} is unknown: see `git status`.")
        if names := [shown for shown, _, private in self._copies if not private]:
            words.append(f"Others may read {', '.join(names)}: its owner can `chmod 600` it.")
        return " ".join(words)


def _mode(path: Path) -> int:
    """What it is, and who may do what with it; 0 where it is not there."""
    try:
        return path.lstat().st_mode
    except OSError:
        return 0
