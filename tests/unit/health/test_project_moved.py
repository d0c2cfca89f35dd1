"""An open project while `COMPOSE_FILE` in a `.env` is changed to another one."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pixel_tui.errors import ProjectMissing
from pixel_tui.health.finding import Severity
from pixel_tui.health.stack_findings import stack_findings
from pixel_tui.stack.compose.find import find_command
from pixel_tui.stack.compose.project import ComposeProject
from pixel_tui.stack.model.parse_project import parse_project
from pixel_tui.text import plain
from tests.builders.findings import project_of, stack

Open = Callable[..., ComposeProject]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to start in, and two folders beside it with a compose file each."""
    for name in ("start", "old", "new"):
        (tmp_path / name).mkdir()
    for name in ("old", "new"):
        (tmp_path / name / "compose.yml").write_text("services: {}\n")
    monkeypatch.chdir(tmp_path / "start")
    set_compose_file(tmp_path, "../old/compose.yml")
    return tmp_path


@pytest.fixture
def opened(place: Path) -> Open:
    """Opens the project as in a shell in the folder, with a compose that accepts any project."""

    def open_it(**named: object) -> ComposeProject:
        (place / "model.json").write_text(json.dumps({"name": "shop", "services": {}}))
        program = place / "docker-compose"
        program.write_text(f"#!/bin/sh\nexec /bin/cat {place}/model.json\n")
        program.chmod(0o755)
        exported = named.pop("exported", "")
        environment = {"PATH": str(place), **({"COMPOSE_FILE": str(exported)} if exported else {})}
        return ComposeProject(find_command(environment, **named), environment)  # type: ignore[arg-type]

    return open_it


def set_compose_file(place: Path, files: str) -> None:
    (place / "start" / ".env").write_text(f"COMPOSE_FILE={files}\n" if files else "A=1\n")


def test_another_folder_is_reported_until_it_is_the_old_one_again(
    place: Path, opened: Open
) -> None:
    project = opened()
    assert project.resolve().moved == ""
    before = project.fingerprint()
    set_compose_file(place, "../new/compose.yml")
    assert project.fingerprint() != before
    resolved = project.resolve()
    assert resolved.moved == str(place / "new" / "compose.yml")
    assert parse_project(resolved, {}).moved == resolved.moved
    assert resolved.files == (str(place / "old" / "compose.yml"),)
    set_compose_file(place, "../old/compose.yml")
    assert project.resolve().moved == ""


def test_a_first_file_in_another_folder_is_reported(place: Path, opened: Open) -> None:
    (place / "start" / "compose.yml").write_text("services: {}\n")
    (place / "start" / "other.yml").write_text("services: {}\n")
    set_compose_file(place, "")
    project = opened()
    set_compose_file(place, "other.yml")
    assert project.resolve().moved == ""  # compose follows this change
    set_compose_file(place, "../new/compose.yml")
    assert project.resolve().moved == str(place / "new" / "compose.yml")


def test_a_folder_without_an_env_file_is_watched_for_one(place: Path, opened: Open) -> None:
    (place / "start" / ".env").unlink()
    (place / "compose.yml").write_text("services: {}\n")
    project = opened()
    assert project.command.directory == str(place)
    before = project.fingerprint()
    set_compose_file(place, "../new/compose.yml")
    assert project.fingerprint() != before
    assert project.resolve().moved == str(place / "new" / "compose.yml")


@pytest.mark.parametrize("named", [{"files": ["../old/compose.yml"]}, {"exported": "x"}])
def test_a_project_with_named_files_does_not_move(
    place: Path, opened: Open, named: dict[str, object]
) -> None:
    if "exported" in named:
        named = {"exported": place / "old" / "compose.yml"}
    project = opened(**named)
    set_compose_file(place, "../new/compose.yml")
    assert project.resolve().moved == ""


def test_a_removed_old_file_is_an_error_with_a_fix(place: Path, opened: Open) -> None:
    project = opened()
    (place / "old" / "compose.yml").unlink()
    with pytest.raises(ProjectMissing) as raised:
        project.resolve()
    assert "Check -f" in str(raised.value.hint)
    set_compose_file(place, "../new/compose.yml")
    with pytest.raises(ProjectMissing) as raised:
        project.resolve()
    assert "Restart pixel-tui" in str(raised.value.hint)
    assert str(place / "new" / "compose.yml") in str(raised.value.hint)


def test_the_finding_has_the_open_files_and_the_fix() -> None:
    project = replace(
        project_of(), files=(plain("/srv/old/compose.yml"),), moved=plain("/srv/new/compose.yml")
    )
    (finding,) = stack_findings(replace(stack(), project=project))
    assert finding.severity is Severity.WARNING
    assert "/srv/new/compose.yml, but" in finding.what
    assert "/srv/old/compose.yml" in finding.what
    assert "Restart pixel-tui" in finding.hint
