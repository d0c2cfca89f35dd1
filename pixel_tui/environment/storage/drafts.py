"""Drafts of unfinished edits, so that a lost connection does not lose them.

Each console writes its own draft, so two never overwrite each other's. The next console finds it
once the one that wrote it has exited.
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

MAX_BYTES: Final = 4 * 1024 * 1024
UNREADABLE_SECONDS: Final = 30 * 24 * 3600.0
"""How long an unreadable draft is kept, which a power loss may leave; it may contain secrets."""
_SUFFIX: Final = ".json"


class Base(Protocol):
    """The content that an edit was made from."""

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
    """An unfinished edit of a console that has exited."""

    path: Path
    """The file of the draft."""
    time: datetime
    """When it was last written, in UTC."""
    base_exists: bool
    base: bytes = field(repr=False)
    """The content that it was made from."""
    data: bytes = field(repr=False)
    """The edited content."""


class StoredDrafts:
    """The unfinished edits of one file. Every method blocks.

    Args:
        folder: The private folder of the drafts, created with the first one.
        clock: The source of times.
        me: This console; None for this process.
    """

    def __init__(self, folder: Path, clock: Clock, *, me: ProcessMark | None = None) -> None:
        self._folder = folder
        self._clock = clock
        self._me = me or mark_of(os.getpid()) or ProcessMark(os.getpid(), 0, "")

    @property
    def _own_path(self) -> Path:
        return self._folder / f"{self._me.pid}-{self._me.started}-{self._me.boot[:8]}{_SUFFIX}"

    def write(self, base: Base, data: bytes) -> None:
        """Save the edit. It survives this process at once, and a power loss soon.

        Args:
            base: The content that the edit was made from.
            data: The edited content.

        Raises:
            FileError: It can't be written; the previous draft is kept.
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
        replace_file(self._own_path, json.dumps(content).encode(), durable=False)

    def abandoned(self) -> tuple[StoredDraft, ...]:
        """Return the edits of consoles that have exited, newest first.

        Raises:
            FileError: The folder can't be read.
        """
        try:
            paths = [path for path in self._folder.iterdir() if path.suffix == _SUFFIX]
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise _unusable(self._folder, error) from error
        drafts = [_read(path, self._me) for path in paths if path != self._own_path]
        readable = [draft for draft in drafts if draft is not None]
        return tuple(sorted(readable, key=lambda draft: draft.time, reverse=True))

    def discard(self, draft: StoredDraft) -> None:
        """Delete an edit.

        Raises:
            FileError: It can't be removed.
        """
        self._unlink(draft.path)

    def remove(self) -> None:
        """Delete this console's edit, which was saved or discarded.

        Raises:
            FileError: It can't be removed.
        """
        self._unlink(self._own_path)

    def sweep(self) -> None:
        """Remove leftovers of killed writers, and old unreadable drafts."""
        now = self._clock.now()
        remove_leftovers(self._folder, now)
        with suppress(OSError):
            for path in self._folder.iterdir():
                old = now.timestamp() - path.lstat().st_mtime > UNREADABLE_SECONDS
                if old and path.suffix == _SUFFIX and _parsed(path) is None:
                    path.unlink()

    def _unlink(self, path: Path) -> None:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise _unusable(path, error) from error
        with suppress(OSError):
            self._folder.rmdir()  # fails unless it was the last one


def _read(path: Path, me: ProcessMark) -> StoredDraft | None:
    """Return a draft; None if its console is still running, or it can't be read."""
    found = _parsed(path)
    if found is None:
        return None
    mark, draft = found
    return None if mark == me or mark.is_running else draft


def _parsed(path: Path) -> tuple[ProcessMark, StoredDraft] | None:
    """Return a draft and its console; None if it can't be read."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            node = Node(load_object(file.read(MAX_BYTES)))
        console = node["console"]
        mark = ProcessMark(console["pid"].integer, console["started"].integer, console["boot"].raw)
        return mark, StoredDraft(
            path,
            datetime.fromisoformat(node["time"].raw).astimezone(UTC),
            node["base_exists"].flag,
            base64.b64decode(_required_text(node, "base"), validate=True),
            base64.b64decode(_required_text(node, "data"), validate=True),
        )
    except FileNotFoundError:
        return None
    except (OSError, ValueError, OverflowError) as error:
        log.warning("the draft %s can't be read: %s", path.name, type(error).__name__)
        return None


def _required_text(node: Node, name: str) -> str:
    """Return a required text, which may be empty."""
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
