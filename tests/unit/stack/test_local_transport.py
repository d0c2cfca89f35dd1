"""Requests over a local socket to a server that behaves like engines."""

import gc
import socket
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pixel_tui.errors import EngineAnswerInvalid, EngineUnreachable
from pixel_tui.stack.engine.local_transport import LocalTransport
from pixel_tui.stack.engine.transport import EngineResponse
from pixel_tui.text import plain

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK"
LOG = b"HTTP/1.0 200 OK\r\n\r\n"
MISSING = b'HTTP/1.1 404 Not Found\r\nContent-Length: 18\r\n\r\n{"message":"gone"}'
Serve = Callable[[socket.socket, bytes], bool]
"""Answers one request and returns whether the connection stays open."""


class Server:
    """An engine's socket that records its requests."""

    def __init__(self, path: Path, serve: Serve) -> None:
        self.asked: list[str] = []
        self.connections = 0
        self._serve = serve
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Close the socket."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            while request := connection.recv(65536):
                self.asked.append(request.decode().split("\r\n")[0])
                if not self._serve(connection, request):
                    return


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "engine.sock"


@pytest.fixture
def transport(path: Path) -> Iterator[LocalTransport]:
    made = LocalTransport(str(path), plain(f"unix://{path}"))
    yield made
    made.close()


def answering(connection: socket.socket, _request: bytes) -> bool:
    connection.sendall(OK)
    return True


def hanging_up(connection: socket.socket, _request: bytes) -> bool:
    connection.sendall(OK)
    return False


def test_a_connection_is_reused(path: Path, transport: LocalTransport) -> None:
    server = Server(path, answering)
    assert [transport.get("/a"), transport.get("/b?c=d")] == [EngineResponse(200, "OK", b"OK")] * 2
    assert server.asked == ["GET /a HTTP/1.1", "GET /b?c=d HTTP/1.1"]
    assert server.connections == 1


def test_a_connection_closed_by_the_engine_is_replaced(
    path: Path, transport: LocalTransport
) -> None:
    server = Server(path, hanging_up)
    for _ in range(3):
        assert transport.get("/a").body == b"OK"
    assert server.connections == 3


def test_an_engine_that_closes_the_connection_is_unreachable(
    path: Path, transport: LocalTransport
) -> None:
    Server(path, lambda _connection, _request: False)
    with pytest.raises(EngineUnreachable):
        transport.get("/a")


def test_a_silent_engine_is_unresponsive(path: Path, transport: LocalTransport) -> None:
    Server(path, lambda _connection, _request: True)
    with pytest.raises(EngineUnreachable, match="does not answer"):
        transport.get("/a", timeout=0.1)


def test_a_response_that_is_not_http_is_an_error(path: Path, transport: LocalTransport) -> None:
    def babble(connection: socket.socket, _request: bytes) -> bool:
        connection.sendall(b"220 mail.example.test ESMTP\r\n")
        return False

    Server(path, babble)
    with pytest.raises(EngineUnreachable, match="can't be reached"):
        transport.get("/a")


def test_a_refused_stream_is_returned_as_a_response(path: Path, transport: LocalTransport) -> None:
    def refuse(connection: socket.socket, _request: bytes) -> bool:
        connection.sendall(MISSING)
        return False

    Server(path, refuse)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", ResourceWarning)
        answer = transport.open("/logs", endless=True)
        gc.collect()
    assert told == [], "its connection is closed"
    assert isinstance(answer, EngineResponse)
    assert (answer.status, answer.body) == (404, b'{"message":"gone"}')


def test_a_body_is_complete_if_the_engine_is_alive(path: Path, transport: LocalTransport) -> None:
    def log(connection: socket.socket, request: bytes) -> bool:
        connection.sendall(OK if b"_ping" in request else LOG + b"one line\n")
        return False

    Server(path, log)
    stream = transport.open("/logs", endless=True)
    assert not isinstance(stream, EngineResponse)
    assert stream.read() == b"one line\n"
    assert stream.read() == b""


def test_a_body_is_broken_if_the_engine_is_not_alive(path: Path, transport: LocalTransport) -> None:
    go = threading.Event()

    def log(connection: socket.socket, _request: bytes) -> bool:
        connection.sendall(LOG + b"one line\n")
        go.wait()
        return False

    server = Server(path, log)
    stream = transport.open("/logs", endless=True)
    assert not isinstance(stream, EngineResponse)
    assert stream.read() == b"one line\n"
    server.close()
    go.set()
    with pytest.raises(EngineUnreachable, match="closed the connection"):
        stream.read()


def test_close_interrupts_a_waiting_read(path: Path, transport: LocalTransport) -> None:
    def log(connection: socket.socket, _request: bytes) -> bool:
        connection.sendall(LOG + b"one line\n")
        return True

    Server(path, log)
    stream = transport.open("/logs", endless=True)
    assert not isinstance(stream, EngineResponse)
    assert stream.read() == b"one line\n"
    threading.Timer(0.05, stream.close).start()
    assert stream.read() == b""
    stream.close()


def test_a_slow_response_has_a_deadline(path: Path, transport: LocalTransport) -> None:
    def drip(connection: socket.socket, _request: bytes) -> bool:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        return endlessly(connection, b"x", every=0.02)

    Server(path, drip)
    with pytest.raises(EngineUnreachable, match="does not answer"):
        transport.get("/a", timeout=0.3)


def test_slow_headers_have_a_deadline(path: Path, transport: LocalTransport) -> None:
    def drip(connection: socket.socket, _request: bytes) -> bool:
        connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
        return endlessly(connection, b"x", every=0.02)

    Server(path, drip)
    with pytest.raises(EngineUnreachable, match="does not answer"):
        transport.get("/a", timeout=0.3)


@pytest.mark.parametrize(
    ("head", "part"),
    [
        (b"Transfer-Encoding: chunked\r\n", b"4\r\nabcd\r\n" * 64),
        (b"Connection: close\r\n", b"abcd" * 64),
        (b"Content-Length: 1000000000\r\n", b"abcd" * 64),
    ],
)
def test_an_endless_response_is_an_error(
    path: Path,
    transport: LocalTransport,
    monkeypatch: pytest.MonkeyPatch,
    head: bytes,
    part: bytes,
) -> None:
    monkeypatch.setattr("pixel_tui.stack.engine.local_transport.MAX_BYTES", 100_000)

    def pour(connection: socket.socket, _request: bytes) -> bool:
        connection.sendall(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n")
        return endlessly(connection, part, every=0.0)

    Server(path, pour)
    with pytest.raises(EngineAnswerInvalid, match="larger than"):
        transport.get("/a")


def test_a_streamed_body_has_no_deadline(
    path: Path, transport: LocalTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pixel_tui.stack.engine.local_transport.RESPONSE_SECONDS", 0.2)

    def drip(connection: socket.socket, request: bytes) -> bool:
        if b"_ping" in request:
            return answering(connection, request)
        connection.sendall(LOG)
        for _ in range(10):
            time.sleep(0.05)
            connection.sendall(b"x")
        return False

    Server(path, drip)
    for endless in (True, False):
        stream = transport.open("/logs", endless=endless)
        assert not isinstance(stream, EngineResponse)
        assert b"".join(iter(stream.read, b"")) == b"x" * 10


def endlessly(connection: socket.socket, part: bytes, *, every: float) -> bool:
    """Send it repeatedly until the client closes the connection."""
    try:
        while True:
            connection.sendall(part)
            time.sleep(every)
    except OSError:
        return False
