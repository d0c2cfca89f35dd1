"""Reading the context of an environment file, on a machine without any program."""

import socket
from pathlib import Path

import pytest

from pixel_tui.environment.checks.file_facts import GitState, socket_group
from pixel_tui.environment.live.reading import FileContext, read_context, read_example
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.compose.environment_uses import (
    NO_USES,
    EnvFile,
    EnvironmentUses,
    KeyUse,
    KeyUseKind,
)
from pixel_tui.stack.compose.project import ComposeProject
from pixel_tui.text import plain


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "none").mkdir()
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def around(folder: Path, path: Path, **environment: str) -> FileContext:
    command = ComposeCommand(
        docker=("docker", "--host", f"unix://{folder}/docker.sock"),
        compose=(str(folder / "none" / "docker-compose"),),
        directory=str(folder / "project"),
    )
    return read_context(path, command, {"PATH": str(folder / "none"), **environment})


def test_without_compose_and_git_the_file_itself_is_checked(folder: Path) -> None:
    path = folder / "project" / ".env"
    path.write_text("A=1\n")
    path.chmod(0o640)
    found = around(folder, path, TAG="x")
    assert found.uses is NO_USES
    assert found.facts.mode == 0o640
    assert found.facts.git is GitState.OUTSIDE
    assert {"TAG", "PATH"} <= found.facts.exported
    assert found.facts.path == str(path)
    assert [words.partition(".")[0] for words in found.unknowns] == [
        "The readers of the keys are unknown"
    ]


def test_another_file_is_checked_as_the_projects(folder: Path) -> None:
    other = folder / "new.env"
    other.write_text("A=1\n")
    found = around(folder, other)
    assert found.facts.path == str(folder / "project" / ".env")


def test_an_env_file_of_services_is_not_used_for_interpolation(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = folder / "app.env"
    path.write_text("A=1\n")
    whole = EnvFile(KeyUse(plain("app"), KeyUseKind.ENV_FILE), str(path))
    tag = KeyUse(plain("app"), KeyUseKind.INTERPOLATION, plain("image"), required=True)
    uses = EnvironmentUses((plain("app"),), frozenset({"app"}), {"TAG": (tag,)}, (whole,))
    monkeypatch.setattr(ComposeProject, "environment_uses", lambda _: uses)
    found = around(folder, path)
    assert found.facts.path == str(path)
    assert found.uses.references == {}
    assert [use.service for use in found.uses.of("A", str(path))] == ["app"]
    assert around(folder, folder / "new.env").uses == uses


def test_a_missing_file_has_no_mode(folder: Path) -> None:
    assert around(folder, folder / "project" / ".env").facts.mode is None


def test_the_example_is_next_to_the_file_or_in_the_projects_folder(folder: Path) -> None:
    project, other = folder / "project", folder / "new.env"
    other.write_text("")
    assert read_example(other, project, []) is None
    (project / ".env.sample").write_text("HTTP_PORT=80\n")
    found = read_example(other, project, [])
    assert found is not None
    assert [entry.key for entry in found.entries] == ["HTTP_PORT"]
    (folder / ".env.example").write_text("NEARER=1\n")
    found = read_example(other, project, [])
    assert found is not None
    assert [entry.key for entry in found.entries] == ["NEARER"]


def test_an_example_is_not_its_own_example(folder: Path) -> None:
    example = folder / "project" / ".env.example"
    example.write_text("A=1\n")
    assert read_example(example, folder / "project", []) is None


def test_only_the_group_of_a_local_socket_is_known(folder: Path) -> None:
    path = folder / "docker.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("docker.sock")
        assert socket_group(f"unix://{path}") == path.stat().st_gid
        assert around(folder, folder / "project" / ".env").facts.socket_group == (
            path.stat().st_gid
        )
    assert socket_group(f"unix://{folder}/nothing.sock") is None
    assert socket_group("tcp://127.0.0.1:2375") is None
