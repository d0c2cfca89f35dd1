"""The proxy of the read-only test notices every request, however it is sent."""

import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.terminal.http_requests import UNREADABLE, Request, RequestParser
from tests.terminal.recording_proxy import RecordingProxy

GET = b"GET /v1.47/containers/json?all=1 HTTP/1.1\r\nHost: docker\r\n\r\n"
POST = b"POST /v1.47/containers/1f/stop HTTP/1.1\r\nHost: docker\r\nContent-Length: 0\r\n\r\n"
READ = Request("GET", "/v1.47/containers/json?all=1")
STOP = Request("POST", "/v1.47/containers/1f/stop")
BODY = b'{"x": "POST /in/a/body HTTP/1.1"}\r\n\r\n'
WITH_LENGTH = b"POST /a HTTP/1.1\r\ncontent-length: %d\r\n\r\n%b" % (len(BODY), BODY)
IN_CHUNKS = (
    b"POST /b HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"5;x=y\r\nPOST \r\n1A\r\n/in/a/chunk HTTP/1.1\r\n\r\n..\r\n0\r\nTrailer: 1\r\n\r\n"
)


def sent(*parts: bytes) -> list[Request]:
    parser = RequestParser()
    return [request for part in parts for request in parser.feed(part)]


@pytest.mark.parametrize("size", [1, 2, 7, 4096])
def test_every_request_of_a_connection_is_read_wherever_it_is_cut(size: int) -> None:
    stream = GET + WITH_LENGTH + POST + IN_CHUNKS + b"\r\n" + GET + POST
    pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
    assert sent(*pieces) == [
        READ, Request("POST", "/a"), STOP, Request("POST", "/b"), READ, STOP,
    ]  # fmt: skip


def test_lines_may_end_as_lax_servers_let_them() -> None:
    assert sent(GET.replace(b"\r\n", b"\n") + POST.replace(b"\r", b"")) == [READ, STOP]


def test_bytes_after_an_upgrade_are_something_that_is_no_reading() -> None:
    upgrade = b"GET /containers/1f/attach/ws HTTP/1.1\r\nUpgrade: websocket\r\n\r\n"
    alone = sent(upgrade)
    assert [request.method for request in alone] == ["GET"]
    followed = sent(upgrade, b"rm -rf /\n", POST)
    assert [request.method for request in followed] == ["GET", UNREADABLE]
    assert not followed[-1].reads


@pytest.mark.parametrize(
    "stream",
    [
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00",
        b"PO",
        b"POST /x\r\n\r\n",
        b"POST /x HTTP/1.1\r\n folded: yes\r\n\r\n",
        b"GET /x HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET /x HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        b"GET /x HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"GET /x HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n",
    ],
)
def test_what_can_not_be_read_is_never_nothing(stream: bytes) -> None:
    found = sent(stream)
    if stream == b"PO":  # not yet
        assert found == []
        return
    assert [request.method for request in found] == [UNREADABLE]


def test_a_chunk_that_is_none_is_not_passed_over() -> None:
    found = sent(b"GET /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", POST)
    assert [request.method for request in found] == ["GET", UNREADABLE]


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="pixel-tui-", dir="/tmp") as name:
        yield Path(name)


class EchoEngine:
    """Gives back what it is sent, and at the end of it says so and ends."""

    def __init__(self, path: Path) -> None:
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            with peer, suppress(OSError):
                while data := peer.recv(4096):
                    peer.sendall(data)
                peer.sendall(b"end")

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


def everything(client: socket.socket) -> bytes:
    parts = []
    while data := client.recv(4096):
        parts.append(data)
    return b"".join(parts)


def test_bytes_pass_unchanged_both_ways_and_requests_are_recorded(folder: Path) -> None:
    engine = EchoEngine(folder / "engine.sock")
    with RecordingProxy(folder / "proxy.sock", folder / "engine.sock") as proxy:
        stream = GET + WITH_LENGTH + POST
        for turn in range(1, 3):
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(10)
                client.connect(str(folder / "proxy.sock"))
                client.sendall(stream)
                # What has come back has passed the engine, so it was recorded before.
                client.shutdown(socket.SHUT_WR)
                assert everything(client) == stream + b"end"
            assert len(proxy.requests) == 3 * turn
        assert [request.reads for request in proxy.requests[:3]] == [True, False, False]
    engine.close()


def test_an_engine_that_is_not_there_is_a_closed_connection(folder: Path) -> None:
    with (
        RecordingProxy(folder / "proxy.sock", folder / "none.sock"),
        socket.socket(socket.AF_UNIX) as client,
    ):
        client.settimeout(10)
        client.connect(str(folder / "proxy.sock"))
        assert everything(client) == b""


def test_closing_it_breaks_every_connection_off(folder: Path) -> None:
    engine = EchoEngine(folder / "engine.sock")
    proxy = RecordingProxy(folder / "proxy.sock", folder / "engine.sock")
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(10)
        client.connect(str(folder / "proxy.sock"))
        client.sendall(GET)
        assert client.recv(4096) == GET
        proxy.close()
        assert everything(client) in {b"", b"end"}
    engine.close()
