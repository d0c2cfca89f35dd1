"""Requests to engines behind TCP: an answer has a time to be whole by, and a size."""

import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from pixel_tui.errors import EngineAnswerInvalid, EngineUnreachable
from pixel_tui.stack.sdk_transport import SdkTransport
from pixel_tui.stack.transport import Answer
from pixel_tui.text import plain

Make = Callable[[bytes, bytes, float], SdkTransport]


@pytest.fixture
def make() -> Iterator[Make]:
    """Makes a transport to an engine that says something, and then something for ever."""
    listener = socket.create_server(("127.0.0.1", 0))

    def made(said: bytes, repeated: bytes, every: float) -> SdkTransport:
        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                try:
                    connection.sendall(said)
                    while repeated:
                        connection.sendall(repeated)
                        time.sleep(every)
                    connection.recv(1)
                except OSError:
                    return

        threading.Thread(target=serve, daemon=True).start()
        address = f"tcp://127.0.0.1:{listener.getsockname()[1]}"
        return SdkTransport(address, None, plain(address))

    with listener:
        yield made


def test_an_answer_is_taken_whole(make: Make) -> None:
    said = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"
    assert make(said, b"", 0).get("/a") == Answer(200, "OK", b"abc")


def test_one_that_comes_in_drops_is_given_up(make: Make) -> None:
    transport = make(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"x", 0.02)
    with pytest.raises(EngineUnreachable, match="does not answer"):
        transport.get("/a", patience=0.3)


def test_one_that_never_ends_is_none(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pixel_tui.stack.sdk_transport.MOST_BYTES", 100_000)
    said = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    with pytest.raises(EngineAnswerInvalid, match="larger than"):
        make(said, b"4\r\nabcd\r\n" * 64, 0).get("/a")
