"""How docker and compose are called."""

from pathlib import Path

import pytest

from pixel_tui.stack.compose import find_command
from pixel_tui.stack.compose_command import ComposeCommand, shown
from pixel_tui.stack.compose_files import find_directory


def program(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A machine with docker and its compose plugin, and nothing else."""
    monkeypatch.setattr("pixel_tui.stack.compose.PLUGIN_FOLDERS", ())
    program(tmp_path / "bin" / "docker")
    program(tmp_path / "config" / "cli-plugins" / "docker-compose")
    return {"PATH": str(tmp_path / "bin"), "DOCKER_CONFIG": str(tmp_path / "config")}


def test_every_call_names_folder_files_and_project() -> None:
    command = ComposeCommand(directory="/srv/x", files=("/srv/x/a.yml", "/b.yml"), project="shop")
    assert command.compose_argv("restart", "api") == (
        "docker", "compose", "--project-directory", "/srv/x", "--file", "/srv/x/a.yml",
        "--file", "/b.yml", "--project-name", "shop", "restart", "api",
    )  # fmt: skip
    assert command.docker_argv("stop", "x") == ("docker", "stop", "x")


def test_what_compose_finds_itself_is_left_to_it() -> None:
    assert ComposeCommand(directory="/srv").compose_argv("up") == (
        "docker", "compose", "--project-directory", "/srv", "up",
    )  # fmt: skip


def test_reading_takes_the_shortest_way_there_is() -> None:
    through_docker = ComposeCommand(directory="/srv")
    assert through_docker.reading_argv("config")[:2] == ("docker", "compose")
    direct = ComposeCommand(directory="/srv", reader=("/plugins/docker-compose",))
    assert direct.reading_argv("config")[0] == "/plugins/docker-compose"
    assert direct.compose_argv("up")[:2] == ("docker", "compose")


def test_a_command_line_is_shown_as_it_would_be_typed() -> None:
    assert shown(("docker", "stop", "a b", "it's")) == """docker stop 'a b' 'it'"'"'s'"""


def test_the_engine_is_chosen_by_options_of_docker(environment: dict[str, str]) -> None:
    command = find_command(environment, host="tcp://far:2376", directory="/srv")
    assert command.compose[:4] == ("docker", "--host", "tcp://far:2376", "compose")
    assert command.docker == ("docker", "--host", "tcp://far:2376")
    command = find_command(environment, context="far", directory="/srv")
    assert command.docker == ("docker", "--context", "far")
    assert find_command(environment, directory="/srv").docker == ("docker",)


def test_the_plugin_is_asked_directly(environment: dict[str, str], tmp_path: Path) -> None:
    plugin = tmp_path / "config" / "cli-plugins" / "docker-compose"
    assert find_command(environment, directory="/srv").reader == (str(plugin),)


def test_a_standalone_compose_gets_the_engine_by_its_environment(
    environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "config" / "cli-plugins" / "docker-compose").unlink()
    standalone = program(tmp_path / "bin" / "docker-compose")
    command = find_command(environment, host="tcp://far:2376", directory="/srv")
    assert command.compose == (str(standalone),)
    assert command.environment == {"DOCKER_HOST": "tcp://far:2376"}


def test_files_are_relative_to_where_one_stands_and_bring_their_folder(
    environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    command = find_command(environment, files=["sub/x.yml", "y.yml"], project="shop")
    assert command.files == (str(tmp_path / "sub/x.yml"), str(tmp_path / "y.yml"))
    assert command.directory == str(tmp_path / "sub")
    assert command.project == "shop"


def test_the_project_is_looked_for_upwards(tmp_path: Path) -> None:
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    assert find_directory(deep) == deep
    (tmp_path / "compose.yml").write_text("services: {}")
    assert find_directory(deep) == tmp_path
    (tmp_path / "a" / "docker-compose.yaml").write_text("services: {}")
    assert find_directory(deep) == tmp_path / "a"
