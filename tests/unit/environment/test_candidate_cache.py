"""Compose resolves a candidate once, from the save dialog to the plan."""

import os
import threading
from pathlib import Path

import pytest

from pixel_tui.console.live import live_parts
from pixel_tui.environment.apply.candidate_cache import MAX_READINGS, CandidateCache
from pixel_tui.environment.storage.staging import digest
from pixel_tui.errors import ComposeError
from pixel_tui.stack.compose.candidate_reading import CandidateReading
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.model.snapshot import EngineStatus, StackSnapshot
from pixel_tui.text import plain
from tests.builders.job import FakeObserver
from tests.builders.sessions import session

OLD, NEW = b"A=1\n", b"A=2\n"
COMPOSE = """#!/bin/sh
# Stands in for compose: notes the call with the candidate's content, and resolves nothing.
file=/dev/null
for word; do [ "$before" = --env-file ] && file=$word; before=$word; done
echo "$(cat "$file") $*" >> "$CALLS"
echo '{"name": "shop", "services": {}}'
"""


class Compose:
    """Records its calls."""

    def __init__(self, *refused: bytes | None) -> None:
        self.asked: list[bytes | None] = []
        self.files: list[tuple[str, int, int]] = [("compose.yaml", 1, 1)]
        self.refused = refused
        self.fails = False
        self.cache = CandidateCache(self.ask, lambda: self.files)

    def ask(self, content: bytes | None) -> CandidateReading:
        self.asked.append(content)
        if self.fails:
            raise ComposeError("It can't be run.")
        return CandidateReading(plain("refused" if content in self.refused else ""))


def test_a_content_is_resolved_once() -> None:
    compose = Compose()
    first = compose.cache.read(NEW)
    assert compose.cache.read(NEW) is first
    compose.cache.read(OLD)
    compose.cache.read(None)
    assert compose.asked == [NEW, OLD, None]


def test_it_is_resolved_again_after_a_file_of_the_project_changed() -> None:
    compose = Compose()
    compose.cache.read(NEW)
    compose.files = [("compose.yaml", 2, 1)]
    compose.cache.read(NEW)
    assert compose.asked == [NEW, NEW]


def test_a_refresh_replaces_the_cached_result() -> None:
    compose = Compose()
    first = compose.cache.read(NEW)
    again = compose.cache.refresh(NEW)
    assert again is not first
    assert compose.cache.read(NEW) is again


def test_a_refusal_and_a_failure_are_not_cached() -> None:
    compose = Compose(NEW)
    assert compose.cache.read(NEW).refusal
    compose.refused = ()
    assert not compose.cache.read(NEW).refusal
    compose.fails = True
    with pytest.raises(ComposeError):
        compose.cache.read(OLD)
    compose.fails = False
    compose.cache.read(OLD)
    assert compose.asked == [NEW, NEW, OLD, OLD]


def test_only_the_newest_results_are_cached() -> None:
    compose = Compose()
    contents = [str(number).encode() for number in range(MAX_READINGS + 1)]
    for content in (*contents, contents[-1], contents[0]):
        compose.cache.read(content)
    assert compose.asked == [*contents, contents[0]]


def test_a_second_thread_waits_for_the_same_result() -> None:
    asked, answered = threading.Event(), threading.Event()
    found: list[CandidateReading] = []

    def ask(_content: bytes | None) -> CandidateReading:
        assert not asked.is_set(), "compose is asked twice"
        asked.set()
        assert answered.wait(30)
        return CandidateReading()

    cache = CandidateCache(ask, list)
    threads = [threading.Thread(target=lambda: found.append(cache.read(NEW))) for _ in range(2)]
    threads[0].start()
    assert asked.wait(30)
    threads[1].start()
    answered.set()
    for thread in threads:
        thread.join(30)
    assert len(found) == 2
    assert found[0] is found[1]


def test_compose_resolves_a_candidate_once_from_the_save_dialog_to_the_plan(
    tmp_path: Path,
) -> None:
    program, calls, project = tmp_path / "compose", tmp_path / "calls", tmp_path / "project"
    program.write_text(COMPOSE)
    program.chmod(0o755)
    project.mkdir()
    (project / "compose.yaml").write_text("services: {}\n")
    (project / ".env").write_bytes(OLD)
    command = ComposeCommand(
        directory=str(project),
        project="shop",
        reader=(str(program),),
        environment={"CALLS": str(calls), "DOCKER_HOST": f"unix://{tmp_path}/no-engine"},
    )
    snapshot = StackSnapshot(EngineStatus(plain("x"), plain("x")))
    parts = live_parts(FakeObserver(snapshot), command, session(environment={"PATH": os.defpath}))
    workspace = parts.open_environment().workspace
    assert workspace is not None
    assert parts.operations is not None
    preview = workspace.preview_impact(NEW)
    candidate = workspace.stage(NEW, OLD)

    facts = parts.operations._read_facts(snapshot)

    (found,) = facts.environment.candidates
    assert (found.id, found.sha256) == (candidate, digest(NEW))
    assert found.impact == preview
    resolved = [line for line in calls.read_text().splitlines() if "config --format json" in line]
    assert sorted(line.split()[0] for line in resolved) == ["A=1", "A=2"]
