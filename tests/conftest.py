"""What every test gets: the engine's fixtures, and a home of its own."""

# Imported before pytest does: it would do so in the middle of a garbage collection, and a
# second object that complains there would meet a module that is half imported.
import gc
import itertools
import os
import re
import signal
import time
import tracemalloc  # noqa: F401
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from pixel_tui.operations.audit import seal as audit_seal
from pixel_tui.redaction import redactor as redaction
from tests import own_threads
from tests.engine.private_engine import GIVEN_HOST
from tests.file_order import order_files
from tests.own_process import restored_process

# How long an example takes is the machine's affair and says nothing of the code.
settings.register_profile("calm", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# There a failure must be the change's: what chance finds is found, and kept, on other machines.
settings.register_profile("ci", settings.get_profile("calm"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "calm")

# A machine that is in use has an engine, a project, a time zone and habits of its own. They are
# put away before the first fixture is made: what a test did not make, it does not look at. Where no
# bytecode may be kept, each of the hundreds of programs that tests start would be compiled again.
FOREIGN = (
    "BUILDKIT_", "BUILDX_", "COLORTERM", "COLUMNS", "COMPOSE_", "DOCKER_", "EDITOR", "GIT_", "LC_",
    "LINES", "NO_COLOR", "PAGER", "PIXEL_TUI_", "PYTHONDONTWRITEBYTECODE", "STY", "TMUX", "VISUAL",
    "XDG_",
)  # fmt: skip
for name in [name for name in os.environ if name.startswith(FOREIGN) and name != GIVEN_HOST]:
    del os.environ[name]
os.environ |= {"LANG": "C.UTF-8", "TZ": "UTC"}
time.tzset()

# A shell that runs the tests in the background has them ignore Ctrl+C, and so would every
# program that a test starts and interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)
# And under `nohup` they would ignore that their terminal has gone.
signal.signal(signal.SIGHUP, signal.SIG_DFL)

pytest_plugins = ["tests.engine.fixtures"]


@pytest.fixture(autouse=True)
def _own_threads() -> None:
    """Tell the threads of a test from those that were there before."""
    own_threads.begin()


@pytest.fixture(autouse=True)
def _no_known_secrets() -> None:
    """Forget the secrets that the tests before have shown: they are no test's affair."""
    redaction.forget_secrets()


@pytest.fixture(autouse=True)
def _restored_process() -> Iterator[None]:
    """Leave nothing to the next test of what a called program changes in the process."""
    with restored_process():
        yield


@pytest.fixture(scope="session")
def _numbers() -> Iterator[int]:
    """Return numbers that no test has had."""
    return itertools.count()


@pytest.fixture
def tmp_path(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    _numbers: Iterator[int],
) -> Path:
    """Make an empty folder for one test.

    The number of the folder is counted. Pytest's own fixture reads all folders that there are to
    find a free one: with thousands, that costs more than most tests do.
    """
    name = re.sub(r"\W", "_", request.node.name)[:25]
    path = tmp_path_factory.getbasetemp() / f"{name}_{next(_numbers)}"
    path.mkdir(mode=0o700)
    return path


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the developer's own settings and state out, and away from, every test."""
    home = tmp_path.with_name(f"home_of_{tmp_path.name}")
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(audit_seal, "SYSLOG", tmp_path / "no-log")
    monkeypatch.setenv("PIXEL_TUI_LOCKS", str(tmp_path / "locks"))


def pytest_collection_finish() -> None:
    """Let the garbage collector pass over what lives until the end, and look less often.

    Without it, looking at all modules and collected tests is a third of what unit tests cost.
    A console freezes its modules too, but here that would keep what the tests before it left.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    setattr(gc, "freeze", lambda: None)  # noqa: B010  its type is that of a built-in


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order the files so that no process ends up alone at a long one."""
    files: dict[Path, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    counts = {path: len(tests) for path, tests in files.items()}
    items[:] = [item for path in order_files(counts, Path(__file__).parent) for item in files[path]]
