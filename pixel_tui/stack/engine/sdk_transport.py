"""Requests through the Docker SDK, for engines reached over TCP, TLS or ssh."""

import io
import socket
import threading
import time
from contextlib import suppress
from http.client import HTTPResponse
from typing import TYPE_CHECKING, Final

import requests
import urllib3
from docker import APIClient
from docker.errors import DockerException
from docker.tls import TLSConfig
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from pixel_tui.errors import EngineError, EngineUnreachable
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
    engine_unresponsive,
    too_large,
    write_refused,
)
from pixel_tui.stack.model.source import ByteStream
from pixel_tui.text import SafeText

if TYPE_CHECKING:
    from typing_extensions import Buffer

_FAILURES = (requests.RequestException, urllib3.exceptions.HTTPError, DockerException)


class ReadOnlySession(APIClient):
    """The Docker SDK's client, restricted to requests that only read."""

    def send(self, request: requests.PreparedRequest, **kwargs: object) -> requests.Response:
        """Send a request that only reads.

        Raises:
            EngineError: The request could change something. Nothing was sent.
        """
        if request.method not in READ_METHODS:
            raise write_refused(str(request.method))
        return super().send(request, **kwargs)  # type: ignore[arg-type]


class _DeadlineReader(io.RawIOBase):
    """The raw input of a response, with a deadline for the headers and optionally for the body.

    Args:
        raw_socket: The socket; its timeout limits the time for all headers together.
        inner: Reads from the socket.
    """

    def __init__(self, raw_socket: socket.socket, inner: io.RawIOBase) -> None:
        super().__init__()
        self._socket = raw_socket
        self._inner = inner
        self._deadline: float | None = time.monotonic() + (raw_socket.gettimeout() or READ_SECONDS)

    def set_deadline(self, deadline: float) -> None:
        """Set the deadline for the rest of the response, on the monotonic clock."""
        self._deadline = deadline

    def remove_deadline(self, *, endless: bool) -> None:
        """Remove the deadline; only each part has a timeout, or nothing if `endless`."""
        self._deadline = None
        self._socket.settimeout(None if endless else READ_SECONDS)

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: "Buffer", /) -> int | None:
        """Wait for the next part, at most until the deadline.

        Raises:
            TimeoutError: Nothing was received in time.
        """
        if self._deadline is not None:
            left = self._deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self._socket.settimeout(min(left, READ_SECONDS))
        return self._inner.readinto(buffer)

    def close(self) -> None:
        """Close the input."""
        self._inner.close()
        super().close()


class _DeadlineResponse(HTTPResponse):
    """A response with a deadline that includes its headers."""

    def __init__(
        self,
        sock: socket.socket,
        debuglevel: int = 0,
        method: str | None = None,
        url: str | None = None,
    ) -> None:
        super().__init__(sock, debuglevel, method, url)
        self.reader = _DeadlineReader(sock, self.fp.detach())
        self.fp = io.BufferedReader(self.reader)


class _Connection(HTTPConnection):
    response_class = _DeadlineResponse


class _SecureConnection(HTTPSConnection):
    response_class = _DeadlineResponse


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


_POOLS: Final = {"http": _Pool, "https": _SecurePool}


class _Adapter(HTTPAdapter):
    """Connects over TCP, with or without TLS, and through a proxy if one is set."""

    def init_poolmanager(self, *args: object, **kwargs: object) -> None:
        """Use the connection classes above."""
        super().init_poolmanager(*args, **kwargs)  # type: ignore[arg-type]
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: object) -> urllib3.ProxyManager:
        """Use the connection classes above through a proxy, too."""
        manager: urllib3.ProxyManager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager


class SdkTransport:
    """A `Transport` over the Docker SDK's connections.

    Args:
        address: The engine's address.
        tls: The credentials.
        shown: The address as shown.
    """

    def __init__(self, address: str, tls: TLSConfig | None, shown: SafeText) -> None:
        self._address = address
        self._tls = tls
        self._shown = shown
        self._lock = threading.Lock()
        self._session: ReadOnlySession | None = None

    def get(self, target: str, *, timeout: float = RESPONSE_SECONDS) -> EngineResponse:
        """Send a request and wait for the complete response."""
        deadline = time.monotonic() + timeout
        response = self._send(target, min(timeout, READ_SECONDS))
        with response:
            return self._read_response(response, target, deadline)

    def open(self, target: str, *, endless: bool) -> ByteStream | EngineResponse:
        """Send a request and stream the body."""
        deadline = time.monotonic() + RESPONSE_SECONDS
        response = self._send(target, READ_SECONDS)
        if not response.ok:
            with response:
                return self._read_response(response, target, deadline)
        reader = _reader_of(response)
        if reader is not None:
            reader.remove_deadline(endless=endless)
        elif endless:
            raw_socket = getattr(response.raw.connection, "sock", None)
            if raw_socket is not None:
                raw_socket.settimeout(None)
        return _Body(response)

    def close(self) -> None:
        """Close the kept connections."""
        with self._lock:
            session, self._session = self._session, None
        if session is not None:
            session.close()

    def _read_response(
        self, response: requests.Response, target: str, deadline: float
    ) -> EngineResponse:
        """Read a complete response in parts, within the deadline and the size limit."""
        body = bytearray()
        reader = _reader_of(response)
        if reader is not None:
            reader.set_deadline(deadline)
        try:
            while part := response.raw.read1(CHUNK, decode_content=True):
                body += part
                if len(body) > MAX_BYTES:
                    raise too_large(target)
                if time.monotonic() > deadline:
                    raise engine_unresponsive(self._shown)
        except _FAILURES as error:
            raise _to_engine_error(error, self._shown) from error
        return EngineResponse(response.status_code, response.reason, bytes(body))

    def _send(self, target: str, timeout: float) -> requests.Response:
        try:
            session = self._open_session()
            return session.get(
                f"{session.base_url}{target}",
                stream=True,
                timeout=(min(CONNECT_SECONDS, timeout), timeout),
                verify=session.verify,  # else REQUESTS_CA_BUNDLE would override the engine's CA
                allow_redirects=False,  # each would have its own timeout; no engine redirects
            )
        except _FAILURES as error:
            raise _to_engine_error(error, self._shown) from error

    def _open_session(self) -> ReadOnlySession:
        with self._lock:
            if self._session is None:
                # With a version given, the constructor sends no request to the engine.
                session = ReadOnlySession(
                    base_url=self._address,
                    version="1.41",
                    timeout=int(READ_SECONDS),
                    tls=self._tls or False,
                    use_ssh_client=True,
                    max_pool_size=POOL_SIZE,
                )
                if str(session.base_url).startswith(("http://", "https://")):
                    session.mount("http://", _Adapter(pool_maxsize=POOL_SIZE))
                    session.mount("https://", _Adapter(pool_maxsize=POOL_SIZE))
                self._session = session
            return self._session


class _Body:
    """The streamed body of a response."""

    def __init__(self, response: requests.Response) -> None:
        self._response = response
        self._closed = False

    def read(self) -> bytes:
        """Wait for the next part."""
        try:
            chunk = bytes(self._response.raw.read1(CHUNK, decode_content=False))
        except (urllib3.exceptions.HTTPError, OSError, ValueError, AttributeError) as error:
            self._response.close()
            if self._closed:
                return b""
            raise connection_broken() from error
        if not chunk:
            self._response.close()
        return chunk

    def close(self) -> None:
        """Interrupt a read that waits on another thread."""
        if self._closed:
            return
        self._closed = True
        with suppress(
            urllib3.exceptions.HTTPError, OSError, ValueError, AttributeError, RuntimeError
        ):
            # Closing alone would not wake a reader on another thread. A stream that has
            # ended by itself has no socket any more: shutdown raises a RuntimeError.
            self._response.raw.shutdown()


def _reader_of(response: requests.Response) -> _DeadlineReader | None:
    """Return the input of this response; None over ssh, where a program reads it."""
    original = getattr(response.raw, "_original_response", None)
    return original.reader if isinstance(original, _DeadlineResponse) else None


def _to_engine_error(error: Exception, address: SafeText) -> EngineError:
    cause = _root_cause(error)
    if isinstance(error, requests.Timeout):
        return engine_unresponsive(address)
    if "paramiko" in str(error):
        return EngineUnreachable(
            "ssh:// needs paramiko, which is not installed.",
            on=address,
            hint="Install it: `pipx inject pixel-tui paramiko`, or in a clone "
            "`.venv/bin/pip install paramiko`.",
        )
    if str(error).startswith("Invalid bind address"):
        return EngineUnreachable(
            "Not a valid Docker address.",
            on=address,
            hint="Use unix:///PATH, tcp://HOST:PORT or ssh://USER@HOST in --host, DOCKER_HOST "
            "or the context.",
        )
    if isinstance(error, DockerException) and not isinstance(cause, OSError):
        return EngineUnreachable(str(error), on=address, hint="Check DOCKER_HOST or the context.")
    return connection_error(cause, address)


def _root_cause(error: BaseException) -> BaseException:
    seen = {id(error)}
    while True:
        inner = error.__cause__ or error.__context__
        if inner is None or id(inner) in seen:
            return error
        seen.add(id(inner))
        error = inner
