"""Looking at a real engine: what the read client gets, and what it can't do."""

import http.server
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from pixel_tui.errors import (
    EngineAnswerInvalid,
    EngineDenied,
    EngineError,
    EngineRefused,
    EngineUnreachable,
)
from pixel_tui.stack.engine.docker_engine import DockerEngine
from pixel_tui.stack.engine.endpoint import Endpoint
from pixel_tui.stack.engine.local_transport import ReadOnlyConnection
from pixel_tui.stack.engine.sdk_transport import ReadOnlySession, SdkTransport
from pixel_tui.stack.model.container import ContainerState
from pixel_tui.stack.model.parse_container import parse_container
from pixel_tui.stack.model.source import LogRequest
from pixel_tui.stack.model.usage_parse import parse_sample
from pixel_tui.text import plain
from tests.engine.fixtures import MakeProject
from tests.engine.private_engine import Engine, Project
from tests.patience import PATIENCE

pytestmark = pytest.mark.engine

COUNTING = """
services:
  app:
    image: pixel-tui-test:latest
    command: [sh, -c, 'trap "exit 0" TERM; i=0; while :; do i=$$((i+1)); echo line $$i; sleep 0.2 & wait $$!; done']
    stop_grace_period: 1s
  silent:
    image: pixel-tui-test:latest
    command: [sleep, "600"]
    logging: {driver: none}
    stop_grace_period: 0s
"""  # noqa: E501


@pytest.fixture
def project(make_project: MakeProject, base_image: str) -> Project:
    return make_project(COUNTING, up=True)


@pytest.fixture(params=["local", "sdk"])
def reader(engine: Engine, request: pytest.FixtureRequest) -> Iterator[DockerEngine]:
    transport = None
    if request.param == "sdk":
        transport = SdkTransport(engine.host, None, plain(engine.host))
    found = DockerEngine(Endpoint(engine.host, plain("test")), transport)
    yield found
    found.close()


def test_it_tells_who_the_engine_is(reader: DockerEngine) -> None:
    assert reader.version()["ApiVersion"]
    assert reader.info()["NCPU"]


def test_it_lists_and_inspects_the_containers_of_one_project(
    reader: DockerEngine, project: Project
) -> None:
    listed = reader.containers(project.name)
    containers = [parse_container(reader.inspect(str(item["Id"]))) for item in listed]
    assert sorted(item.service for item in containers) == ["app", "silent"]
    assert all(item.state is ContainerState.RUNNING for item in containers)


def test_a_missing_image_is_none_and_a_missing_container_an_error(reader: DockerEngine) -> None:
    assert reader.image("no/such-image:1") is None
    with pytest.raises(EngineRefused) as refused:
        reader.inspect("0" * 64)
    assert refused.value.status == 404


def test_one_sample_of_figures(reader: DockerEngine, project: Project) -> None:
    container_id = str(project.inspect("app")["Id"])
    sample = parse_sample(reader.stats(container_id))
    assert sample is not None
    assert sample.memory > 0


def test_closing_a_log_ends_a_read_that_waits(reader: DockerEngine, project: Project) -> None:
    stream = reader.logs(LogRequest(str(project.inspect("app")["Id"]), tail=1))
    assert stream.read()
    ended = threading.Event()

    def drain() -> None:
        while stream.read():
            pass
        ended.set()

    threading.Thread(target=drain, daemon=True).start()
    stream.close()
    stream.close()
    assert ended.wait(PATIENCE)


def test_a_log_of_driver_none_is_refused_in_the_engines_words(
    reader: DockerEngine, project: Project
) -> None:
    with pytest.raises(EngineRefused, match="does not support reading"):
        reader.logs(LogRequest(str(project.inspect("silent")["Id"])))


def test_events_arrive_and_the_stream_can_be_closed(reader: DockerEngine, project: Project) -> None:
    stream = reader.events(project.name)
    project.compose("restart", "--timeout", "0", "app")
    seen = []
    for event in stream:
        seen.append(event["Action"])
        if event["Action"] == "start":
            stream.close()
    assert "die" in seen


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_nothing_but_reading_is_ever_sent(engine: Engine, method: str) -> None:
    connection = ReadOnlyConnection(engine.host.removeprefix("unix://"))
    with pytest.raises(EngineError, match="blocked"):
        connection.request(method, "/v1.41/containers/prune")
    session = ReadOnlySession(base_url=engine.host, version="1.41")
    with pytest.raises(EngineError, match="blocked"):
        session.request(method, f"{session.base_url}/v1.41/containers/prune")


def test_the_sdks_own_writing_methods_are_held_back(engine: Engine, project: Project) -> None:
    session = ReadOnlySession(base_url=engine.host, version="1.41")
    container_id = str(project.inspect("app")["Id"])
    for change in (session.stop, session.restart, session.kill, session.remove_container):
        with pytest.raises(EngineError, match="blocked"):
            change(container_id)
    assert project.inspect("app")["State"]["Running"]


def test_no_socket_says_what_to_start(tmp_path: Path) -> None:
    with pytest.raises(EngineUnreachable, match="socket does not exist") as error:
        DockerEngine(Endpoint(f"unix://{tmp_path}/none.sock", plain("test"))).version()
    assert "systemctl start docker" in error.value.hint


def test_a_dead_socket_says_that_nobody_listens(tmp_path: Path) -> None:
    path = tmp_path / "dead.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    with pytest.raises(EngineUnreachable, match="is not listening"):
        DockerEngine(Endpoint(f"unix://{path}", plain("test"))).version()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_refused_socket_names_its_group(engine: Engine, tmp_path: Path) -> None:
    path = engine.host.removeprefix("unix://")
    reason = ""
    pid = os.fork()
    if pid == 0:
        # A child of another user, as an operator outside the group would be.
        try:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
            DockerEngine(Endpoint(f"unix://{path}", plain("test"))).version()
        except EngineDenied as error:
            reason = error.hint
        finally:
            os._exit(0 if "usermod -aG" in reason else 1)
    assert os.waitpid(pid, 0)[1] == 0


def test_an_address_that_is_no_engine_is_told_apart(tmp_path: Path) -> None:
    class Other(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html>")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Other) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"tcp://127.0.0.1:{server.server_port}"
        with pytest.raises(EngineAnswerInvalid, match="not JSON"):
            DockerEngine(Endpoint(address, plain("test"))).version()
        server.shutdown()
