"""Reads the facts about the project's environment files."""

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from pixel_tui.clock import SystemClock
from pixel_tui.environment.apply.impact import Impact
from pixel_tui.environment.apply.impact_reading import ImpactReader, ImpactReaders
from pixel_tui.environment.apply.state import ApplyFiles
from pixel_tui.environment.storage.staging import CandidateGone, Staging, digest
from pixel_tui.environment.storage.store import EnvironmentStore
from pixel_tui.errors import ConsoleError
from pixel_tui.facts.background import BackgroundValue
from pixel_tui.operations.planning.environment_facts import Candidate, EnvironmentFacts
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.model.resource_model import Diverged
from pixel_tui.stack.model.snapshot import StackSnapshot
from pixel_tui.text import plain

PATIENCE_SECONDS: Final = 5.0
"""How long a plan waits for compose to resolve a candidate."""
FRESH_SECONDS: Final = 3600.0
"""A value is valid as long as its key, which is derived from its inputs."""
MAX_KEPT: Final = 8


class EnvironmentFactReader:
    """Reads the facts about the environment files for plans. Blocks.

    Args:
        command: How compose is called.
        environment: The variables of this process.
        state: This user's state folder.
        confirm_seconds: How long there is to confirm what was applied.
        impacts: Predicts the impact of candidates; a new one if None.
    """

    def __init__(
        self,
        command: ComposeCommand,
        environment: Mapping[str, str],
        state: Path,
        confirm_seconds: float,
        impacts: ImpactReaders | None = None,
    ) -> None:
        self._confirm_seconds = confirm_seconds
        impacts = impacts or ImpactReaders(environment, state)
        # The file that is edited by default comes first.
        self._readers = tuple(
            _FileFactReader(each, state, impacts.of(each)) for each in reversed(command.each_edited)
        )

    def read(self, snapshot: StackSnapshot) -> EnvironmentFacts:
        """Read the facts, waiting for compose to resolve the newest candidates."""
        facts, *others = [reader.read(snapshot) for reader in self._readers]
        return replace(facts, others=tuple(others), confirm_seconds=self._confirm_seconds)


class _FileFactReader:
    """Reads the facts about one file."""

    def __init__(self, command: ComposeCommand, state: Path, impact: ImpactReader) -> None:
        self._command = command
        self._impact = impact
        self._state = state
        self._staging = Staging(state, command.env_mark, command.edited)
        self._impacts: dict[str, BackgroundValue[Impact | None]] = {}
        self._lock = threading.Lock()

    def read(self, snapshot: StackSnapshot) -> EnvironmentFacts:
        """Read the facts, waiting for compose to resolve the newest candidate."""
        directory = Path(self._command.directory)
        path = self._command.edited_env
        if not directory.is_dir():
            words = f"The project's folder is not on this machine: {directory}."
            return EnvironmentFacts(trouble=plain(words))
        store = EnvironmentStore(self._state, SystemClock())
        try:
            state = store.read(path)
            versions = store.history(path).versions()
            left = ApplyFiles(self._state, self._command.env_mark).interrupted()
            networks: tuple[Diverged, ...] = ()
            if left is not None and left.changed_containers:
                networks = self._impact.recreated_networks(left, snapshot.project)
            candidates = self._candidates(state.sha256, snapshot)
        except ConsoleError as error:
            return EnvironmentFacts(path=plain(str(path)), trouble=plain(str(error)))
        return EnvironmentFacts(
            path=plain(str(path)),
            target=str(state.target),
            edited=self._command.edited,
            sha256=state.sha256,
            trouble=plain(""),
            candidates=candidates,
            versions=versions,
            interrupted_apply=left,
            interrupted_networks=networks,
        )

    def _candidates(self, sha256: str, snapshot: StackSnapshot) -> tuple[Candidate, ...]:
        """Read the staged candidates, waiting for compose only for the newest."""
        found: list[Candidate] = []
        for candidate_id in self._staging.ids():
            with suppress(CandidateGone):  # saved or discarded meanwhile
                found.append(self._candidate(candidate_id, sha256, snapshot, wait=not found))
        return tuple(found)

    def _candidate(
        self, candidate_id: str, sha256: str, snapshot: StackSnapshot, *, wait: bool
    ) -> Candidate:
        content = self._staging.read(candidate_id)
        key = digest(repr((candidate_id, sha256, _impact_inputs(snapshot))).encode())
        value = self._impact_value(key)
        if wait:
            value.refresh(self._impact_reader(content))
        deadline = SystemClock().monotonic() + (PATIENCE_SECONDS if wait else 0.0)
        impact = value.get(deadline)
        if wait and impact is not None:
            impact = self._impact.with_attached(impact)
        return Candidate(
            id=candidate_id,
            sha256=digest(content),
            impact=impact,
            file=str(self._staging.path(candidate_id)),
            base=self._staging.base(candidate_id),
        )

    def _impact_reader(self, content: bytes) -> Callable[[], Impact | None]:
        return lambda: self._impact.read(content)

    def _impact_value(self, key: str) -> BackgroundValue[Impact | None]:
        with self._lock:
            nothing: Impact | None = None
            found = self._impacts.pop(key, None)
            self._impacts[key] = found or BackgroundValue(nothing, SystemClock(), FRESH_SECONDS)
            for old in list(self._impacts)[:-MAX_KEPT]:
                del self._impacts[old]
            return self._impacts[key]


def _impact_inputs(snapshot: StackSnapshot) -> list[object]:
    """Return what an impact depends on besides the two files, as part of its key."""
    specs = snapshot.project.services if snapshot.project else ()
    return [
        [[spec.name, spec.config_hash] for spec in specs],
        [
            [item.id, item.config_hash, item.running]
            for service in snapshot.services
            for item in service.containers
        ],
    ]
