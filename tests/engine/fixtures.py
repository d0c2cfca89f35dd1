"""Fixtures on a real Docker Engine that belongs to the test run."""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import NoReturn, Protocol

import pytest

from pixel_tui.stack.watch.watcher import Watcher
from tests.builders.engine_readers import project_reader, watcher_of
from tests.engine.postgres_image import build_postgres_image, postgres_folder
from tests.engine.private_engine import (
    SANDBOX,
    Engine,
    EngineUnavailable,
    Project,
    eventually,
    private_engine,
    unique_name,
)


class MakeProject(Protocol):
    """Write a compose project; the test brings it up, the fixture takes it down."""

    def __call__(
        self, yaml_text: str, *, files: Mapping[str, str] | None = None, up: bool = False
    ) -> Project:
        """Return the project in its own folder, with `files` beside the compose file."""
        ...


Watch = Callable[[Project], Watcher]


def _without_engine(reason: str) -> NoReturn:
    """Skip, but never where nobody would see that it was skipped."""
    if os.environ.get("CI"):
        pytest.fail(f"no engine to test on: {reason}", pytrace=False)
    pytest.skip(f"no engine to test on: {reason}")


def _started() -> Engine:
    try:
        engine = private_engine()
    except EngineUnavailable as unavailable:
        _without_engine(str(unavailable))
    version = engine.compose(Path("/"), "version", check=False)
    if version.returncode:
        engine.close()
        _without_engine(f"no compose program: {version.stderr}")
    return engine


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """The engine that all tests share; a test leaves it as it was."""
    engine = _started()
    try:
        yield engine
    finally:
        engine.close()


@pytest.fixture(scope="module")
def spare_engine() -> Iterator[Engine]:
    """An engine for a module that stops, kills or freezes it; it holds the base image."""
    engine = _started()
    try:
        if engine.daemon is None:
            pytest.skip("the given engine is not the tests' to stop")
        engine.load_base_image()
        yield engine
    finally:
        engine.close()


@pytest.fixture(scope="session")
def base_image(engine: Engine) -> str:
    """The name of an image of busybox alone."""
    return engine.load_base_image()


@pytest.fixture(scope="session")
def postgres_image(engine: Engine, base_image: str) -> str:
    """The name of an image of Postgres, as it is installed here."""
    programs = postgres_folder()
    if programs is None:
        if os.environ.get("CI"):
            pytest.fail("Postgres is not installed: scripts/setup-engine does it", pytrace=False)
        pytest.skip("Postgres is not installed: scripts/setup-engine does it")
    return build_postgres_image(engine, programs)


@pytest.fixture
def make_project(engine: Engine, base_image: str, tmp_path: Path) -> Iterator[MakeProject]:
    """Make small compose projects that are removed after the test."""
    made: list[Project] = []

    def make(
        yaml_text: str, *, files: Mapping[str, str] | None = None, up: bool = False
    ) -> Project:
        name = unique_name("adhoc")
        directory = tmp_path / name
        directory.mkdir()
        for path, content in {"docker-compose.yml": yaml_text, **(files or {})}.items():
            target = directory / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(content)
        project = Project(engine, directory, name)
        made.append(project)
        if up:
            project.compose("up", "--detach", "--wait")
        return project

    try:
        yield make
    finally:
        for project in made:
            project.down()


@pytest.fixture
def watch() -> Iterator[Watch]:
    """Watch projects until the test ends; each is returned when its state is known."""
    with ExitStack() as watchers:

        def begin(project: Project) -> Watcher:
            watcher = watcher_of(project.engine, project_reader(project))
            watchers.callback(watcher.close)
            watcher.start()
            eventually(lambda: watcher.snapshot.complete or watcher.snapshot.project_trouble)
            return watcher

        yield begin


@pytest.fixture(scope="module")
def sandbox(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """The sandbox, up and healthy, under a name of its own; its quick probes cost half a core."""
    project = Project(engine, tmp_path_factory.mktemp("sandbox") / "pixel", unique_name("pixel"))
    shutil.copytree(
        SANDBOX, project.directory, ignore=shutil.ignore_patterns(".env", "data", "busybox")
    )
    settings = {
        "COMPOSE_PROJECT_NAME": project.name,
        "HEALTH_INTERVAL": "1s",
        "METRICS_MAX_AGE": "4",
    }
    if engine.daemon is None:  # the usual ports may be taken, so any free one
        settings |= dict.fromkeys(("API_PORT", "LANDING_PORT", "WEB_PORT", "AGENT_PORT"), "0")
        settings |= dict.fromkeys(("POSTGRES_PORT", "PGADMIN_PORT", "NGINX_PORT"), "0")
    lines = [f"{key}={value}\n" for key, value in settings.items()]
    example = (project.directory / ".env.example").read_text()
    (project.directory / ".env").write_text(f"{example}\n{''.join(lines)}")
    try:
        engine.run([str(project.directory / "up")], timeout=300)
        yield project
    finally:
        project.down()
