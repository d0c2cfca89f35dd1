"""Caches compose's results for candidates of one environment file."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Final

from pixel_tui.stack.compose.candidate_reading import CandidateReading

MAX_READINGS: Final = 8
"""Each contains the resolved environment of all services."""

Fingerprint = Sequence[tuple[str, int, int]]
"""The files that compose reads, each with two numbers that change when it is written."""


class CandidateCache:
    """Caches what compose resolves with a content while the project's files don't change.

    Thread-safe: a thread that needs a result that another one is reading waits for it. A refusal
    is not cached, because its cause may be in a file that only this content refers to, and that
    is not in the fingerprint.

    Args:
        ask: Resolves the project with a content; None for no file. Blocks.
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
        self._readings: dict[_Key, Future[CandidateReading]] = {}
        """In order of last use."""

    def read(self, content: bytes | None) -> CandidateReading:
        """Return compose's result for a content, from the cache if possible.

        Raises:
            ComposeError: Compose failed.
            FileError: The content can't be passed to compose.
        """
        key = self._key(content)
        with self._lock:
            known = self._readings.pop(key, None)
            reading = known or Future()
            self._store(key, reading)
        return self._resolve(key, reading) if known is None else known.result()

    def refresh(self, content: bytes | None) -> CandidateReading:
        """Run compose for a content again, and cache the result.

        Raises:
            ComposeError: Compose failed.
            FileError: The content can't be passed to compose.
        """
        key, reading = self._key(content), Future[CandidateReading]()
        with self._lock:
            self._readings.pop(key, None)
            self._store(key, reading)
        return self._resolve(key, reading)

    def _key(self, content: bytes | None) -> "_Key":
        return content, tuple(self._fingerprint())

    def _store(self, key: "_Key", reading: Future[CandidateReading]) -> None:
        self._readings[key] = reading
        for old in list(self._readings)[:-MAX_READINGS]:
            del self._readings[old]

    def _resolve(self, key: "_Key", reading: Future[CandidateReading]) -> CandidateReading:
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
            if self._readings.get(key) is reading:
                del self._readings[key]


_Key = tuple[bytes | None, tuple[tuple[str, int, int], ...]]
