"""An edit that was not finished, so that a lost connection does not lose it.

Each console writes its own, so two never overwrite each other's. A draft is found by the next
console when the one that wrote it runs no more.
"""

import base64
import json
import logging
import os
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Protocol

from pixel_tui.clock import Clock
from pixel_tui.errors import FileError
from pixel_tui.files import remove_leftovers, replace_file
from pixel_tui.stack.model.json_value import Node, load_object
from pixel_tui.stack.programs.process_mark import ProcessMark, mark_of

log = logging.getLogger(__name__)

LONGEST_BYTES: Final = 4 * 1024 * 1024
UNREADABLE_SECONDS: Final = 30 * 24 * 3600.0
"""A power loss may cut a draft short; there may be secrets in it all the same."""
_ENDING: Final = ".json"


class Base(Protocol):
    """What an edit was made from."""

    @property
    def exists(self) -> bool:
        """Whether there was a file."""
        ...

    @property
    def data(self) -> bytes:
        """Its content."""
        ...


@dataclass(frozen=True, slots=True)
class StoredDraft:
    """An unfinished edit of a console that runs no more."""

    path: Path
    """Where it is kept."""
    time: datetime
    """When it was written last, in UTC."""
    base_exists: bool
    base: bytes = field(repr=False)
    """What it was made from."""
    data: bytes = field(repr=False)
    """What it has come to."""


class StoredDrafts:
    """The unfinished edits of one file. Everything in here blocks.

    Args:
        folder: Where they are; it is made, for its owner only, when the first is written.
        clock: Where times come from.
        me: This console; None: this process.
    """

    def __init__(self, folder: Path, clock: Clock, *, me: ProcessMark | None = None) -> None:
        self._folder = folder
        self._clock = clock
        self._me = me or mark_of(os.getpid()) or ProcessMark(os.getpid(), 0, "")

    @property
    def _own(self) -> Path:
        return self._folder / f"{self._me.pid}-{self._me.started}-{self._me.boot[:8]}{_ENDING}"

    def write(self, base: Base, data: bytes) -> None:
        """Keep the edit as it is now. It outlives this process at once, a power loss soon.

        Args:
            base: What the edit was made from.
            data: What it has come to.

        Raises:
            FileError: It can't be written; what was kept before stays.
        """
        content = {
            "version": 1,
            "time": self._clock.now().astimezone(UTC).isoformat(),
            "console": {
                "pid": self._me.pid,
                "started": self._me.started,
                "boot": self._me.boot,
            },
            "base_exists": base.exists,
            "base": base64.b64encode(base.data).decode(),
            "data": base64.b64encode(data).decode(),
        }
        replace_file(self._own, json.dumps(content).encode(), durable=False)

    def found(self) -> tuple[StoredDraft, ...]:
        """The edits of consoles that run no more, newest first.

        Raises:
            FileError: The folder can't be read.
        """
        try:
            paths = [path for path in self._folder.iterdir() if path.suffix == _ENDING]
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise _unusable(self._folder, error) from error
        drafts = [_read(path, self._me) for path in paths if path != self._own]
        there = [draft for draft in drafts if draft is not None]
        return tuple(sorted(there, key=lambda draft: draft.time, reverse=True))

    def adopt(self, draft: StoredDraft) -> None:
        """Take an edit over: it is this console's from now on, and no other one's.

        Raises:
            FileError: Another console was faster, or this one has an edit of its own.
        """
        if self._own.exists():
            raise FileError(
                "This pixel-tui has unsaved edits.",
                on=str(self._own),
                hint="Save or discard them first.",
            )
        try:
            draft.path.rename(self._own)
            # The name says that it is ours, and the content has to as well.
            self.write(_Was(draft.base_exists, draft.base), draft.data)
        except OSError as error:
            raise _unusable(draft.path, error) from error

    def discard(self, draft: StoredDraft) -> None:
        """Forget an edit.

        Raises:
            FileError: It can't be removed.
        """
        self._unlink(draft.path)

    def remove(self) -> None:
        """Forget this console's edit: it was saved, or given up.

        Raises:
            FileError: It can't be removed.
        """
        self._unlink(self._own)

    def sweep(self) -> None:
        """Remove what writers that were killed have left, and old drafts that can't be read."""
        now = self._clock.now()
        remove_leftovers(self._folder, now)
        with suppress(OSError):
            for path in self._folder.iterdir():
                old = now.timestamp() - path.lstat().st_mtime > UNREADABLE_SECONDS
                if old and path.suffix == _ENDING and _parsed(path) is None:
                    path.unlink()

    def _unlink(self, path: Path) -> None:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise _unusable(path, error) from error
        with suppress(OSError):
            self._folder.rmdir()  # only where it was the last


@dataclass(frozen=True, slots=True)
class _Was:
    exists: bool
    data: bytes


def _read(path: Path, me: ProcessMark) -> StoredDraft | None:
    """A draft; None where its console still runs, or it can't be read."""
    found = _parsed(path)
    if found is None:
        return None
    mark, draft = found
    return None if mark == me or mark.is_running else draft


def _parsed(path: Path) -> tuple[ProcessMark, StoredDraft] | None:
    """A draft and its console; None where it can't be read."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            node = Node(load_object(file.read(LONGEST_BYTES)))
        console = node["console"]
        mark = ProcessMark(console["pid"].integer, console["started"].integer, console["boot"].raw)
        return mark, StoredDraft(
            path,
            datetime.fromisoformat(node["time"].raw).astimezone(UTC),
            node["base_exists"].flag,
            base64.b64decode(_present(node, "base"), validate=True),
            base64.b64decode(_present(node, "data"), validate=True),
        )
    except FileNotFoundError:
        return None
    except (OSError, ValueError, OverflowError) as error:
        log.warning("the draft %s can't be read: %s", path.name, type(error).__name__)
        return None


def _present(node: Node, name: str) -> str:
    """A text that has to be there, if only empty: without it the draft would be another one."""
    value = node[name].value
    if not isinstance(value, str):
        raise ValueError(f"no {name}")
    return value


def _unusable(path: Path, error: OSError) -> FileError:
    return FileError(
        f"The draft can't be used: {error.strerror or error}.",
        on=str(path),
        hint="Check the folder's owner and mode.",
    )
