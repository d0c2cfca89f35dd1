"""The stacks that are measured: so many services that do nothing, one that logs when asked."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psutil

from tests.engine.private_engine import (
    BASE_IMAGE,
    CommandFailed,
    Engine,
    Project,
    private_engine,
    unique_name,
)

TALKER: Final = "svc-001"
"""The service that logs when asked; the first row, on which the cursor starts."""

# It copies what is written to a pipe, so that nothing at all happens while nobody writes.
_TALK: Final = "while :; do cat /pipes/log; done"
_WRITER: Final = """
import sys, time
path, rate = sys.argv[1], int(sys.argv[2])
text = "GET /api/v1/things/{:07d} 200 in 12 ms, from 10.0.0.1, agent=benchmark, cache=miss\\n"
with open(path, "w", buffering=1 << 16) as pipe:
    start, sent = time.monotonic(), 0
    while True:
        due = int((time.monotonic() - start) * rate)
        pipe.write("".join(text.format(number) for number in range(sent, due)))
        pipe.flush()
        sent = due
        time.sleep(0.02)
"""
_OTHERS_VARIABLES: Final = ("NO_COLOR", "TEXTUAL", "PIXEL_TUI_", "PYTHON", "TMUX", "STY")


class Stack:
    """A compose project on an engine, and the environment of a console that looks at it.

    Args:
        engine: The engine.
        folder: An empty folder.
        services: The services, as compose wants them.
    """

    def __init__(
        self, engine: Engine, folder: Path, services: Mapping[str, Mapping[str, object]]
    ) -> None:
        self.project = Project(engine, folder / "stack", unique_name("bench"))
        self.home = folder / "home"
        self.pipe = folder / "pipes" / "log"
        self.project.directory.mkdir(parents=True)
        self.pipe.parent.mkdir()
        os.mkfifo(self.pipe)
        # Compose reads JSON too, as it is YAML.
        text = json.dumps({"services": services}, indent=2)
        (self.project.directory / "docker-compose.yml").write_text(text)
        foreign = {name for name in engine.env if name.startswith(_OTHERS_VARIABLES)}
        self.env = {key: value for key, value in engine.env.items() if key not in foreign}
        self.env |= {
            "LANG": "C.UTF-8",
            "LC_ALL": "C.UTF-8",
            "XDG_CONFIG_HOME": str(self.home / "config"),
            "XDG_STATE_HOME": str(self.home / "state"),
            "PIXEL_TUI_LOCKS": str(self.home / "locks"),
        }
        self.up_at = 0.0

    @property
    def engine(self) -> Engine:
        """The engine that it runs on."""
        return self.project.engine

    @property
    def arguments(self) -> list[str]:
        """The console's arguments."""
        return ["--project-name", self.project.name]

    def up(self) -> None:
        """Start all services."""
        self.project.compose(
            "up", "--detach", "--wait", timeout=900, env={"COMPOSE_PARALLEL_LIMIT": "8"}
        )
        self.up_at = time.monotonic()

    def down(self) -> None:
        """Remove all services."""
        self.project.compose("down", "--volumes", "--remove-orphans", "--timeout", "0", timeout=900)

    @contextmanager
    def talking(self, lines_per_second: int) -> Iterator[None]:
        """Let the talker log at this rate."""
        writer = subprocess.Popen(
            [sys.executable, "-c", _WRITER, str(self.pipe), str(lines_per_second)],
            stderr=subprocess.DEVNULL,
        )
        try:
            yield
        finally:
            writer.kill()
            writer.wait()


def quiet_services(count: int, pipes: str) -> dict[str, dict[str, object]]:
    """Services that do nothing, the first of them the talker.

    Args:
        count: How many.
        pipes: The folder of the pipe that the talker copies to its log.
    """
    quiet: dict[str, object] = {
        "image": BASE_IMAGE,
        "command": ["sleep", "1000000000"],
        "restart": "unless-stopped",
    }
    services = {f"svc-{number:03}": dict(quiet) for number in range(1, count + 1)}
    services[TALKER] |= {
        "command": ["sh", "-c", _TALK],
        "volumes": [f"{pipes}:/pipes"],
        "logging": {"driver": "json-file", "options": {"max-size": "10m", "max-file": "2"}},
    }
    return services


ServicesOf = Callable[[str], Mapping[str, Mapping[str, object]]]
"""From the folder of the talker's pipe to the services."""


@contextmanager
def running_stack(engine: Engine, services: ServicesOf) -> Iterator[Stack]:
    """Bring a stack up, and remove it afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="pixel-tui-bench-", dir="/tmp"))
    try:
        stack = Stack(engine, folder, services(str(folder / "pipes")))
        try:
            stack.up()
            yield stack
        finally:
            stack.down()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def measured_engine() -> Iterator[Engine]:
    """An engine of its own with the base image in it.

    Raises:
        EngineUnavailable: None can be had here.
        CommandFailed: There is no compose program.
    """
    engine = private_engine()
    try:
        version = engine.compose(Path("/"), "version", check=False)
        if version.returncode:
            raise CommandFailed(version)
        engine.load_base_image()
        yield engine
    finally:
        engine.close()


def engine_processes(engine: Engine) -> list[psutil.Process]:
    """The engine's dockerd and containerd; none where the engine was given."""
    if engine.daemon is None:
        return []
    dockerd = engine.daemon.process
    return [dockerd, *(item for item in dockerd.children() if item.name() == "containerd")]


def console_argv() -> list[str]:
    """The console as it is installed beside this Python."""
    program = Path(sys.executable).with_name("pixel-tui")
    return [str(program)] if program.exists() else [sys.executable, "-m", "pixel_tui"]
