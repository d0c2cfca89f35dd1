"""What compose makes of the contents of one environment file, asked for once."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Final

from pixel_tui.stack.compose.candidate_reading import CandidateReading

KEPT_READINGS: Final = 8
"""Each holds the resolved environment of all services."""

Fingerprint = Sequence[tuple[str, int, int]]
"""The files that compose reads, each with what changes when it is written."""


class CandidateCache:
    """Keeps what compose made of a content while the project's files stay as they are.

    It may be used from several threads: one that wants what another is asking for waits for it.
    A refusal is not kept. What compose lacks may be in a file that only this content names, and
    that is not in the fingerprint.

    Args:
        ask: Asks compose about a content; None stands for no file. Blocks.
        fingerprint: Reads the state of the project's files. Blocks, but not for long.
    """

    def __init__(
        self,
        ask: Callable[[bytes | None], CandidateReading],
        fingerprint: Callable[[], Fingerprint],
    ) -> None:
        self._ask = ask
        self._fingerprint = fingerprint
        self._lock = threading.Lock()
        self._kept: dict[_Key, Future[CandidateReading]] = {}
        """The ones used last are at the end."""

    def read(self, content: bytes | None) -> CandidateReading:
        """What compose makes of a content; it is asked only if that is not known.

        Raises:
            ComposeError: Compose can't be asked.
            FileError: The content can't be passed to it.
        """
        key = self._key(content)
        with self._lock:
            known = self._kept.pop(key, None)
            reading = known or Future()
            self._keep(key, reading)
        return self._answered(key, reading) if known is None else known.result()

    def ask_again(self, content: bytes | None) -> CandidateReading:
        """What compose makes of a content now, whatever is known; it is kept.

        Raises:
            ComposeError: Compose can't be asked.
            FileError: The content can't be passed to it.
        """
        key, reading = self._key(content), Future[CandidateReading]()
        with self._lock:
            self._kept.pop(key, None)
            self._keep(key, reading)
        return self._answered(key, reading)

    def _key(self, content: bytes | None) -> "_Key":
        return content, tuple(self._fingerprint())

    def _keep(self, key: "_Key", reading: Future[CandidateReading]) -> None:
        self._kept[key] = reading
        for old in list(self._kept)[:-KEPT_READINGS]:
            del self._kept[old]

    def _answered(self, key: "_Key", reading: Future[CandidateReading]) -> CandidateReading:
        try:
            found = self._ask(key[0])
        except BaseException as error:
            self._forget(key, reading)
            reading.set_exception(error)
            raise
        if found.refusal:
            self._forget(key, reading)
        reading.set_result(found)
        return found

    def _forget(self, key: "_Key", reading: Future[CandidateReading]) -> None:
        with self._lock:
            if self._kept.get(key) is reading:
                del self._kept[key]


_Key = tuple[bytes | None, tuple[tuple[str, int, int], ...]]
