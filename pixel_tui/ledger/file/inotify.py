"""Watches folders for changes with `inotify`."""

import ctypes
import os
import select
from collections.abc import Sequence
from pathlib import Path
from typing import Final

_EVENTS: Final = 0x2 | 0x8 | 0x40 | 0x80 | 0x100 | 0x200
"""Modified, closed after writing, moved from, moved to, created, deleted."""
_FOLDER_EVENTS: Final = 0x400 | 0x800
"""The folder itself was deleted or moved."""
_FLAGS: Final = os.O_NONBLOCK | os.O_CLOEXEC
_END_EVENTS: Final = _FOLDER_EVENTS | 0x2000 | 0x8000
"""The file system was unmounted, or the watch was removed."""


class InotifyWatcher:
    """Waits for changes in folders, until woken or closed.

    If the kernel reports no events, it only waits: callers must poll as well.
    """

    def __init__(self) -> None:
        self._inotify = _open()
        self._reader, self._writer = os.pipe2(_FLAGS)
        self._library = ctypes.CDLL(None, use_errno=True)
        self._watched: dict[Path, int] = {}

    def watch(self, folders: Sequence[Path]) -> bool:
        """Watch these folders too; returns whether a new one is watched."""
        added = False
        for folder in folders:
            if self._inotify is None or folder in self._watched:
                continue
            descriptor = self._library.inotify_add_watch(
                self._inotify, os.fsencode(folder), _EVENTS | _FOLDER_EVENTS
            )
            if descriptor >= 0:
                self._watched[folder] = descriptor
                added = True
        return added

    def wait(self, seconds: float) -> bool:
        """Wait for a change, at most some seconds; returns whether there was one or a wake-up."""
        sources = [self._reader] + ([] if self._inotify is None else [self._inotify])
        ready, _, _ = select.select(sources, [], [], seconds)
        if self._reader in ready:
            _drain(self._reader)
        if self._inotify is not None and self._inotify in ready and _has_end(_drain(self._inotify)):
            # The path may be another folder by now, which the next `watch` adds.
            for descriptor in self._watched.values():
                self._library.inotify_rm_watch(self._inotify, descriptor)
            self._watched.clear()
            _drain(self._inotify)
        return bool(ready)

    def wake(self) -> None:
        """End a wait, from any thread."""
        try:
            os.write(self._writer, b"!")
        except (BlockingIOError, OSError):
            return  # already woken, or closed

    def close(self) -> None:
        """Close all descriptors; must not be called during a wait."""
        for descriptor in (self._inotify, self._reader, self._writer):
            if descriptor is not None:
                os.close(descriptor)


def _open() -> int | None:
    try:
        descriptor = int(ctypes.CDLL(None, use_errno=True).inotify_init1(_FLAGS))
    except (OSError, AttributeError):
        return None
    return descriptor if descriptor >= 0 else None


def _drain(descriptor: int) -> bytes:
    parts = []
    while True:
        try:
            part = os.read(descriptor, 1 << 16)
        except BlockingIOError:
            break
        if not part:
            break
        parts.append(part)
    return b"".join(parts)


def _has_end(events: bytes) -> bool:
    """Whether one of the events ends a watch."""
    at = 0
    while at + 16 <= len(events):
        mask = int.from_bytes(events[at + 4 : at + 8], "little")
        if mask & _END_EVENTS:
            return True
        at += 16 + int.from_bytes(events[at + 12 : at + 16], "little")
    return False
