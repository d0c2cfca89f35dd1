"""A command in a terminal that is told to end while docker works for it, on a real engine."""

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Final

import psutil
import pytest

from tests.engine.fixtures import MakeProject
from tests.engine.private_engine import Engine, eventually
from tests.terminal.gated_docker import GatedDocker
from tests.terminal.program import Program, program

pytestmark = [pytest.mark.terminal, pytest.mark.engine]

CLOSED: Final = 129
ENDINGS: dict[str, tuple[Callable[[Program], None], int]] = {
    "SIGTERM": (lambda it: it.signal(signal.SIGTERM), 143),
    "Ctrl+C": (lambda it: it.press("\x03"), 130),
    "closed": (lambda it: it.hang_up(), CLOSED),
}


@pytest.mark.parametrize(("end", "code"), ENDINGS.values(), ids=ENDINGS)
def test_what_docker_does_for_it_ends_with_it(
    engine: Engine,
    make_project: MakeProject,
    tmp_path: Path,
    end: Callable[[Program], None],
    code: int,
) -> None:
    project = make_project("services: {app: {image: 'pixel-tui-test:latest'}}\n")
    docker = GatedDocker(tmp_path / "gated", engine, gates=("version",), quiet=True)
    with program(
        "doctor", home=tmp_path, cwd=project.directory, environment=docker.environment
    ) as it:
        docker.wait_at("version")
        started = psutil.Process(it.pid).children(recursive=True)
        assert started
        end(it)
        assert eventually(it.exit_code) == code
        if code != CLOSED:
            it.wait_exit()
            assert it.text.strip() in {"", "^C"}
    eventually(lambda: not any(goes_on(process) for process in started))


def goes_on(process: psutil.Process) -> bool:
    """Whether it runs; what nobody has waited for yet does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
