"""Requests through the Docker SDK: engines behind TCP, TLS or ssh."""

import threading
import time
from contextlib import suppress

import requests
import urllib3
from docker import APIClient
from docker.errors import DockerException
from docker.tls import TLSConfig

from pixel_tui.errors import EngineError, EngineUnreachable
from pixel_tui.stack.source import ByteStream
from pixel_tui.stack.transport import (
    CHUNK,
    CONNECT_SECONDS,
    MOST_BYTES,
    POOL_SIZE,
    READ_SECONDS,
    READING,
    WHOLE_SECONDS,
    Answer,
    connection_broken,
    connection_error,
    held_back,
    no_answer,
    too_large,
)
from pixel_tui.text import SafeText

_FAILURES = (requests.RequestException, urllib3.exceptions.HTTPError, DockerException)


class ReadOnlySession(APIClient):
    """The Docker SDK's client, unable to change anything."""

    def send(self, request: requests.PreparedRequest, **kwargs: object) -> requests.Response:
        """Send a request that only reads.

        Raises:
            EngineError: The request would change something. Nothing was sent.
        """
        if request.method not in READING:
            raise held_back(str(request.method))
        return super().send(request, **kwargs)  # type: ignore[arg-type]


class SdkTransport:
    """A `Transport` over the Docker SDK's connections.

    Args:
        address: The engine's address.
        tls: How to authenticate there.
        shown: The address as it is shown.
    """

    def __init__(self, address: str, tls: TLSConfig | None, shown: SafeText) -> None:
        self._address = address
        self._tls = tls
        self._shown = shown
        self._lock = threading.Lock()
        self._session: ReadOnlySession | None = None

    def get(self, target: str, *, patience: float = WHOLE_SECONDS) -> Answer:
        """Ask, and wait for the whole answer."""
        deadline = time.monotonic() + patience
        response = self._ask(target, patience=min(patience, READ_SECONDS))
        with response:
            return self._answer(response, target, deadline)

    def open(self, target: str, *, endless: bool) -> ByteStream | Answer:
        """Ask, and read the body as it comes."""
        deadline = time.monotonic() + WHOLE_SECONDS
        response = self._ask(target)
        if not response.ok:
            with response:
                return self._answer(response, target, deadline)
        if endless:
            connected = getattr(response.raw.connection, "sock", None)
            if connected is not None:
                connected.settimeout(None)
        return _Body(response)

    def close(self) -> None:
        """Drop the kept connections."""
        with self._lock:
            session, self._session = self._session, None
        if session is not None:
            session.close()

    def _answer(self, response: requests.Response, target: str, deadline: float) -> Answer:
        """The whole of an answer, read in parts: it has to be there in time, and to end."""
        body = bytearray()
        try:
            while part := response.raw.read1(CHUNK, decode_content=True):
                body += part
                if len(body) > MOST_BYTES:
                    raise too_large(target)
                if time.monotonic() > deadline:
                    raise no_answer(self._shown)
        except _FAILURES as error:
            raise _translated(error, self._shown) from error
        return Answer(response.status_code, response.reason, bytes(body))

    def _ask(self, target: str, *, patience: float = READ_SECONDS) -> requests.Response:
        try:
            session = self._connected()
            return session.get(
                f"{session.base_url}{target}",
                stream=True,
                timeout=(min(CONNECT_SECONDS, patience), patience),
            )
        except _FAILURES as error:
            raise _translated(error, self._shown) from error

    def _connected(self) -> ReadOnlySession:
        with self._lock:
            if self._session is None:
                # A version given here keeps the constructor from asking the engine.
                self._session = ReadOnlySession(
                    base_url=self._address,
                    version="1.41",
                    timeout=int(READ_SECONDS),
                    tls=self._tls or False,
                    use_ssh_client=True,
                    max_pool_size=POOL_SIZE,
                )
            return self._session


class _Body:
    """The body of an answer, read as it comes."""

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
        """End a read that waits on another thread."""
        if self._closed:
            return
        self._closed = True
        with suppress(
            urllib3.exceptions.HTTPError, OSError, ValueError, AttributeError, RuntimeError
        ):
            # Wakes a reader on another thread; closing alone would not. A stream that
            # has ended by itself has no socket any more, which is a RuntimeError.
            self._response.raw.shutdown()


def _translated(error: Exception, address: SafeText) -> EngineError:
    cause = _root_cause(error)
    if isinstance(error, requests.Timeout):
        return no_answer(address)
    if isinstance(error, DockerException) and not isinstance(cause, OSError):
        return EngineUnreachable(str(error), on=address, remedy="Check DOCKER_HOST or the context.")
    return connection_error(cause, address)


def _root_cause(error: BaseException) -> BaseException:
    seen = {id(error)}
    while True:
        inner = error.__cause__ or error.__context__
        if inner is None or id(inner) in seen:
            return error
        seen.add(id(inner))
        error = inner
