"""Requests over the engine's local socket, with the standard library only.

Most consoles watch an engine on their own host, which does not need the Docker SDK: importing the
SDK takes longer than all requests at start together, and each of its requests takes several times
as long as one of these.
"""

import socket
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import TYPE_CHECKING, Final

from pixel_tui.errors import EngineError
from pixel_tui.stack.engine.transport import (
    CHUNK,
    CONNECT_SECONDS,
    MAX_BYTES,
    POOL_SIZE,
    READ_METHODS,
    READ_SECONDS,
    RESPONSE_SECONDS,
    EngineResponse,
    connection_broken,
    connection_error,
    too_large,
    write_refused,
)
from pixel_tui.stack.model.source import ByteStream
from pixel_tui.text import SafeText

if TYPE_CHECKING:
    from typing_extensions import Buffer

_STALE_CONNECTION: Final = (ConnectionResetError, BrokenPipeError)
"""How a request fails on an idle connection that the engine has closed."""


class _Socket(socket.socket):
    """A local socket with a deadline for the complete response."""

    deadline: float | None = None
    """On the monotonic clock; None for no limit."""

    def recv_into(self, buffer: "Buffer", nbytes: int = 0, flags: int = 0) -> int:
        """Wait for the next part, at most until the deadline.

        Raises:
            TimeoutError: Nothing was received in time.
        """
        if self.deadline is not None:
            left = self.deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self.settimeout(min(left, READ_SECONDS))
        return super().recv_into(buffer, nbytes, flags)


class ReadOnlyConnection(HTTPConnection):
    """An HTTP connection to a local socket that can only send reading requests.

    Args:
        path: The path of the socket.
    """

    def __init__(self, path: str) -> None:
        super().__init__("localhost")
        self._path = path
        self._timeout = RESPONSE_SECONDS

    def connect(self) -> None:
        """Connect to the socket."""
        connection_socket = _Socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock = connection_socket
        connection_socket.settimeout(min(CONNECT_SECONDS, self._timeout))
        connection_socket.connect(self._path)
        connection_socket.settimeout(min(READ_SECONDS, self._timeout))
        connection_socket.deadline = time.monotonic() + self._timeout

    def set_timeout(self, seconds: float) -> None:
        """Limit the time for the next complete response."""
        self._timeout = seconds
        if isinstance(self.sock, _Socket):
            self.sock.settimeout(min(READ_SECONDS, seconds))
            self.sock.deadline = time.monotonic() + seconds

    def putrequest(
        self, method: str, url: str, skip_host: bool = False, skip_accept_encoding: bool = False
    ) -> None:
        """Start a request that only reads.

        Raises:
            EngineError: The request could change something. Nothing was sent.
        """
        if method not in READ_METHODS:
            raise write_refused(method)
        super().putrequest(method, url, skip_host, skip_accept_encoding)


class _StreamConnection(ReadOnlyConnection):
    """A connection for one streamed response.

    It uses HTTP/1.0, so that the engine sends the body without chunked encoding. Each chunk would
    have to be read separately, and under heavy logging there is one per line.
    """

    _http_vsn = 10
    _http_vsn_str = "HTTP/1.0"
    response_socket: socket.socket
    """The socket of the response; `HTTPConnection` drops its own reference to it."""

    def connect(self) -> None:
        """Connect to the socket."""
        super().connect()
        self.response_socket = self.sock


class LocalTransport:
    """A `Transport` over a local socket.

    Args:
        path: The path of the socket.
        address: The address as shown.
    """

    def __init__(self, path: str, address: SafeText) -> None:
        self._path = path
        self._address = address
        self._lock = threading.Lock()
        self._idle: list[ReadOnlyConnection] = []

    def get(self, target: str, *, timeout: float = RESPONSE_SECONDS) -> EngineResponse:
        """Send a request and wait for the complete response."""
        while True:
            with self._lock:
                kept = self._idle.pop() if self._idle else None
            connection = kept or ReadOnlyConnection(self._path)
            connection.set_timeout(timeout)
            try:
                response = _send(connection, target)
                answer = EngineResponse(
                    response.status, response.reason, _read_body(response, target)
                )
            except EngineError:
                connection.close()
                raise
            except (HTTPException, OSError) as error:
                connection.close()
                if kept is not None and isinstance(error, _STALE_CONNECTION):
                    continue  # the kept connection was stale; the engine has not failed
                raise self._to_engine_error(error) from error
            if not response.will_close:
                with self._lock:
                    if len(self._idle) < POOL_SIZE:
                        self._idle.append(connection)
                        return answer
            connection.close()
            return answer

    def open(self, target: str, *, endless: bool) -> ByteStream | EngineResponse:
        """Send a request and stream the body."""
        connection = _StreamConnection(self._path)
        try:
            response = _send(connection, target)
            if response.status >= 400:
                with closing(connection), response:
                    return EngineResponse(
                        response.status, response.reason, _read_body(response, target)
                    )
        except (HTTPException, OSError) as error:
            connection.close()
            raise self._to_engine_error(error) from error
        if isinstance(connection.response_socket, _Socket):
            connection.response_socket.deadline = None
        connection.response_socket.settimeout(None if endless else READ_SECONDS)
        return _Body(connection.response_socket, response, is_engine_alive=self._is_engine_alive)

    def close(self) -> None:
        """Close the kept connections."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _is_engine_alive(self) -> bool:
        try:
            return self.get("/_ping").ok
        except EngineError:
            return False

    def _to_engine_error(self, error: HTTPException | OSError) -> EngineError:
        return connection_error(error, self._address)


def _send(connection: ReadOnlyConnection, target: str) -> HTTPResponse:
    connection.request("GET", target)
    return connection.getresponse()


def _read_body(response: HTTPResponse, target: str) -> bytes:
    """Read the complete body of a response.

    Raises:
        EngineAnswerInvalid: It is too large.
    """
    if response.length is not None and response.length <= MAX_BYTES:
        return response.read()
    parts, size = [], 0
    while response.length is None and (part := response.read(CHUNK)):
        parts.append(part)
        size += len(part)
        if size > MAX_BYTES:
            break
    if response.length is not None or size > MAX_BYTES:
        response.close()
        raise too_large(target)
    return b"".join(parts)


class _Body:
    """The streamed body of a response.

    Args:
        connection_socket: The socket it is read from.
        response: The response.
        is_engine_alive: Returns whether the engine responds.
    """

    def __init__(
        self,
        connection_socket: socket.socket,
        response: HTTPResponse,
        *,
        is_engine_alive: Callable[[], bool],
    ) -> None:
        self._socket = connection_socket
        self._response = response
        self._is_engine_alive = is_engine_alive
        self._closed = False

    def read(self) -> bytes:
        """Wait for the next part."""
        try:
            chunk = self._response.read1(CHUNK)
        except (HTTPException, OSError, ValueError) as error:
            self._response.close()
            if self._closed:
                return b""
            raise connection_broken() from error
        if not chunk:
            self._response.close()
            # In HTTP/1.0 a complete body ends in the same way as one of an engine that died.
            if not (self._closed or self._is_engine_alive()):
                raise connection_broken()
        return chunk

    def close(self) -> None:
        """Interrupt a read that waits on another thread."""
        self._closed = True
        with suppress(OSError):
            # Closing alone would not wake it, and would free its file descriptor for reuse.
            self._socket.shutdown(socket.SHUT_RDWR)
