"""Requests to engines over TCP: responses have a deadline and a size limit."""

import os
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from docker.tls import TLSConfig

from pixel_tui.errors import EngineAnswerInvalid, EngineUnreachable
from pixel_tui.stack.engine.sdk_transport import SdkTransport
from pixel_tui.stack.engine.transport import EngineResponse, connection_error
from pixel_tui.text import plain

Make = Callable[[bytes, bytes, float], SdkTransport]


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """The engine's listening socket."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


def serve(
    listener: socket.socket,
    said: bytes,
    repeated: bytes,
    every: float,
    secured: ssl.SSLContext | None = None,
) -> str:
    """Serve one client with a start and then endless repetitions; return the address."""

    def answer() -> None:
        try:
            connection, _ = listener.accept()
            with secured.wrap_socket(connection, server_side=True) if secured else connection as it:
                it.recv(65536)
                it.sendall(said)
                while repeated:
                    it.sendall(repeated)
                    time.sleep(every)
                it.recv(1)
        except OSError:
            return

    threading.Thread(target=answer, daemon=True).start()
    return f"tcp://127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture
def make(listener: socket.socket) -> Make:
    """Creates a transport to an engine that sends a start and then endless repetitions."""

    def made(said: bytes, repeated: bytes, every: float) -> SdkTransport:
        address = serve(listener, said, repeated, every)
        return SdkTransport(address, None, plain(address))

    return made


def test_a_response_is_read_completely(make: Make) -> None:
    said = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"
    assert make(said, b"", 0).get("/a") == EngineResponse(200, "OK", b"abc")


def test_a_slow_response_times_out(make: Make) -> None:
    transport = make(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"x", 0.02)
    with pytest.raises(EngineUnreachable, match="does not answer"):
        transport.get("/a", timeout=0.3)


OK = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize("said", [b"", OK, OK + b"Transfer-Encoding: chunked\r\n\r\n1;"])
def test_slow_headers_or_chunks_time_out(make: Make, said: bytes) -> None:
    with pytest.raises(EngineUnreachable, match="does not answer"):
        make(said, b"x", 0.2).get("/a", timeout=0.5)


@pytest.mark.parametrize("endless", [False, True])
def test_a_stream_that_never_starts_times_out(
    make: Make, monkeypatch: pytest.MonkeyPatch, endless: bool
) -> None:
    monkeypatch.setattr("pixel_tui.stack.engine.sdk_transport.READ_SECONDS", 0.5)
    with pytest.raises(EngineUnreachable, match="does not answer"):
        make(OK + b"X: ", b"x", 0.2).open("/a", endless=endless)


@pytest.mark.parametrize("endless", [False, True])
def test_a_streamed_body_may_take_long(
    make: Make, monkeypatch: pytest.MonkeyPatch, endless: bool
) -> None:
    monkeypatch.setattr("pixel_tui.stack.engine.sdk_transport.RESPONSE_SECONDS", 0.1)
    body = make(OK + b"\r\n", b"x", 0.05).open("/a", endless=endless)
    assert not isinstance(body, EngineResponse)
    read = b""
    while len(read) < 10:  # half a second
        read += body.read()
    body.close()
    assert read.strip(b"x") == b""


def test_redirects_are_not_followed(make: Make) -> None:
    said = b"HTTP/1.1 301 Moved\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n"
    assert make(said, b"", 0).get("/a").status == 301


def test_an_endless_response_is_an_error(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pixel_tui.stack.engine.sdk_transport.MAX_BYTES", 100_000)
    said = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    with pytest.raises(EngineAnswerInvalid, match="larger than"):
        make(said, b"4\r\nabcd\r\n" * 64, 0).get("/a")


@pytest.fixture
def secured(tmp_path: Path) -> ssl.SSLContext:
    """An engine's key and certificate, created for this test: `engine.pem`."""
    if shutil.which("openssl") is None:
        missing = "no openssl to make a certificate with: apt-get install openssl"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(missing)
    path = str(tmp_path / "engine.pem")
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-nodes", "-newkey", "rsa:2048", "-days", "2"),
            *("-keyout", path, "-out", path, "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=IP:127.0.0.1"),
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


def test_deadlines_hold_over_tls_with_the_engines_own_ca(
    listener: socket.socket,
    secured: ssl.SSLContext,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = str(tmp_path / "engine.pem")
    bundle = ssl.get_default_verify_paths().cafile
    if bundle is not None:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", bundle)  # of the web: the engine's is not in it
    tls = TLSConfig(ca_cert=path, verify=True)
    length = b"Content-Length: 3\r\n\r\n"
    address = serve(listener, OK + length + b"abc", b"", 0, secured)
    assert SdkTransport(address, tls, plain(address)).get("/a") == EngineResponse(200, "OK", b"abc")
    serve(listener, OK + b"X: ", b"x", 0.2, secured)
    with pytest.raises(EngineUnreachable, match="does not answer"):
        SdkTransport(address, tls, plain(address)).get("/a", timeout=0.5)


def test_an_untrusted_certificate_is_not_reported_as_missing_permission() -> None:
    error = connection_error(ssl.SSLError(1, "certificate verify failed"), plain("tcp://pixel"))
    assert isinstance(error, EngineUnreachable)
    assert "certificate verify failed" in str(error)


@pytest.mark.parametrize("address", ["foo://x", "x", "/var/run/docker.sock", "ssh://x/path"])
def test_an_invalid_address_is_an_error_with_examples(address: str) -> None:
    with pytest.raises(EngineUnreachable) as wrong:
        SdkTransport(address, None, plain(address)).get("/a")
    assert wrong.value.sentence == f"Not a valid Docker address: {address}."
    for scheme in ("unix://", "tcp://", "ssh://"):
        assert scheme in wrong.value.hint


def test_ssh_without_paramiko_is_an_error_with_a_fix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("docker.api.client.SSHHTTPAdapter", None, raising=False)
    monkeypatch.delattr("docker.api.client.SSHHTTPAdapter")
    with pytest.raises(EngineUnreachable, match="needs paramiko, which is not installed") as wrong:
        SdkTransport("ssh://ana@vps", None, plain("ssh://ana@vps")).get("/a")
    assert "`pipx inject pixel-tui paramiko`" in wrong.value.hint
