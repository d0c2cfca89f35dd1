"""Keeps the environment files that a restore renames private, and asks git about them.

They stay beside the original, like all renamed files, so that they are easy to find. So the user is
told that they have secrets, and whether `git add -A` would add them.
"""

import os
import stat
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from pixel_tui.backups.manifest import is_environment_name
from pixel_tui.files import PRIVATE_FILE, open_regular


def always_ignored(_path: Path) -> bool | None:
    """Return True, for copies outside of any checkout."""
    return True


class SecretCopies:
    """Keeps copies of environment files private, and reports them.

    Args:
        files: Environment files with other names than `.env`, `.env.prod` or `prod.env`.
        ignored: Whether git ignores a file; None if unknown.
    """

    def __init__(
        self,
        files: Iterable[Path] = (),
        ignored: Callable[[Path], bool | None] = always_ignored,
    ) -> None:
        self._files = {path.resolve() for path in files}
        self._ignored = ignored
        self._copies: list[tuple[str, bool | None, bool]] = []

    def keep(self, file: Path, copy: Path, shown: str) -> None:
        """Make a copy of an environment file readable only by its owner.

        Args:
            file: The original path; it may have another file by now.
            copy: The copy's path; nothing happens if it does not exist.
            shown: The copy's name in `words`.
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
        """What the user should know about them, in sentences; empty without copies."""
        if not self._copies:
            return ""
        # No colon after a name or "secrets": a redactor would take what follows for a secret.
        verb = "contains" if len(self._copies) == 1 else "contain"
        words = [f"{', '.join(shown for shown, _, _ in self._copies)} {verb} secrets."]
        if names := [shown for shown, ignored, _ in self._copies if ignored is False]:
            words.append(
                f"Git does not ignore {', '.join(names)}. Before you commit, remove it or add"
                " `*.before-*` to .gitignore."
            )
        if names := [shown for shown, ignored, _ in self._copies if ignored is None]:
            words.append(f"Whether git ignores {', '.join(names)} is unknown, see `git status`.")
        if names := [shown for shown, _, private in self._copies if not private]:
            words.append(f"Others can read {', '.join(names)}. Its owner can `chmod 600` it.")
        return " ".join(words)


def _mode(path: Path) -> int:
    """Return the mode of a file; 0 if it does not exist."""
    try:
        return path.lstat().st_mode
    except OSError:
        return 0
