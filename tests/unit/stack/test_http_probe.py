"""What asking web servers finds out, whatever they do: on real sockets of this machine."""

import os
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import which

import pytest

from pixel_tui.stack.engine import http_exchange
from pixel_tui.stack.engine.http_probe import ProbeRequest, ProbeResponse, probe_all
from pixel_tui.text import SafeText

HOST = "127.0.0.1"
NAME = "proxy.example"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
Script = Callable[[socket.socket, threading.Event], None]
"""What a server does with a connection; the event is set once it has to stop."""


def ask(request: ProbeRequest, seconds: float = 5) -> ProbeResponse:
    (answer,) = probe_all([request], seconds)
    return answer


class Server:
    """Takes connections, reads a request of each, and does what its script says."""

    def __init__(self, script: Script, context: ssl.SSLContext | None) -> None:
        self._script = script
        self._context = context
        self._socket = socket.create_server((HOST, 0))
        self.port: int = self._socket.getsockname()[1]
        self.heard: list[str] = []
        self.names: list[str | None] = []
        self.stop = threading.Event()
        if context is not None:
            context.sni_callback = lambda _, name, __: self.names.append(name)
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                taken, _ = self._socket.accept()
                threading.Thread(target=self._answer, args=(taken,), daemon=True).start()

    def _answer(self, taken: socket.socket) -> None:
        # The client may go away whenever it likes.
        with suppress(OSError), taken:
            if self._context is not None:
                taken = self._context.wrap_socket(taken, server_side=True)
            with taken:
                self.heard.append(taken.recv(4096).decode("latin-1"))
                self._script(taken, self.stop)

    def close(self) -> None:
        self.stop.set()
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


@contextmanager
def server(script: Script | bytes = OK, context: ssl.SSLContext | None = None) -> Iterator[Server]:
    sends = (lambda taken, _: taken.sendall(script)) if isinstance(script, bytes) else script
    running = Server(sends, context)
    try:
        yield running
    finally:
        running.close()


def test_a_request_has_the_name_and_nothing_that_any_one_else_may_not_see(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "netrc").write_text(f"machine {HOST} login me password hunter2\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with server(OK.replace(b"200 OK", b"404 Not Found")) as web:
        answer = ask(ProbeRequest(HOST, web.port, "/api/", NAME))
    assert answer == ProbeResponse(404)
    first, *headers = web.heard[0].removesuffix("\r\n\r\n").split("\r\n")
    assert first == "GET /api/ HTTP/1.1"
    assert sorted(line.lower() for line in headers) == [
        "accept-encoding: identity",
        "accept: */*",
        "connection: close",
        f"host: {NAME}",
        "user-agent: pixel-tui",
    ]


def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with server() as web, server() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://{HOST}:{proxy.port}")
        assert ask(ProbeRequest(HOST, web.port)) == ProbeResponse(200)
    assert proxy.heard == []


def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    with server() as target:
        moved = f"HTTP/1.1 302 Found\r\nLocation: http://{HOST}:{target.port}/\r\n\r\n"
        with server(moved.encode()) as web:
            assert ask(ProbeRequest(HOST, web.port)) == ProbeResponse(302)
    assert target.heard == []


def test_a_port_that_nothing_listens_on_refuses() -> None:
    with server() as web:
        pass
    assert ask(ProbeRequest(HOST, web.port)) == ProbeResponse(
        trouble=SafeText("connection refused"), connected=False
    )


def test_a_server_that_does_not_answer_is_not_waited_for() -> None:
    with server(lambda _, stop: _wait(stop)) as web:
        answer = ask(ProbeRequest(HOST, web.port), 0.1)
    assert answer == ProbeResponse(trouble=SafeText("no answer within 100ms"))


def _wait(stop: threading.Event) -> None:
    stop.wait()


def test_an_answer_that_drips_is_given_up_as_a_whole() -> None:
    def drip(taken: socket.socket, stop: threading.Event) -> None:
        for byte in b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1000:
            taken.sendall(bytes([byte]))
            if stop.wait(0.01):
                return

    with server(drip) as web:
        answer = ask(ProbeRequest(HOST, web.port), 0.3)
    assert answer == ProbeResponse(trouble=SafeText("no answer within 300ms"))


def _forever(taken: socket.socket, stop: threading.Event, part: bytes) -> None:
    while not stop.is_set():
        taken.sendall(part)


def test_the_status_of_an_answer_that_never_ends_is_enough() -> None:
    def pour(taken: socket.socket, stop: threading.Event) -> None:
        taken.sendall(b"HTTP/1.1 503 Busy\r\n\r\n")
        _forever(taken, stop, b"x" * 65536)

    with server(pour) as web:
        assert ask(ProbeRequest(HOST, web.port)) == ProbeResponse(503)


def test_headers_that_never_end_are_not_kept() -> None:
    def pour(taken: socket.socket, stop: threading.Event) -> None:
        taken.sendall(b"HTTP/1.1 200 OK\r\n")
        _forever(taken, stop, b"X: " + b"y" * 65536 + b"\r\n")

    with server(pour) as web:
        answer = ask(ProbeRequest(HOST, web.port))
    assert answer == ProbeResponse(trouble=SafeText("it does not speak HTTP"))


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", "it does not speak HTTP"),
        (b"HTTP/1.1 \x1b[2J\r\n\r\n", "it does not speak HTTP"),
        (b"", "it closed the connection"),
    ],
)
def test_what_is_no_answer_is_no_status(said: bytes, words: str) -> None:
    with server(said) as web:
        assert ask(ProbeRequest(HOST, web.port)) == ProbeResponse(trouble=SafeText(words))


def test_a_connection_that_is_reset_has_no_answer() -> None:
    def reset(taken: socket.socket, _: threading.Event) -> None:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    with server(reset) as web:
        answer = ask(ProbeRequest(HOST, web.port))
    assert (answer.status, answer.connected) == (0, True)
    assert answer.trouble in {"connection reset by peer", "it closed the connection"}


@pytest.mark.parametrize("host", ["a\r\nX: y", ".example", "f\u00fc.example", "x" * 300])
def test_a_name_that_can_not_be_sent_is_no_answer(host: str) -> None:
    with server() as web:
        answer = ask(ProbeRequest(HOST, web.port, host=host, tls=True))
    assert answer.status == 0
    assert answer.trouble


def test_a_name_without_an_address_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert ask(ProbeRequest("nowhere.example", 80)) == ProbeResponse(
        trouble=SafeText("no address is known for nowhere.example"), connected=False
    )


def test_a_resolver_that_does_not_answer_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()

    def slow(*_: object, **__: object) -> list[object]:
        answered.wait()
        return []

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    try:
        assert ask(ProbeRequest("nowhere.example", 80), 0.1) == ProbeResponse(
            trouble=SafeText("no answer within 100ms"), connected=False
        )
    finally:
        answered.set()


def test_each_address_of_a_name_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 0)) for ip in ("127.0.0.2", HOST)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with server() as web:
        assert ask(ProbeRequest(NAME, web.port)) == ProbeResponse(200)


def test_all_are_asked_at_once_and_answers_come_in_order() -> None:
    both = threading.Barrier(2, timeout=5)

    def meet(status: bytes) -> Script:
        def answer(taken: socket.socket, _: threading.Event) -> None:
            both.wait()
            taken.sendall(OK.replace(b"200 OK", status))

        return answer

    with server(meet(b"201 A")) as one, server(meet(b"202 B")) as other:
        answers = probe_all([ProbeRequest(HOST, one.port), ProbeRequest(HOST, other.port)], 5)
    assert [item.status for item in answers] == [201, 202]
    assert probe_all([], 5) == ()


def test_an_error_that_nothing_foresees_is_no_answer_and_keeps_no_other_from_being_asked(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def addresses_of(host: str) -> list[str]:
        if host == NAME:
            raise RuntimeError("a bug")
        return [host]

    monkeypatch.setattr(http_exchange, "addresses_of", addresses_of)
    with server() as web:
        answers = probe_all([ProbeRequest(NAME, 80), ProbeRequest(HOST, web.port)], 5)
    assert answers == [
        ProbeResponse(trouble=SafeText("a bug"), connected=False),
        ProbeResponse(200),
    ]
    assert "could not be queried" in caplog.text


# TLS.


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two certificates for a name, each with its key: one valid, one expired."""
    if which("openssl") is None:
        missing = "no openssl to make a certificate with: apt-get install openssl"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(missing)
    folder = tmp_path_factory.mktemp("certificates")
    (folder / "index").touch()
    (folder / "ca.cnf").write_text(
        f"""
[ca]
default_ca = own
[own]
database = {folder}/index
new_certs_dir = {folder}
serial = {folder}/serial
default_md = sha256
policy = any
x509_extensions = names
unique_subject = no
[any]
commonName = supplied
[names]
subjectAltName = DNS:{NAME}
basicConstraints = critical,CA:TRUE
"""
    )
    for name, dates in {
        "valid": ["-days", "2"],
        "expired": ["-startdate", "20200101000000Z", "-enddate", "20200102000000Z"],
    }.items():
        file = folder / name
        key, request = f"{file}.key", f"{file}.csr"
        made = ["req", "-nodes", "-newkey", "rsa:2048", "-subj", f"/CN={NAME}"]
        signed = ["ca", "-batch", "-notext", "-config", f"{folder}/ca.cnf", "-create_serial"]
        for command in (
            [*made, "-keyout", key, "-out", request],
            [*signed, *dates, "-selfsign", "-keyfile", key, "-in", request, "-out", f"{file}.pem"],
        ):
            subprocess.run(["openssl", *command], check=True, capture_output=True)
    return folder


def with_certificate(certificates: Path, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / f"{name}.pem", certificates / f"{name}.key")
    return context


@pytest.mark.parametrize(
    ("name", "trusted", "host", "fault"),
    [
        ("valid", True, NAME, ""),
        ("valid", True, "", ""),
        ("valid", True, "other.example", "certificate for another name"),
        ("valid", False, NAME, "self-signed certificate"),
        ("expired", True, NAME, "expired certificate"),
    ],
)
def test_what_is_wrong_with_a_certificate_is_reported_beside_the_status(
    name: str,
    trusted: bool,
    host: str,
    fault: str,
    certificates: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificates / f"{name}.pem"))
    with server(context=with_certificate(certificates, name)) as web:
        answer = ask(ProbeRequest(HOST, web.port, host=host, tls=True))
    assert answer == ProbeResponse(200, certificate=SafeText(fault))
    assert set(web.names) == {host or None}, "it is asked for the certificate of this name"


def test_a_port_without_tls_is_not_reached_with_it(certificates: Path) -> None:
    with server() as web:
        assert ask(ProbeRequest(HOST, web.port, tls=True)) == ProbeResponse(
            trouble=SafeText("it has no TLS"), connected=False
        )
    with server(context=with_certificate(certificates, "valid")) as web:
        answer = ask(ProbeRequest(HOST, web.port))
    assert (answer.status, answer.connected) == (0, True)


def test_tls_that_is_never_agreed_on_is_no_connection() -> None:
    with server(lambda _, stop: _wait(stop)) as web:
        answer = ask(ProbeRequest(HOST, web.port, tls=True), 0.1)
    assert answer == ProbeResponse(trouble=SafeText("no answer within 100ms"), connected=False)
