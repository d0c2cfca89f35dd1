"""Where the impact of a candidate is read from: compose, the engine, and the file as it is."""

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Final

from pixel_tui.environment.apply.candidate_cache import CandidateCache
from pixel_tui.environment.apply.impact import Impact
from pixel_tui.environment.apply.impact_finding import NOTHING_RUNS, find_impact
from pixel_tui.environment.apply.state import ApplyState
from pixel_tui.environment.checks.layers import read_layers, set_values
from pixel_tui.environment.dotenv.changed_keys import changed_keys
from pixel_tui.environment.dotenv.document import DotenvDocument
from pixel_tui.environment.storage.file_state import read_file
from pixel_tui.errors import SINGLE_OBJECT_ERRORS, EngineError
from pixel_tui.stack.compose.build_records import build_records
from pixel_tui.stack.compose.candidate import CandidateReader
from pixel_tui.stack.compose.candidate_reading import CandidateReading
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.compose.project import ComposeProject
from pixel_tui.stack.engine.docker_engine import DockerEngine
from pixel_tui.stack.engine.endpoint import endpoint_of
from pixel_tui.stack.model.json_value import Node
from pixel_tui.stack.model.project import Project
from pixel_tui.stack.model.resource_model import Diverged, Resource, ResourceKind
from pixel_tui.stack.model.resources import config_hashes, with_attached
from pixel_tui.stack.watch.image_reading import invalid_images
from pixel_tui.stack.watch.running_services import RunningService, read_running
from pixel_tui.text import NO_TEXT, plain

NO_NETWORKS: Final[Mapping[str, str]] = {}
_NETWORK: Final = ResourceKind.NETWORK


def engine_of(command: ComposeCommand, environment: Mapping[str, str]) -> DockerEngine:
    """The engine that a compose command talks to."""
    return DockerEngine(endpoint_of(command, environment))


class ImpactReader:
    """Says what a candidate would change. Every method blocks.

    Args:
        command: How compose is called for the project.
        environment: The variables of this process.
        state_folder: Where this user's state is kept: what images were built with is there.
    """

    def __init__(
        self, command: ComposeCommand, environment: Mapping[str, str], state_folder: Path
    ) -> None:
        self._command = command
        self._state_folder = state_folder
        self._environment = environment
        project = ComposeProject(command, environment)
        self._reader = CandidateReader(project)
        self._cache = CandidateCache(self._reader.read, project.fingerprint)

    @property
    def path(self) -> Path:
        """The file that a candidate would replace."""
        return self._reader.path

    def preview(self, content: bytes) -> Impact:
        """Ask compose about this content: what it would change.

        Raises:
            ComposeError: Compose can't be asked.
            FileError: The file can't be read, or the candidate can't be passed to compose.
        """
        return self._read(content, self._cache.ask_again)

    def read(self, content: bytes) -> Impact:
        """What this content would change; compose is asked unless it was, and no file changed.

        Raises:
            ComposeError: Compose can't be asked.
            FileError: The file can't be read, or the candidate can't be passed to compose.
        """
        return self._read(content, self._cache.read)

    def _read(self, content: bytes, ask: Callable[[bytes | None], CandidateReading]) -> Impact:
        state = read_file(self.path)
        now = state.data if state.exists else None
        with ThreadPoolExecutor(max_workers=1) as pool:
            asked = pool.submit(ask, now)
            candidate = ask(content)
            current = asked.result()
        if candidate.refusal:
            return find_impact(candidate, current, NOTHING_RUNS, ())
        changed, overridden = changed_keys(now or b"", content), self._overridden()
        try:
            running, volumes, wrong = self._running(candidate, current)
        except EngineError as error:
            impact = find_impact(candidate, current, NOTHING_RUNS, changed, overridden=overridden)
            words = plain(f"Docker can't be asked for its containers: {error.what}")
            warnings = (*impact.warnings, words)
            return replace(impact, warnings=warnings)
        return find_impact(candidate, current, running, changed, volumes, overridden, wrong)

    def with_attached(self, impact: Impact) -> Impact:
        """With what is on the networks that it changes, now: that moves by itself."""
        return replace(impact, networks=self._attached(impact.networks))

    def left_networks(self, left: ApplyState, project: Project | None) -> tuple[Diverged, ...]:
        """The networks that an apply made again, with what is on them."""
        resources = project.resources if project is not None else ()
        keys = {str(item.name): item.key for item in resources if item.kind is _NETWORK}
        return self._attached(
            [Diverged(_NETWORK, keys.get(name, NO_TEXT), plain(name)) for name in left.networks],
            left.networks,
        )

    def _attached(
        self, networks: Sequence[Diverged], before: Mapping[str, str] = NO_NETWORKS
    ) -> tuple[Diverged, ...]:
        """These with what is on them, without those that are not there or still those of before."""
        if not networks:
            return ()
        engine = engine_of(self._command, self._environment)
        try:
            if before:
                now = {item.name: Node(engine.network(item.name))["Id"].raw for item in networks}
                again = {name for name in now if now[name] not in {"", before[name]}}
                networks = [item for item in networks if item.name in again]
            return tuple(with_attached(engine, item, {}) for item in networks)
        except EngineError as error:
            return tuple(replace(item, unread=error.sentence) for item in networks)
        finally:
            engine.close()

    def _overridden(self) -> frozenset[str]:
        """The keys that a later environment file sets.

        Raises:
            FileError: It can't be read.
        """
        paths = self._command.env_paths
        later = paths[paths.index(str(self.path)) + 1 :] if str(self.path) in paths else ()
        documents = (DotenvDocument.parse(read_file(Path(path)).data) for path in later)
        readings = read_layers(documents, self._environment)
        return frozenset().union(*map(set_values, readings))

    def _running(
        self, candidate: CandidateReading, current: CandidateReading
    ) -> tuple[Mapping[str, RunningService], Mapping[str, str] | None, frozenset[str]]:
        engine = engine_of(self._command, self._environment)
        built = {name for name, service in candidate.services.items() if service.build_arguments}
        try:
            # What runs has the name of before, whatever the candidate calls the project.
            name = current.project or self._command.project or candidate.project
            records = build_records(self._command, self._state_folder).read()
            running = read_running(engine, name, built=built, records=records, file=self.path)
            # Asked only where it matters: hardly any file changes a volume.
            volumes: Mapping[str, str] | None = {}
            if _volumes(candidate) != _volumes(current):
                try:
                    volumes = config_hashes(engine, ResourceKind.VOLUME)
                except SINGLE_OBJECT_ERRORS:
                    volumes = None
            wrong = invalid_images(engine, sorted(_images(candidate)))
        finally:
            engine.close()
        return running, volumes, wrong


class ImpactReaders:
    """The readers of a project's environment files, one each.

    The save dialog and the facts of plans share them, so that compose is not asked twice about a
    candidate that is saved.

    Args:
        environment: The variables of this process.
        state_folder: Where this user's state is kept.
    """

    def __init__(self, environment: Mapping[str, str], state_folder: Path) -> None:
        self._environment = environment
        self._state_folder = state_folder
        self._lock = threading.Lock()
        self._made: dict[Path, ImpactReader] = {}

    def of(self, command: ComposeCommand) -> ImpactReader:
        """The reader of the file that a command edits."""
        with self._lock:
            path = command.edited_env
            if path not in self._made:
                self._made[path] = ImpactReader(command, self._environment, self._state_folder)
            return self._made[path]


def _images(reading: CandidateReading) -> set[str]:
    return {item.image for item in reading.services.values() if item.image}


def _volumes(reading: CandidateReading) -> list[Resource]:
    return [item for item in reading.resources if item.kind is ResourceKind.VOLUME]
