"""A new environment stays where it works and somebody says so in time; else all is as before."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pixel_tui.environment.apply.state import ApplyFiles, Confirmation, Phase
from pixel_tui.environment.apply.wanted import Ending
from pixel_tui.environment.apply.worker import worker_argv
from pixel_tui.environment.storage.staging import Staging, digest
from pixel_tui.stack.compose.build_records import build_records
from pixel_tui.stack.compose.command import ComposeCommand
from tests.engine.fixtures import MakeProject
from tests.engine.private_engine import Engine, Project, unique_name
from tests.patience import PATIENCE

pytestmark = pytest.mark.engine

YAML = """
services:
  api:
    image: pixel-tui-test:latest
    env_file: .env
    command: [sleep, "600"]
    stop_grace_period: 0s
    healthcheck:
      test: [CMD-SHELL, '[ "$$MODE" = good ]']
      interval: 1s
      timeout: 2s
      retries: 1
  web:
    build: {context: ., args: {NEXT_PUBLIC_API_URL: "${NEXT_PUBLIC_API_URL}"}}
    command: [sleep, "600"]
    stop_grace_period: 0s
    healthcheck: {test: [CMD, "true"], interval: 1s}
  other:
    image: pixel-tui-test:latest
    command: [sleep, "600"]
    stop_grace_period: 0s
"""
DOCKERFILE = (
    "FROM pixel-tui-test:latest\nARG NEXT_PUBLIC_API_URL\nRUN echo $NEXT_PUBLIC_API_URL > /u\n"
)
BEFORE = b"MODE=good # as it was\nSECRET_KEY=first-value\nNEXT_PUBLIC_API_URL=http://a\n"
GOOD = BEFORE.replace(b"first", b"second").replace(b"//a", b"//b")
BAD = BEFORE.replace(b"good", b"bad")


def eventually(
    check: Callable[[], object], what: str, of: "subprocess.Popen[str] | None" = None
) -> None:
    """Wait for a condition; a program that ended early says why."""
    end = time.monotonic() + PATIENCE
    while not check():
        if of is not None and of.poll() is not None:
            pytest.fail(f"it ended before {what}: {of.communicate()[0]}")
        assert time.monotonic() < end, f"not in time: {what}"
        time.sleep(0.05)


class Bench:
    """A project that runs, and the program that applies to it."""

    def __init__(self, engine: Engine, project: Project, state: Path) -> None:
        self.engine, self.project, self.state = engine, project, state
        self.file = project.directory / ".env"
        self.started: list[subprocess.Popen[str]] = []

    @property
    def confirmation(self) -> Confirmation:
        return Confirmation(self.state / "pixel-tui", self.project.directory)

    @property
    def files(self) -> ApplyFiles:
        return ApplyFiles(self.state / "pixel-tui", self.project.directory)

    def phase(self) -> Phase | None:
        state = self.files.read()
        return state.phase if state else None

    def start(self, content: bytes, *words: str, within: float = 60) -> "subprocess.Popen[str]":
        staged = Staging(self.state / "pixel-tui", self.project.directory).stage(
            content, base=digest(BEFORE)
        )
        was = hashlib.sha256(self.file.read_bytes()).hexdigest()
        return self.run("apply", staged, "--was", was, "--within", str(within), *words)

    def run(self, *words: str) -> "subprocess.Popen[str]":
        command = ComposeCommand(directory=str(self.project.directory))
        process = subprocess.Popen(
            worker_argv(command, self.project.name, *words),
            env={**os.environ, **self.engine.env, "XDG_STATE_HOME": str(self.state)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.started.append(process)
        return process

    def console(self, *words: str, confirm_seconds: int = 60) -> "subprocess.Popen[str]":
        """`pixel-tui run`, as from a shell."""
        config = self.state / "settings.toml"
        config.parent.mkdir(exist_ok=True)
        config.write_text(f"confirm_seconds = {confirm_seconds}\n")
        return self._pixel_tui("run", *words, PIXEL_TUI_CONFIG=str(config))

    def shell(self, *words: str) -> tuple[int, str]:
        """Another command of the shell: its exit code, and what it says."""
        process = self._pixel_tui(*words)
        output, _ = process.communicate(timeout=PATIENCE)
        return process.returncode, output

    def _pixel_tui(self, *words: str, **environment: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-m", "pixel_tui", "-C", str(self.project.directory), *words],
            env={
                **os.environ,
                **self.engine.env,
                "XDG_STATE_HOME": str(self.state),
                "PIXEL_TUI_LOCKS": str(self.state),
                **environment,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.started.append(process)
        return process

    def ending(self, process: "subprocess.Popen[str]", *said: str) -> Ending:
        output, _ = process.communicate(timeout=PATIENCE)
        assert "first-value" not in output
        assert "second-value" not in output
        for words in said:
            assert words in output, output
        return Ending(process.returncode)

    def variable(self, service: str, name: str) -> str:
        pairs = (item.partition("=") for item in self.project.inspect(service)["Config"]["Env"])
        return next((value for key, _, value in pairs if key == name), "")

    def image_file(self) -> str:
        return self.project.compose("exec", "-T", "web", "cat", "/u").stdout.strip()

    def require_as_before(self) -> None:
        assert self.file.read_bytes() == BEFORE
        assert self.variable("api", "SECRET_KEY") == "first-value"
        assert self.files.read() is None
        assert not list((self.state / "pixel-tui" / "environment").glob("apply-*"))


@pytest.fixture(scope="module")
def project(
    engine: Engine, base_image: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Project]:
    """One project for all of it: what an apply leaves is as before, or is put back by `up`."""
    name = unique_name("confirmed")
    directory = tmp_path_factory.mktemp("confirmed") / name
    directory.mkdir()
    (directory / "docker-compose.yml").write_text(YAML)
    (directory / "Dockerfile").write_text(DOCKERFILE)
    project = Project(engine, directory, name)
    yield project
    project.down()


@pytest.fixture
def bench(engine: Engine, project: Project, tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(engine, project, tmp_path / "state")
    if not bench.file.exists() or bench.file.read_bytes() != BEFORE:
        bench.file.write_bytes(BEFORE)
        project.compose("up", "--detach", "--wait", "--build")
    yield bench
    for process in bench.started:
        process.kill()
        process.wait()
        if process.stdout is not None:  # nobody wanted to know what it said
            process.stdout.close()


BOTH = ("--recreate", "api", "--rebuild", "web")


def test_what_is_confirmed_from_another_process_stays(bench: Bench) -> None:
    other = bench.project.container("other")
    process = bench.start(GOOD, *BOTH)
    eventually(bench.confirmation.waiting, "it waits to be confirmed", process)
    waiting = bench.confirmation.waiting()
    assert waiting is not None
    assert 0 < waiting.seconds <= 60
    assert bench.confirmation.confirm()
    assert bench.ending(process, "Confirm within 60 s", "Confirmed") is Ending.KEPT
    assert bench.file.read_bytes() == GOOD
    assert bench.variable("api", "SECRET_KEY") == "second-value"
    assert bench.image_file() == "http://b"
    command = ComposeCommand(directory=str(bench.project.directory))
    record = build_records(command, bench.state / "pixel-tui").read()
    built = record[bench.project.inspect("web")["Image"]]
    assert built.others({"NEXT_PUBLIC_API_URL": "http://b"}) == set()
    assert built.others({"NEXT_PUBLIC_API_URL": "http://a"}) == {"NEXT_PUBLIC_API_URL"}
    assert bench.project.container("other") == other
    assert not bench.confirmation.confirm()


def test_what_is_not_well_is_taken_back(bench: Bench) -> None:
    process = bench.start(BAD, "--recreate", "api")
    assert bench.ending(process, "api is unhealthy", "of before is back") is Ending.UNHEALTHY
    assert bench.variable("api", "MODE") == "good"
    bench.require_as_before()


def test_what_nobody_confirms_is_taken_back_with_its_images(bench: Bench) -> None:
    image = bench.project.inspect("web")["Image"]
    process = bench.start(GOOD, *BOTH, within=1)
    said = ("Nobody confirmed it within 1 s", "means the image of before")
    assert bench.ending(process, *said) is Ending.UNCONFIRMED
    assert bench.project.inspect("web")["Image"] == image
    assert bench.image_file() == "http://a"
    bench.require_as_before()


def test_what_is_cancelled_while_it_waits_is_taken_back(bench: Bench) -> None:
    process = bench.start(GOOD, "--recreate", "api")
    eventually(bench.confirmation.waiting, "it waits to be confirmed", process)
    os.killpg(process.pid, signal.SIGINT)
    assert bench.ending(process, "It is cancelled") is Ending.CANCELLED
    bench.require_as_before()


def test_a_file_that_somebody_changes_meanwhile_is_left_alone(bench: Bench) -> None:
    process = bench.start(GOOD, "--recreate", "api", within=2)
    eventually(bench.confirmation.waiting, "it waits to be confirmed", process)
    bench.file.write_bytes(b"MODE=good\n")
    assert bench.ending(process, "changed by somebody else") is Ending.LEFT
    assert bench.file.read_bytes() == b"MODE=good\n"


def test_what_compose_refuses_or_what_has_moved_is_never_saved(bench: Bench) -> None:
    refused = bench.start(b'MODE="never ended\n', "--recreate", "api")
    assert bench.ending(refused, "unterminated", "Nothing was saved") is Ending.NOTHING_DONE
    staged = Staging(bench.state / "pixel-tui", bench.project.directory).stage(
        GOOD, base=digest(BEFORE)
    )
    moved = bench.run("apply", staged, "--was", "0" * 64, "--recreate", "api")
    assert bench.ending(moved, "has changed since") is Ending.NOTHING_DONE
    saved = bench.run("save", staged, "--was", hashlib.sha256(BEFORE).hexdigest())
    assert bench.ending(saved, "read it back") is Ending.KEPT
    assert bench.file.read_bytes() == GOOD


def test_a_console_that_dies_takes_nothing_with_it(bench: Bench) -> None:
    staged = Staging(bench.state / "pixel-tui", bench.project.directory).stage(
        GOOD, base=digest(BEFORE)
    )
    console = bench.console("environment-apply", staged, "--yes", confirm_seconds=5)
    eventually(bench.confirmation.waiting, "it waits to be confirmed", console)
    os.killpg(console.pid, signal.SIGKILL)
    eventually(lambda: bench.files.read() is None, "it is taken back")
    eventually(lambda: [*bench.state.rglob("*.exit")], "its exit code is written")
    bench.require_as_before()
    later = bench.console("environment-apply", "f" * 16)
    output, _ = later.communicate(timeout=PATIENCE)
    assert "Save and apply .env abandoned" in output
    assert "ended with 4. The environment of before is back." in output


def test_what_died_with_its_console_is_offered_to_be_taken_back(bench: Bench) -> None:
    staged = Staging(bench.state / "pixel-tui", bench.project.directory).stage(
        GOOD, base=digest(BEFORE)
    )
    console = bench.console("environment-apply", staged, "--yes")
    eventually(bench.confirmation.waiting, "it waits to be confirmed", console)
    state = bench.files.read()
    assert state is not None
    assert state.process is not None
    os.killpg(console.pid, signal.SIGKILL)
    os.kill(state.process.pid, signal.SIGKILL)
    eventually(bench.confirmation.left, "it is left half done")
    refused = bench.start(BAD, "--recreate", "api")
    assert bench.ending(refused, "was not finished") is Ending.NOTHING_DONE
    later = bench.console("environment-roll-back", "--yes")
    output, _ = later.communicate(timeout=PATIENCE)
    assert "nobody has confirmed it. `environment-roll-back` puts back" in output
    assert later.returncode == 0, output
    bench.require_as_before()


def test_what_was_left_half_done_is_confirmed_once_it_is_done(bench: Bench) -> None:
    process = bench.start(GOOD, "--recreate", "api")
    eventually(bench.confirmation.waiting, "it waits to be confirmed", process)
    os.killpg(process.pid, signal.SIGKILL)
    eventually(bench.confirmation.left, "it is left half done")
    bench.project.compose("stop", "api")
    code, said = bench.shell("env", "confirm")
    assert code == 2, said
    assert ".env is saved, and did not reach api (exited)." in said
    assert "environment-roll-back" in said
    _, said = bench.shell("status")
    assert "An apply was left half done." in said
    assert "environment-roll-back" in said
    bench.project.compose("up", "--detach", "--wait", "--no-deps", "--force-recreate", "api")
    assert bench.shell("env", "confirm") == (0, "The new environment stays.\n")
    assert bench.files.read() is None


def test_a_job_that_is_confirmed_succeeds(bench: Bench) -> None:
    staged = Staging(bench.state / "pixel-tui", bench.project.directory).stage(
        GOOD, base=digest(BEFORE)
    )
    console = bench.console("environment-apply", staged, "--yes")
    eventually(bench.confirmation.waiting, "it waits to be confirmed", console)
    assert bench.confirmation.confirm()
    output, _ = console.communicate(timeout=PATIENCE)
    assert console.returncode == 0, output
    assert "its environment changes (NEXT_PUBLIC_API_URL and SECRET_KEY)" in output
    assert "succeeded" in output
    for text in (output, *(path.read_text() for path in bench.state.rglob("*.jsonl"))):
        assert "second-value" not in text


def test_what_shares_a_network_with_what_mounts_the_file_has_it_afterwards(
    engine: Engine, make_project: MakeProject, tmp_path: Path
) -> None:
    part = "{image: pixel-tui-test:latest, command: [sleep, '600'], stop_grace_period: 0s"
    project = make_project(
        f"services:\n  vpn: {part}, volumes: ['./.env:/e']}}\n"
        f"  app: {part}, network_mode: 'service:vpn', depends_on: [vpn]}}\n"
    )
    bench = Bench(engine, project, tmp_path / "state")
    bench.file.write_bytes(BEFORE)
    project.compose("up", "--detach", "--wait")

    def has_network() -> bool:
        return "eth0" in project.compose("exec", "-T", "app", "cat", "/proc/net/dev").stdout

    def is_mounted() -> bytes:
        return project.compose("exec", "-T", "vpn", "cat", "/e").stdout.encode()

    assert has_network()
    staged = Staging(bench.state / "pixel-tui", project.directory).stage(GOOD, base=digest(BEFORE))
    console = bench.console("environment-apply", staged, "--yes")
    eventually(bench.confirmation.waiting, "it waits to be confirmed", console)
    assert (is_mounted(), has_network()) == (GOOD, True)
    assert bench.confirmation.confirm()
    output, _ = console.communicate(timeout=PATIENCE)
    assert console.returncode == 0, output
    assert "it shares a namespace of vpn, which is restarted" in output
    staged = Staging(bench.state / "pixel-tui", project.directory).stage(BEFORE, base=digest(GOOD))
    console = bench.console("environment-apply", staged, "--yes", confirm_seconds=5)
    output, _ = console.communicate(timeout=PATIENCE)
    assert "Nobody confirmed it" in output
    assert (is_mounted(), has_network()) == (GOOD, True)
