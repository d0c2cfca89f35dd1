"""The files of a project that compose reads."""

import os
from pathlib import Path

import pytest

from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.compose.project import ComposeProject
from pixel_tui.stack.compose.project_files import find_project_files


def write(folder: Path, **files: str) -> None:
    for name, content in files.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


def names(folder: Path, paths: tuple[Path, ...]) -> list[str]:
    return [str(path.relative_to(folder)) for path in paths]


def test_each_kind_of_file_is_distinguished(tmp_path: Path) -> None:
    write(
        tmp_path,
        compose_yml="include: [sub/i.yml]\nservices: {a: {extends: {file: e.yml, service: e},"
        " env_file: [{path: a.env, required: false}]}}\nsecrets: {s: {file: s.txt}}\n",
        compose_override_yml="services: {a: {label_file: l.txt}}",
        sub__i_yml="services: {i: {env_file: i.env}}",
        e_yml="services: {e: {image: x}}",
    )
    found = find_project_files(ComposeCommand(directory=str(tmp_path)), {})
    assert names(tmp_path, found.compose) == ["compose.yml", "compose.override.yml"]
    assert sorted(names(tmp_path, found.parts)) == ["e.yml", "sub/i.yml"]
    assert names(tmp_path, found.environment) == [".env", "sub/.env"]
    assert sorted(names(tmp_path, found.services)) == ["a.env", "l.txt", "sub/i.env"]


def test_circular_references_are_followed_once(tmp_path: Path) -> None:
    write(tmp_path, compose_yml="include: [b.yml]", b_yml="include: [compose.yml, b.yml]")
    found = find_project_files(ComposeCommand(directory=str(tmp_path)), {})
    assert names(tmp_path, found.parts) == ["b.yml", "compose.yml"]


def test_pipes_and_folders_in_place_of_files_do_not_block(tmp_path: Path) -> None:
    write(tmp_path, compose_yml="include: [pipe.yml, folder.yml, oci://registry.test/x]")
    os.mkfifo(tmp_path / "pipe.yml")
    os.mkfifo(tmp_path / ".env")
    (tmp_path / "folder.yml").mkdir()
    found = find_project_files(ComposeCommand(directory=str(tmp_path)), {})
    assert names(tmp_path, found.parts) == ["pipe.yml", "folder.yml"]


@pytest.mark.parametrize("name", ["parts/x.yml", "parts/more.yml", "base.yml", "app.vars"])
def test_a_change_of_any_file_is_detected(tmp_path: Path, name: str) -> None:
    write(
        tmp_path,
        _env="COMPOSE_FILE=one.yml:parts/more.yml\n",
        one_yml="include: [parts/x.yml]\nservices: {a: {extends: {file: base.yml, service: b}}}",
        parts__x_yml="services: {}",
        parts__more_yml="services: {}",
        base_yml="services: {b: {env_file: app.vars}}",
    )
    (tmp_path / "app.vars").write_text("A=1\n")
    project = ComposeProject(ComposeCommand(directory=str(tmp_path)), {})
    before = project.fingerprint()
    assert project.fingerprint() == before
    path = tmp_path / name
    path.write_text(path.read_text() + "# more\n")
    assert project.fingerprint() != before


def test_a_newly_named_file_is_watched(tmp_path: Path) -> None:
    write(tmp_path, compose_yml="services: {}", sub__late_yml="services: {}")
    project = ComposeProject(ComposeCommand(directory=str(tmp_path)), {})
    assert tmp_path / "sub/late.yml" not in project.read_files().all
    (tmp_path / "compose.yml").write_text("include: [sub/late.yml]")
    assert tmp_path / "sub/late.yml" in project.read_files().all
    before = project.fingerprint()
    (tmp_path / "sub/late.yml").unlink()
    assert project.fingerprint() != before
