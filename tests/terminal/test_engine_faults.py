"""The program in a terminal while its engine is missing, silent, stopped or flooded."""

import grp
import os
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingMixIn, UnixStreamServer

import pytest

from tests.builders import ledger_files
from tests.engine.private_engine import BASE_IMAGE, Engine, Project, eventually, unique_name
from tests.patience import PATIENCE
from tests.terminal.every_key import ESCAPE
from tests.terminal.program import Program, program, without

pytestmark = [pytest.mark.terminal, pytest.mark.engine]

COUNTING = f"""
services:
  count:
    image: {BASE_IMAGE}
    command: [sh, -c, 'i=0; while :; do i=$$((i+1)); echo line $$i.; usleep 100000; done']
    restart: always
    stop_grace_period: 0s
  idle:
    image: {BASE_IMAGE}
    command: [sleep, "100000"]
    restart: always
    stop_grace_period: 0s
"""
CRASHING = f"""
services:
  crash:
    image: {BASE_IMAGE}
    command: [sh, -c, 'echo up and; sleep 1; echo down again; exit 3']
    restart: always
  idle:
    image: {BASE_IMAGE}
    command: [sleep, "100000"]
    stop_grace_period: 0s
"""
BINARY = rf"""
services:
  binary:
    image: {BASE_IMAGE}
    command:
      - sh
      - -c
      - |
        head -c 5000000 /dev/zero | tr '\0' x; echo
        printf 'caf\351 \377\376\200 is no utf-8\n'
        printf 'nul \0 and bell \007 in it\n'
        echo after all of it
        sleep 100000
    stop_grace_period: 0s
"""
WITHOUT_RIGHTS = """
import os, sys
lost = "-dac_override,-dac_read_search"
way = ["setpriv", f"--bounding-set={lost}", f"--inh-caps={lost}"]
os.execvp("setpriv", [*way, sys.executable, "-m", "pixel_tui", *sys.argv[1:]])
"""

Stack = Callable[..., Project]


@pytest.fixture
def stack(spare_engine: Engine, tmp_path: Path) -> Iterator[Stack]:
    """Bring a project up on an engine that a test may stop or freeze."""
    made: list[Project] = []

    def make(text: str, *, up: bool = True) -> Project:
        folder = tmp_path / unique_name("fault")
        folder.mkdir()
        (folder / "docker-compose.yml").write_text(text)
        project = Project(spare_engine, folder, folder.name)
        made.append(project)
        if up:
            project.compose("up", "--detach", "--wait")
        return project

    try:
        yield make
    finally:
        spare_engine.resume()
        spare_engine.start()
        for project in made:
            project.down()


@contextmanager
def console(project: Project, home: Path, *arguments: str) -> Iterator[Program]:
    """The console on a project; it says nothing of a fault of its own."""
    names = ("DOCKER_HOST", "DOCKER_CONFIG")
    environment = {name: project.engine.env[name] for name in names}
    with program(
        "-p", project.name, *arguments, home=home, size=(120, 36), cwd=project.directory,
        environment=environment,
    ) as it:  # fmt: skip
        yield it
        it.press("q")
        assert it.wait_exit() == 0
    log = (home / "state" / "pixel-tui" / "pixel-tui.log").read_text()
    assert "Traceback" not in log
    assert "CRITICAL" not in log


def answers_keys(it: Program) -> None:
    """The cursor moves, down and up again, whatever the engine does."""
    for key, name in (("j", "idle"), ("k", r"(?:count|crash|binary)")):
        it.press(key)
        it.wait_for(lambda text, name=name: re.search(rf"▌.{name}\b", text))  # type: ignore[misc]


def cursor_on(name: str) -> Callable[[str], object]:
    return lambda text: re.search(rf"▌.{name}\b", text)


def last_line(text: str) -> str:
    """The last line of the log that counts; empty without one."""
    return next(iter(re.findall(r"line \d+\.", text)[::-1]), "")


def test_a_console_that_was_started_before_the_engine_finds_it_later(
    stack: Stack, tmp_path: Path
) -> None:
    project = stack(COUNTING)
    project.engine.stop()
    with console(project, tmp_path) as it:
        it.wait_for("systemctl start docker")
        it.wait_for("unknown")
        assert "the Docker daemon does not answer" in it.text
        assert "looking…" not in it.text
        project.engine.start()
        it.wait_for("2 of 2 running")
        it.wait_for("following")
        assert "systemctl" not in it.text


def test_an_engine_frozen_at_the_start_hides_no_service(stack: Stack, tmp_path: Path) -> None:
    project = stack(COUNTING)
    project.engine.pause()
    with console(project, tmp_path) as it:
        it.wait_for("does not answer")
        it.wait_for(lambda text: text.count("unknown") >= 2)
        answers_keys(it)
        project.engine.resume()
        it.wait_for("2 of 2 running")


def test_an_engine_that_freezes_is_told_and_keys_are_answered(stack: Stack, tmp_path: Path) -> None:
    project = stack(COUNTING)
    with console(project, tmp_path) as it:
        it.wait_for("2 of 2 running")
        it.wait_for("following")
        project.engine.pause()
        it.wait_for("stale: seen")
        it.wait_for("does not answer")
        assert "● running" in it.text  # the last that was known
        answers_keys(it)
        project.engine.resume()
        it.wait_for(lambda text: "stale" not in text)
        it.wait_for("following")


def test_an_engine_that_stops_below_what_is_open_leaves_every_screen_usable(
    stack: Stack, tmp_path: Path
) -> None:
    project = stack(COUNTING)
    (project.directory / ".env").write_text("LEVEL=info\n")
    ledger_files.project(project.directory, ledger_files.task())
    with console(project, tmp_path) as it:
        it.wait_for("2 of 2 running")
        it.press("E")
        it.wait_for("1 key")
        project.engine.kill()
        for keys, wanted in (
            ("\r", "Compose reads"),
            ("\x05\x15debug\r", "not saved"),
            ("s", "Changes in the file"),
            (ESCAPE, without("Changes")),
            ("u", without("not saved")),
            (ESCAPE, "stale: seen"),
            ("W", "Mend the canvas"),
            ("\r", "─ Task 11111111"),
            ("4", "4 Log"),
            (ESCAPE, "─ Tasks"),
            (ESCAPE, "stale: seen"),
            ("U", "─ Audit"),
            (ESCAPE, "stale: seen"),
            ("A", "Docker can't be asked"),
        ):
            it.press(keys)
            it.wait_for(wanted)
        project.engine.start()
        it.wait_for("✓ Recreate")
        it.press(ESCAPE)
        it.wait_for(without("stale"))
        it.wait_for("2 of 2 running")


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_an_engine_that_comes_back_is_followed_on_without_a_key(
    stack: Stack, tmp_path: Path, how: str
) -> None:
    project = stack(COUNTING)
    with console(project, tmp_path) as it:
        it.wait_for("2 of 2 running")
        it.press("j")
        it.wait_for(cursor_on("idle"))
        it.press("k")
        it.wait_for("following")
        it.wait_for(last_line)
        getattr(project.engine, how)()
        it.wait_for("stale: seen")
        before = last_line(it.text)
        it.wait_for("systemctl start docker")
        project.engine.start()
        it.wait_for("2 of 2 running")
        it.wait_for(lambda text: "stale" not in text)
        it.wait_for("started again")
        it.wait_for(cursor_on("count"))
        it.wait_for(lambda text: last_line(text) not in ("", before))
        it.wait_for("following")


def test_a_storm_of_two_hundred_containers_leaves_the_right_table(
    stack: Stack, tmp_path: Path
) -> None:
    project = stack(COUNTING)
    label = f"--label com.docker.compose.project={project.name}"
    one = f"docker create {label} --label com.docker.compose.service=storm {BASE_IMAGE} true"
    script = f"""
    for turn in 1 2 3 4 5; do
        for number in $(seq 40); do {one} & done; wait
        docker ps --all --quiet --filter label=com.docker.compose.service=storm |
            xargs docker rm --force >/dev/null
    done
    """
    with console(project, tmp_path) as it:
        it.wait_for("2 of 2 running")
        storm = threading.Thread(
            target=lambda: project.engine.run(["sh", "-c", script], timeout=5 * PATIENCE),
            daemon=True,
        )
        storm.start()
        it.wait_for("storm")
        answered = False
        while storm.is_alive():
            it.read(0.3)
            answers_keys(it)
            answered = answered or storm.is_alive()
        assert answered, "keys wait for no storm to be over"
        it.wait_for(lambda text: "storm" not in text.partition("4 Events")[0])
        it.wait_for("2 of 2 running")


def test_a_service_that_crashes_every_second_is_said_to(stack: Stack, tmp_path: Path) -> None:
    project = stack(CRASHING, up=False)
    project.compose("up", "--detach")
    with console(project, tmp_path) as it:
        it.wait_for("started again")
        it.wait_for("exited with exit code 3")
        it.wait_for(lambda text: re.search(r"crash .*(restart|again and again)", text))
        answers_keys(it)


def test_endless_lines_and_bytes_that_are_no_text_are_shown_as_text(
    stack: Stack, tmp_path: Path
) -> None:
    project = stack(BINARY)
    with console(project, tmp_path) as it:
        it.wait_for("after all of it")
        it.wait_for("caf\N{REPLACEMENT CHARACTER}")
        it.wait_for("xxxxxxxx")
        assert "nul ␀ and bell ␇ in it" in it.text
        it.press("2/after\r")
        it.wait_for("“after” 1 of 1")
        it.press("g\x1b[C\x1b[C")
        it.wait_for(lambda text: "after all" not in text)  # scrolled sideways
    # The toolkit ends a sequence of its own with it, for the shape of the mouse pointer.
    assert b"\x07" not in re.sub(rb"\x1b\]22;[a-z-]*\x07", b"", it.raw)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give its rights away")
def test_a_socket_that_refuses_names_the_group_to_join(stack: Stack, tmp_path: Path) -> None:
    project = stack(COUNTING, up=False)
    path = project.engine.host.removeprefix("unix://")
    before = Path(path).stat()
    os.chown(path, 65534, 65534)
    try:
        with program(
            "-p", project.name, home=tmp_path, size=(120, 36), cwd=project.directory,
            environment={"DOCKER_HOST": project.engine.host}, script=WITHOUT_RIGHTS,
        ) as it:  # fmt: skip
            it.wait_for("can't use the Docker socket")
            it.wait_for(f"usermod -aG {grp.getgrgid(65534).gr_name}")
            it.press("q")
            assert it.wait_exit() == 0
    finally:
        os.chown(path, before.st_uid, before.st_gid)


class _Listener(ThreadingMixIn, UnixStreamServer):
    daemon_threads = True


class _Other(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<html>It works!</html>")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass

    def address_string(self) -> str:
        return "local"


def test_something_else_that_listens_is_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "other.sock"
    with _Listener(str(path), _Other) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with program("--host", f"unix://{path}", home=tmp_path, size=(120, 36)) as it:
            it.wait_for("Is this the address of a Docker daemon?")
            it.press("q")
            assert it.wait_exit() == 0
        server.shutdown()


def test_a_socket_without_anybody_behind_it_says_what_to_start(tmp_path: Path) -> None:
    path = tmp_path / "dead.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    with program("--host", f"unix://{path}", home=tmp_path, size=(120, 36)) as it:
        it.wait_for("The Docker daemon is not listening")
        it.press("q")
        assert it.wait_exit() == 0


def test_a_terminal_that_is_held_loses_no_line(stack: Stack, tmp_path: Path) -> None:
    """Ctrl+S holds the terminal: what the console writes is not taken until Ctrl+Q."""
    project = stack(COUNTING.replace("usleep 100000", "usleep 1000"))

    def said() -> int:
        return int(project.logs("count", 1)[-1].split()[-1].rstrip("."))

    with console(project, tmp_path) as it:
        it.wait_for("line ")
        it.press("2z")
        it.wait_for(lambda text: "1 Services" not in text)
        held = said()
        eventually(lambda: said() > held + 2000)  # and nobody takes what is painted
        goal = said()
        it.wait_for(lambda text: max(map(int, re.findall(r"line (\d+)\.", text))) >= goal)
        it.press("&line\r")  # what a filter leaves is written from what was followed
        it.wait_for("only")
        it.press("e")
        it.wait_for("Export")
        path = tmp_path / "kept.log"
        it.press("\x15" + str(path) + "\r")  # Ctrl+U: another name than the one proposed
        eventually(lambda: path.exists() and f"line {goal}." in path.read_text())
    numbers = [int(found) for found in re.findall(r"line (\d+)\.", path.read_text())]
    assert numbers == list(range(numbers[0], numbers[-1] + 1)), "no line is lost, none is doubled"
