"""Command lines of docker and compose."""

import argparse
import os
from dataclasses import replace
from pathlib import Path

import pytest

from pixel_tui.backups import __main__ as backups
from pixel_tui.backups.worker import worker_argv as backup_argv
from pixel_tui.environment import __main__ as environments
from pixel_tui.environment.apply.worker import worker_argv as environment_argv
from pixel_tui.errors import ComposeRefused, ProjectMissing
from pixel_tui.ledger import __main__ as ledger
from pixel_tui.ledger.writing.program import ledger_argv
from pixel_tui.stack.compose.command import (
    LOCAL_ONLY,
    ComposeCommand,
    operands,
    option,
    remote_refusal,
    shown,
)
from pixel_tui.stack.compose.compose_warnings import compose_warnings
from pixel_tui.stack.compose.files import find_directory
from pixel_tui.stack.compose.find import find_command
from pixel_tui.stack.compose.project import ComposeProject
from pixel_tui.stack.model.typed_commands import WITHOUT_OPTIONS
from pixel_tui.stack.programs import health_wait
from pixel_tui.stack.programs.own_program import add_project_options, command_from, project_options


def program(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A machine with only docker and its compose plugin."""
    monkeypatch.setattr("pixel_tui.stack.compose.find.PLUGIN_FOLDERS", ())
    program(tmp_path / "bin" / "docker")
    program(tmp_path / "config" / "cli-plugins" / "docker-compose")
    return {"PATH": str(tmp_path / "bin"), "DOCKER_CONFIG": str(tmp_path / "config")}


def test_every_call_has_folder_files_and_project() -> None:
    command = ComposeCommand(directory="/srv/x", files=("/srv/x/a.yml", "/b.yml"), project="shop")
    assert command.compose_argv("restart", "api") == (
        "docker", "compose", "--project-directory", "/srv/x", "--file", "/srv/x/a.yml",
        "--file", "/b.yml", "--project-name", "shop", "restart", "api",
    )  # fmt: skip
    assert command.docker_argv("stop", "x") == ("docker", "stop", "x")


OPTION_LIKE = ["--help", "-v", "--directory=/x", "-", "-x y"]


@pytest.mark.parametrize("name", OPTION_LIKE)
def test_a_name_like_an_option_comes_after_the_end_of_options(name: str) -> None:
    command = ComposeCommand()
    assert command.compose_argv("stop", "--timeout", "1", names=["api", name])[-3:] == (
        "--", "api", name,
    )  # fmt: skip
    assert command.docker_argv("rm", names=[name]) == ("docker", "rm", "--", name)
    assert operands(["api", "db"]) == ("api", "db")
    assert option("--without", name) == (f"--without={name}",)
    assert option("--without", "db") == ("--without", "db")


@pytest.mark.parametrize("name", [*OPTION_LIKE, "api"])
def test_our_own_programs_read_a_name_like_an_option_as_a_name(name: str) -> None:
    command = ComposeCommand(directory="/srv/x", files=("-f.yml",))
    task = ledger_argv(command, "abort", "--reason", "x", name=name)
    found = ledger._parser().parse_args(task[4:])
    assert (found.verb, found.id, found.reason) == ("abort", name, "x")
    backup = backup_argv(
        command, "shop", "restore", *option("--without", name), "--salvage", name=name
    )
    found = backups._parser().parse_args(backup[4:])
    assert (found.verb, found.id, found.without, found.file) == (
        "restore",
        name,
        [name],
        ["-f.yml"],
    )
    version = environment_argv(command, "shop", "apply", "--within=1", name=name)
    found = environments._parser().parse_args(version[4:])
    assert (found.verb, found.id, found.within) == ("apply", name, 1)
    assert health_wait.wait_argv(command, [name], 1)[-1] == name


def test_options_are_omitted_for_what_compose_finds_by_itself() -> None:
    assert ComposeCommand(directory="/srv").compose_argv("up") == (
        "docker", "compose", "--project-directory", "/srv", "up",
    )  # fmt: skip


def test_reading_uses_the_plugin_if_possible() -> None:
    through_docker = ComposeCommand(directory="/srv")
    assert through_docker.reading_argv("config")[:2] == ("docker", "compose")
    direct = ComposeCommand(directory="/srv", reader=("/plugins/docker-compose",))
    assert direct.reading_argv("config")[0] == "/plugins/docker-compose"
    assert direct.compose_argv("up")[:2] == ("docker", "compose")


def test_a_command_line_is_shown_as_typed_in_a_shell() -> None:
    assert shown(("docker", "stop", "a b", "it's")) == """docker stop 'a b' 'it'"'"'s'"""


def test_a_command_to_copy_has_the_options_of_its_project(
    environment: dict[str, str], tmp_path: Path
) -> None:
    folder = tmp_path / "the shop"
    folder.mkdir()
    (folder / "compose.yaml").touch()
    typed = find_command(
        environment,
        host="tcp://far:2376",
        directory=str(folder),
        env_files=["/etc/a.env"],
        project="shop",
        profiles=["cpu"],
    ).typed
    rest = "--env-file /etc/a.env --project-name shop --profile cpu"
    docker = "docker --host tcp://far:2376"
    assert typed.docker == docker
    assert typed.compose == f"{docker} compose --project-directory '{folder}' {rest}"
    assert typed.pixel_tui == f"pixel-tui --host tcp://far:2376 -C '{folder}' {rest}"
    named = find_command(environment, files=["/srv/shop/prod.yml"]).typed
    assert named.pixel_tui == "pixel-tui -C /srv/shop --file /srv/shop/prod.yml"


def test_a_command_to_copy_has_what_the_shell_exports_to_select_the_project(
    environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "stack.yml").touch()
    exported = {
        "COMPOSE_FILE": str(tmp_path / "stack.yml"),
        "COMPOSE_PROJECT_NAME": "shop",
        "COMPOSE_PROFILES": "cpu, tools",
        "COMPOSE_ENV_FILES": str(tmp_path / "alt.env"),
    }
    typed = find_command({**environment, **exported}).typed
    selection = (
        f"--file {tmp_path}/stack.yml --env-file {tmp_path}/alt.env --project-name shop "
        "--profile cpu --profile tools"
    )
    assert typed.compose == f"docker compose --project-directory {tmp_path} {selection}"
    assert typed.pixel_tui == f"pixel-tui -C {tmp_path} {selection}"


def test_an_exported_env_file_is_in_a_command_to_copy_of_this_folder(
    environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "compose.yaml").touch()
    monkeypatch.chdir(tmp_path)
    typed = find_command({**environment, "COMPOSE_ENV_FILES": "alt.env"}).typed
    assert typed.compose == f"docker compose --env-file {tmp_path}/alt.env"


def test_what_is_given_replaces_what_is_exported(environment: dict[str, str]) -> None:
    exported = {"COMPOSE_PROJECT_NAME": "other", "COMPOSE_PROFILES": "cpu"}
    command = find_command({**environment, **exported}, project="shop", profiles=["tools"])
    assert (command.project, command.profiles) == ("shop", ("tools",))


def test_a_command_to_copy_is_short_in_the_folder_of_its_project(
    environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "compose.yaml").touch()
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path / "sub")
    found = find_command(environment)
    assert found.typed == WITHOUT_OPTIONS
    adopted = replace(found, files=("/srv/prod.yml",), adopted=True).typed
    rest = f"--project-directory {tmp_path} --file /srv/prod.yml"
    assert adopted.compose == f"docker compose {rest}"


def test_the_engine_is_chosen_by_options_of_docker(environment: dict[str, str]) -> None:
    command = find_command(environment, host="tcp://far:2376", directory="/srv")
    assert command.compose[:4] == ("docker", "--host", "tcp://far:2376", "compose")
    assert command.docker == ("docker", "--host", "tcp://far:2376")
    command = find_command(environment, context="far", directory="/srv")
    assert command.docker == ("docker", "--context", "far")
    assert find_command(environment, directory="/srv").docker == ("docker",)


def test_the_plugin_is_run_directly(environment: dict[str, str], tmp_path: Path) -> None:
    plugin = tmp_path / "config" / "cli-plugins" / "docker-compose"
    assert find_command(environment, directory="/srv").reader == (str(plugin),)


def test_a_standalone_compose_gets_the_engine_in_its_environment(
    environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "config" / "cli-plugins" / "docker-compose").unlink()
    standalone = program(tmp_path / "bin" / "docker-compose")
    command = find_command(environment, host="tcp://far:2376", directory="/srv")
    assert command.compose == (str(standalone),)
    assert command.environment == {"DOCKER_HOST": "tcp://far:2376", **LOCAL_ONLY}
    engine = f"DOCKER_HOST=tcp://far:2376 {standalone}"
    assert command.typed.compose == f"{engine} --project-directory /srv"


def test_files_are_relative_to_the_current_folder_and_set_the_project_folder(
    environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    command = find_command(environment, files=["sub/x.yml", "y.yml"], project="shop")
    assert command.files == (str(tmp_path / "sub/x.yml"), str(tmp_path / "y.yml"))
    assert command.directory == str(tmp_path / "sub")
    assert command.project == "shop"


def test_every_call_has_environment_files_and_profiles_in_order(
    environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    command = find_command(
        environment, directory="/srv", env_files=["base.env", "/etc/prod.env"], profiles=["cpu"]
    )
    options = (
        "--env-file", str(tmp_path / "base.env"), "--env-file", "/etc/prod.env",
        "--profile", "cpu", "config",
    )  # fmt: skip
    assert command.reading_argv("config")[-7:] == options
    assert command.compose_argv("config")[-7:] == options
    assert command.edited_env == Path("/etc/prod.env")


def test_compose_env_files_of_the_shell_are_used(
    environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    environment["COMPOSE_ENV_FILES"] = "a.env,sub/b.env"
    command = find_command(environment, directory="/srv")
    assert command.env_paths == (str(tmp_path / "a.env"), str(tmp_path / "sub/b.env"))
    assert find_command(environment, directory="/srv", env_files=["c.env"]).env_paths == (
        str(tmp_path / "c.env"),
    )


@pytest.mark.parametrize(("value", "paths"), [("1", ()), ("TRUE", ()), ("0", ("/srv/.env",))])
def test_compose_disable_env_file_leaves_no_environment_file(
    environment: dict[str, str], value: str, paths: tuple[str, ...]
) -> None:
    environment["COMPOSE_DISABLE_ENV_FILE"] = value
    command = find_command(environment, directory="/srv")
    assert command.env_paths == paths
    named = find_command(environment, directory="/srv", env_files=["/a.env"])
    assert named.env_paths == ("/a.env",)


def test_programs_of_a_plan_get_the_same_files_and_profiles() -> None:
    command = ComposeCommand(
        directory="/srv", files=("/srv/a.yml",), env_files=("/srv/p.env",), profiles=("cpu",),
        project="shop",
    )  # fmt: skip
    parser = argparse.ArgumentParser()
    add_project_options(parser)
    assert command_from(parser.parse_args(project_options(command, "shop"))) == command


def test_each_environment_file_has_its_own_drafts_and_versions() -> None:
    assert ComposeCommand(directory="/srv").env_mark == Path("/srv")
    assert ComposeCommand(directory="/srv", env_files=("/srv/.env",)).env_mark == Path("/srv")
    other = ComposeCommand(directory="/srv", env_files=("/srv/prod.env",))
    assert other.env_mark == Path("/srv/prod.env")


def test_the_project_is_searched_upwards(tmp_path: Path) -> None:
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    assert find_directory(deep) == deep
    (tmp_path / "compose.yml").write_text("services: {}")
    assert find_directory(deep) == tmp_path
    (tmp_path / "a" / "docker-compose.yaml").write_text("services: {}")
    assert find_directory(deep) == tmp_path / "a"


@pytest.mark.parametrize("given", ["nonexist", "compose.yml", "compose.yaml", "compose.yaml/x"])
def test_a_mistyped_folder_is_not_searched_upwards(
    tmp_path: Path, environment: dict[str, str], given: str
) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "compose.yaml").touch()
    named = tmp_path / "its.env"
    named.write_text(f"COMPOSE_FILE={project}/compose.yaml\n")
    for env_files in ((), (str(named),)):
        command = find_command(environment, directory=str(project / given), env_files=env_files)
        assert command.directory == str(project / given)
        with pytest.raises(ProjectMissing, match="No such folder"):
            ComposeProject(command, environment).resolve()


@pytest.mark.parametrize("name", [".env", "more.env"])
def test_a_pipe_as_environment_file_is_an_error_without_waiting(tmp_path: Path, name: str) -> None:
    (tmp_path / "compose.yaml").write_text("services: {}\n")
    os.mkfifo(tmp_path / name)
    files = () if name == ".env" else (str(tmp_path / name),)
    command = ComposeCommand(directory=str(tmp_path), env_files=files, reader=("/bin/cat",))
    with pytest.raises(ComposeRefused, match="pipe"):
        ComposeProject(command, {}).resolve()


def test_compose_warnings_have_no_log_syntax() -> None:
    said = r'time="2026-03-01" level=warning msg="The \"A\" variable is not set.\nIt is blank."'
    assert compose_warnings(said) == ('The "A" variable is not set. It is blank.',)


def test_every_call_of_compose_refuses_remote_files(
    environment: dict[str, str], tmp_path: Path
) -> None:
    parser = argparse.ArgumentParser()
    add_project_options(parser)
    found = find_command(environment, directory=str(tmp_path))
    for command in (
        ComposeCommand(),
        found,
        command_from(parser.parse_args(project_options(found, "shop"))),
    ):
        assert command.environment.items() >= LOCAL_ONLY.items()
    # What the user exports does not turn it on again.
    asked = ComposeProject(found, {**environment, **dict.fromkeys(LOCAL_ONLY, "true")})
    assert asked.environment.items() >= LOCAL_ONLY.items()


@pytest.mark.parametrize("variable", [name for name in LOCAL_ONLY if name.startswith("COMPOSE_")])
def test_a_refused_remote_file_is_explained(variable: str) -> None:
    kind = "git" if "GIT" in variable else "OCI"
    said = remote_refusal(f'{kind} remote resource is disabled by "{variable}"')
    assert said.startswith("Remote project files")
    assert variable not in said
    assert remote_refusal(f"{variable} is not set") == ""
