"""What stands between the console and the engine's socket, and writes down what passes.

A request is recorded before its bytes go on: nothing reaches the engine unseen.
"""

import socket
import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from tests.terminal.http_requests import Request, RequestParser

CHUNK: Final = 64 * 1024


class RecordingProxy:
    """A socket at which the engine seems to listen.

    Args:
        socket_path: Where clients connect.
        engine_path: The engine's own socket.
    """

    def __init__(self, socket_path: Path, engine_path: Path) -> None:
        self.host = f"unix://{socket_path}"
        self._engine_path = engine_path
        self._lock = threading.Lock()
        self._requests: list[Request] = []
        self._ends: set[socket.socket] = set()
        self._closed = False
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(socket_path))
        self._listener.listen(128)
        threading.Thread(target=self._accept, name="proxy", daemon=True).start()

    @property
    def requests(self) -> tuple[Request, ...]:
        """What was asked so far, on every connection."""
        with self._lock:
            return tuple(self._requests)

    def close(self) -> None:
        """Break every connection off and listen no more."""
        with self._lock:
            self._closed = True
            ends = list(self._ends)
        for end in (self._listener, *ends):
            # Wakes the thread that reads it; closing alone would not.
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def __enter__(self) -> Self:
        """The listening proxy."""
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        """Carry a connection in both directions until both have ended."""
        with client, socket.socket(socket.AF_UNIX) as engine:
            with self._lock:
                if self._closed:
                    return
                self._ends |= {client, engine}
            try:
                engine.connect(str(self._engine_path))
                back = threading.Thread(target=_carry, args=(engine, client), daemon=True)
                back.start()
                self._carry_requests(client, engine)
                back.join()
            except OSError:
                pass  # the client sees what it would see of the engine: a closed connection
            finally:
                with self._lock:
                    self._ends -= {client, engine}

    def _carry_requests(self, client: socket.socket, engine: socket.socket) -> None:
        parser = RequestParser()
        with suppress(OSError):
            while data := client.recv(CHUNK):
                found = parser.feed(data)
                with self._lock:
                    self._requests += found
                engine.sendall(data)
        with suppress(OSError):
            engine.shutdown(socket.SHUT_WR)


def _carry(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(CHUNK):
            target.sendall(data)
    # Both ways: a client whose engine has ended has nobody to talk to.
    with suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)
