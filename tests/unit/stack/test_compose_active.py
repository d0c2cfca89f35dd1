"""The services of active profiles: compose is run for them only if there are profiles."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from pixel_tui.errors import ComposeRefused
from pixel_tui.redaction.redactor import MASK, redact
from pixel_tui.stack.compose.find import find_command
from pixel_tui.stack.compose.project import ComposeProject

PLAIN = {"services": {"api": {"image": "i"}, "db": {"image": "i"}}}
WITH_PROFILE = {"services": {"api": {"image": "i"}, "tool": {"image": "i", "profiles": ["tools"]}}}

Make = Callable[[str, object], ComposeProject]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Creates a project with this file, and a compose program that records its calls."""

    def made(file: str, model: object) -> ComposeProject:
        (tmp_path / "compose.yml").write_text(file)
        (tmp_path / "model.json").write_text(json.dumps(model) if model else "no JSON")
        program = tmp_path / "docker-compose"
        program.write_text(
            f'#!/bin/sh\necho "$*" >> {tmp_path}/calls\n'
            f'case "$*" in *--services*) echo api;; *) exec /bin/cat {tmp_path}/model.json;; esac\n'
        )
        program.chmod(0o755)
        environment = {"PATH": str(tmp_path)}
        command = find_command(environment, directory=str(tmp_path))
        return ComposeProject(command, environment)

    return made


def calls(tmp_path: Path) -> int:
    return len((tmp_path / "calls").read_text().splitlines())


def test_without_profiles_every_service_is_active_and_compose_runs_once(
    make: Make, tmp_path: Path
) -> None:
    assert make("services: {api: {}, db: {}}", PLAIN).resolve().active == {"api", "db"}
    assert calls(tmp_path) == 1


def test_with_profiles_compose_reports_the_active_services(make: Make, tmp_path: Path) -> None:
    project = make("services: {tool: {profiles: [tools]}}", WITH_PROFILE)
    project.begin()
    assert project.resolve().active == {"api"}
    assert calls(tmp_path) == 2


def test_a_profile_of_an_included_file_counts(make: Make, tmp_path: Path) -> None:
    project = make("include: [tool.yml]", WITH_PROFILE)
    project.begin()
    assert project.resolve().active == {"api"}
    assert calls(tmp_path) == 2


def test_invalid_json_is_an_error_and_leaves_no_process(make: Make) -> None:
    project = make("services: {tool: {profiles: [tools]}}", None)
    with pytest.raises(ComposeRefused, match="JSON"):
        project.resolve()


def test_interpolated_secrets_are_masked_from_the_first_output_on(
    make: Make, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text(
        "A=S3cret\nDB_PASSWORD=Sup3r-${A}-77\nDATABASE_URL=postgres://u:Xy7p4ssw0rd@db/x\n"
    )
    make("services: {api: {}}", PLAIN).resolve()
    assert redact("image Sup3r-S3cret-77") == f"image {MASK}"
    assert redact("no Xy7p4ssw0rd") == f"no {MASK}"
