"""Reads the impact of a candidate from compose, the engine and the current file."""

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Final

from pixel_tui.environment.apply.candidate_cache import CandidateCache
from pixel_tui.environment.apply.impact import Impact
from pixel_tui.environment.apply.impact_finding import NO_CONTAINERS, find_impact
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
    """Return a client for the engine of a compose command."""
    return DockerEngine(endpoint_of(command, environment))


class ImpactReader:
    """Reads what a candidate would change. Every method blocks.

    Args:
        command: The compose command of the project.
        environment: The environment variables of this process.
        state_folder: The state folder of this user, with the records of builds.
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
        """Return what this content would change; always runs compose.

        Raises:
            ComposeError: Compose failed.
            FileError: The file can't be read, or the candidate can't be passed to compose.
        """
        return self._read(content, self._cache.refresh)

    def read(self, content: bytes) -> Impact:
        """Return what this content would change; runs compose unless its result is cached.

        Raises:
            ComposeError: Compose failed.
            FileError: The file can't be read, or the candidate can't be passed to compose.
        """
        return self._read(content, self._cache.read)

    def _read(self, content: bytes, ask: Callable[[bytes | None], CandidateReading]) -> Impact:
        state = read_file(self.path)
        current_data = state.data if state.exists else None
        with ThreadPoolExecutor(max_workers=1) as pool:
            future = pool.submit(ask, current_data)
            candidate = ask(content)
            current = future.result()
        if candidate.refusal:
            return find_impact(candidate, current, NO_CONTAINERS, ())
        changed, overridden = changed_keys(current_data or b"", content), self._overridden()
        try:
            running, volumes, wrong = self._running(candidate, current)
        except EngineError as error:
            impact = find_impact(candidate, current, NO_CONTAINERS, changed, overridden=overridden)
            message = plain(f"Docker can't be asked for its containers: {error.what}")
            warnings = (*impact.warnings, message)
            return replace(impact, warnings=warnings)
        return find_impact(candidate, current, running, changed, volumes, overridden, wrong)

    def with_attached(self, impact: Impact) -> Impact:
        """Return the impact with the containers that are on its networks now."""
        return replace(impact, networks=self._attached(impact.networks))

    def recreated_networks(self, left: ApplyState, project: Project | None) -> tuple[Diverged, ...]:
        """Return the networks that an apply recreated, with the containers on them."""
        resources = project.resources if project is not None else ()
        keys = {str(item.name): item.key for item in resources if item.kind is _NETWORK}
        return self._attached(
            [Diverged(_NETWORK, keys.get(name, NO_TEXT), plain(name)) for name in left.networks],
            left.networks,
        )

    def _attached(
        self, networks: Sequence[Diverged], before: Mapping[str, str] = NO_NETWORKS
    ) -> tuple[Diverged, ...]:
        """Return the networks with their containers, without missing and unchanged networks."""
        if not networks:
            return ()
        engine = engine_of(self._command, self._environment)
        try:
            if before:
                current_data = {
                    item.name: Node(engine.network(item.name))["Id"].raw for item in networks
                }
                recreated = {
                    name for name in current_data if current_data[name] not in {"", before[name]}
                }
                networks = [item for item in networks if item.name in recreated]
            return tuple(with_attached(engine, item, {}) for item in networks)
        except EngineError as error:
            return tuple(replace(item, unread=error.sentence) for item in networks)
        finally:
            engine.close()

    def _overridden(self) -> frozenset[str]:
        """Return the keys that a later environment file sets.

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
            # The containers have the current project name, even if the candidate changes it.
            name = current.project or self._command.project or candidate.project
            records = build_records(self._command, self._state_folder).read()
            running = read_running(engine, name, built=built, records=records, file=self.path)
            # Read only if it matters: hardly any file changes a volume.
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
    """The readers of a project's environment files, one per file.

    The save dialog and the facts of plans share them, so that compose runs only once for a
    candidate that is saved.

    Args:
        environment: The environment variables of this process.
        state_folder: The state folder of this user.
    """

    def __init__(self, environment: Mapping[str, str], state_folder: Path) -> None:
        self._environment = environment
        self._state_folder = state_folder
        self._lock = threading.Lock()
        self._readers: dict[Path, ImpactReader] = {}

    def of(self, command: ComposeCommand) -> ImpactReader:
        """Return the reader of the file that a command edits."""
        with self._lock:
            path = command.edited_env
            if path not in self._readers:
                self._readers[path] = ImpactReader(command, self._environment, self._state_folder)
            return self._readers[path]


def _images(reading: CandidateReading) -> set[str]:
    return {item.image for item in reading.services.values() if item.image}


def _volumes(reading: CandidateReading) -> list[Resource]:
    return [item for item in reading.resources if item.kind is ResourceKind.VOLUME]
