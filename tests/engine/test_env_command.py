"""The environment from the shell, on a project that the real compose program reads."""

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from pixel_tui.stack.compose.environment_uses import KeyUseKind
from tests.builders.engine_command import pixel_tui, start
from tests.builders.engine_readers import project_reader
from tests.engine.fixtures import MakeProject
from tests.engine.private_engine import Project, eventually

pytestmark = pytest.mark.engine

YAML = """
x-note: ${NOT_READ}
services:
  api:
    image: pixel-tui-test:${TAG:-latest}
    command: [sleep, "600"]
    stop_grace_period: 0s
    env_file: .env
    environment: {POSTGRES_URL: "postgres://u:${DB_PASSWORD:?no password}@db/x", INHERITED: }
  web:
    image: pixel-tui-test:latest
    profiles: [late]
    build: {context: ., args: [NEXT_PUBLIC_API_URL, "BASE=${BASE:-${DEEP}}"]}
    ports: ["127.0.0.1:${WEB_PORT:-0}:80"]
networks: {default: {name: "${NET:-pixel}"}}
"""
SECRET = "k3J9sLq0ZpX7vB2nM5tR8wY1"
ENV = f"DB_PASSWORD={SECRET} # mine\nNAME='it is'\nNET=x\n"


@pytest.fixture
def project(make_project: MakeProject) -> Project:
    made = make_project(YAML, files={".env": ENV})
    (made.directory / ".env").chmod(0o600)
    return made


BROKEN: Mapping[str, str] = {"as it is": ENV, "broken": "A='x\n", "missing": ""}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_compose_says_who_reads_which_key_whatever_is_in_the_file(
    project: Project, text: str
) -> None:
    (project.directory / ".env").write_text(text)
    uses = project_reader(project).environment_uses()
    assert set(uses.services) == {"api", "web"}
    found = {
        key: [(use.service, use.how, use.where) for use in named]
        for key, named in uses.references.items()
    }
    assert found == {
        "TAG": [("api", KeyUseKind.INTERPOLATION, "image")],
        "DB_PASSWORD": [("api", KeyUseKind.INTERPOLATION, "environment.POSTGRES_URL")],
        "INHERITED": [("api", KeyUseKind.INTERPOLATION, "environment.INHERITED")],
        "NEXT_PUBLIC_API_URL": [
            ("web", KeyUseKind.BUILD_ARGUMENT, "build.args.NEXT_PUBLIC_API_URL")
        ],
        "BASE": [("web", KeyUseKind.BUILD_ARGUMENT, "build.args.BASE")],
        "DEEP": [("web", KeyUseKind.BUILD_ARGUMENT, "build.args.BASE")],
        "WEB_PORT": [("web", KeyUseKind.INTERPOLATION, "ports")],
        "NOT_READ": [("", KeyUseKind.INTERPOLATION, "x-note")],
        "NET": [("", KeyUseKind.INTERPOLATION, "networks.default.name")],
    }
    assert uses.references["DB_PASSWORD"][0].required
    path = str(project.directory / ".env")
    assert [use.service for use in uses.of("NAME", path)] == ["api"]
    assert uses.of("POSTGRES_URL", path) == ()


def test_a_key_that_is_misspelt_is_found_with_what_compose_misses(
    project: Project, tmp_path: Path
) -> None:
    path = project.directory / ".env"
    path.write_text(ENV.replace("DB_PASSWORD", "DB_PASWORD"))
    done = pixel_tui(project, tmp_path, "env", "check", "--json")
    assert done.returncode == 1, done.stderr
    found = json.loads(done.stdout)["findings"]
    assert [(item["rule"], item["level"], item["key"]) for item in found if item["key"]] == [
        ("missing", "error", "DB_PASSWORD"),
        ("missing", "warning", "DEEP"),
        ("missing", "warning", "NOT_READ"),
        ("unknown", "warning", "DB_PASWORD"),
        ("unknown", "info", "NAME"),
    ]
    assert SECRET not in done.stdout + done.stderr


def test_what_compose_alone_knows_is_told_as_well(project: Project, tmp_path: Path) -> None:
    (project.directory / ".env").write_text(f"{ENV}WEB_PORT=eighty\n")
    done = pixel_tui(project, tmp_path, "env", "check", "--json")
    found = [item for item in json.loads(done.stdout)["findings"] if item["rule"] == "refused"]
    assert [item["level"] for item in found] == ["error"]
    assert "eighty" in found[0]["message"] or "port" in found[0]["message"].lower()


def test_a_key_is_set_by_an_operation_that_is_audited_without_its_value(
    project: Project, tmp_path: Path
) -> None:
    new = "another $ecret'\"#1"
    done = pixel_tui(project, tmp_path, "env", "set", "DB_PASSWORD", stdin=f"{new}\n")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "until they are recreated" in done.stdout
    text = (project.directory / ".env").read_text()
    assert text.splitlines()[1:] == ENV.splitlines()[1:]
    assert text.splitlines()[0].endswith(" # mine")
    assert pixel_tui(project, tmp_path, "env", "get", "DB_PASSWORD").stdout == f"{new}\n"
    trail = (tmp_path / "pixel-tui" / "audit.jsonl").read_text()
    assert "environment-save" in trail
    said = done.stdout + done.stderr + trail
    assert new not in said
    assert SECRET not in said


def test_several_that_set_keys_at_once_all_set_theirs(project: Project, tmp_path: Path) -> None:
    keys = [f"KEY_{number}" for number in range(4)]
    started = [start(project, tmp_path, "env", "set", key) for key in keys]
    for number, process in enumerate(started):
        assert process.stdin is not None
        process.stdin.write(f"value-{number}\n")
        process.stdin.close()
        process.stdin = None
    for process in started:
        with process:
            out, err = process.communicate(timeout=100)
        assert process.returncode == 0, out + err
    lines = (project.directory / ".env").read_text().splitlines()
    assert lines[:3] == ENV.splitlines()
    assert sorted(lines[3:]) == [f"KEY_{number}=value-{number}" for number in range(4)]
    assert not [path for path in tmp_path.rglob("staged/*/*") if path.is_file()]


def test_the_copy_of_one_that_was_killed_goes_with_the_next_that_starts(
    project: Project, tmp_path: Path
) -> None:
    compose, pipe = project.directory / "docker-compose.yml", project.directory / "more.env"
    compose.write_text(YAML.replace("env_file: .env", "env_file: [.env, more.env]"))
    os.mkfifo(pipe)  # compose waits for whoever writes there
    hung = start(project, tmp_path, "env", "set", "SECRET_TOKEN")
    assert hung.stdin is not None
    hung.stdin.write("never-saved")
    hung.stdin.close()
    staged = tmp_path / "pixel-tui/environment/staged"
    eventually(lambda: any("never-saved" in copy.read_text() for copy in staged.glob("*/*.env")))
    hung.kill()
    hung.wait()
    os.close(os.open(pipe, os.O_RDWR | os.O_NONBLOCK))
    pipe.unlink()
    pipe.write_text("")
    pixel_tui(project, tmp_path, "env", "check")
    assert list(staged.glob("*/*.env")), "what only looks writes nothing"

    said = pixel_tui(project, tmp_path, "env", "set", "NAME", stdin="it is")
    assert said.returncode == 0, said.stderr
    assert "already has this value" in said.stdout
    assert [path for path in staged.rglob("*") if path.is_file()] == []


def test_what_compose_refuses_is_not_saved(project: Project, tmp_path: Path) -> None:
    done = pixel_tui(project, tmp_path, "env", "set", "WEB_PORT", stdin="eighty")
    assert done.returncode == 2, done.stdout
    assert (project.directory / ".env").read_text() == ENV


def test_the_impact_of_a_file_is_told(project: Project, tmp_path: Path) -> None:
    candidate = tmp_path / "new.env"
    candidate.write_text(ENV.replace("it is", "it was"))
    done = pixel_tui(project, tmp_path, "env", "impact", str(candidate), "--json")
    assert done.returncode == 100, done.stderr
    (service,) = json.loads(done.stdout)["services"]
    assert (service["service"], service["keys"], service["running"]) == ("api", ["NAME"], False)
    assert pixel_tui(project, tmp_path, "env", "impact").returncode == 0


INCLUDING = """
include:
  - {path: sub/compose.yml, env_file: sub/.env}
services:
  api: {image: "pixel-tui-test:latest", environment: {X: "${HERE?set it}", Y: "${MISSED}"}}
"""
INCLUDED = """
services:
  sub: {image: "pixel-tui-test:${SUB_TAG:?needed}", environment: {Q: "${SUB_NAME}"}}
"""


def test_what_compose_takes_without_a_word_is_no_error(
    make_project: MakeProject, tmp_path: Path
) -> None:
    files = {"sub/compose.yml": INCLUDED, "sub/.env": "SUB_TAG=latest\nSUB_NAME=x\n"}
    project = make_project(INCLUDING, files={**files, ".env": "HERE=\n"})
    (project.directory / ".env").chmod(0o600)
    done = pixel_tui(project, tmp_path, "env", "check", "--json")
    found = [(item["rule"], item["key"]) for item in json.loads(done.stdout)["findings"]]
    assert found == [("missing", "MISSED")]
    (project.directory / "sub" / ".env").write_text("SUB_TAG=latest\n")
    done = pixel_tui(project, tmp_path, "env", "check", "--json")
    assert ("missing", "SUB_NAME") in [
        (item["rule"], item["key"]) for item in json.loads(done.stdout)["findings"]
    ]


@pytest.mark.parametrize(
    "broken",
    ["services: {api: {image: [}}\n", "services: {api: {nonsense: 1}}\n", "include: [gone.yml]\n"],
)
def test_a_compose_file_that_is_refused_is_an_error_of_the_check(
    make_project: MakeProject, tmp_path: Path, broken: str
) -> None:
    project = make_project("services: {}\n", files={".env": "NAME=x\n"})
    (project.directory / ".env").chmod(0o600)
    next(project.directory.glob("*compose.y*ml")).write_text(broken)
    done = pixel_tui(project, tmp_path, "env", "check")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Compose refuses the project" in done.stdout


RUNNING = """
services:
  api:
    image: pixel-tui-test:latest
    command: [sleep, "600"]
    stop_grace_period: 0s
    env_file: .env
"""


def test_a_key_is_applied_and_kept_when_somebody_confirms_it(
    make_project: MakeProject, tmp_path: Path
) -> None:
    project = make_project(RUNNING, files={".env": "NAME=before\n"}, up=True)
    with start(project, tmp_path, "env", "set", "NAME", "--apply") as process:
        assert process.stdin is not None
        process.stdin.write("after\n")
        process.stdin.close()
        process.stdin = None
        end = time.monotonic() + 60
        while pixel_tui(project, tmp_path, "env", "confirm").returncode:
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < end
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0, out + err
    assert project.compose("exec", "api", "sh", "-c", "echo $NAME").stdout == "after\n"
    assert pixel_tui(project, tmp_path, "env", "confirm").returncode == 1


def test_the_last_environment_file_is_edited_with_those_before_it_as_compose_reads_them(
    project: Project, tmp_path: Path
) -> None:
    base, own = project.directory / "base.env", project.directory / "prod.env"
    base.write_text(f"DB_PASSWORD={SECRET}\nTAG=latest\n")  # without it compose refuses
    own.write_text("NET=before\n")
    named = ["--env-file", str(base), "--env-file", str(own)]
    done = pixel_tui(project, tmp_path, "env", "set", "NET", *named, stdin="after\n")
    assert done.returncode == 0, done.stderr
    assert own.read_text() == "NET=after\n"
    assert base.read_text().startswith("DB_PASSWORD=")
    assert (project.directory / ".env").read_text() == ENV
    checked = pixel_tui(project, tmp_path, "env", "check", *named)
    assert "DB_PASSWORD" not in checked.stdout, "the file before gives it"
    assert f"Compose reads {base} first" in checked.stderr


def test_without_its_environment_file_the_candidate_is_what_compose_reads(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = project.directory / "of-the-shell.env"
    other.write_text(f"DB_PASSWORD={SECRET}\n")
    monkeypatch.setenv("COMPOSE_ENV_FILES", str(other))
    monkeypatch.setenv("COMPOSE_DISABLE_ENV_FILE", "1")
    done = pixel_tui(project, tmp_path, "env", "set", "TAG", stdin="latest\n")
    assert done.returncode == 0, done.stderr
    assert "TAG=latest" in other.read_text()
    assert (project.directory / ".env").read_text() == ENV


UNSET = """
services:
  api:
    image: pixel-tui-test:latest
    environment: {A: "${A_TOKEN}", URL: "x:${DB_PASSWORD:?no password}", C: "${C:-x}"}
"""


def test_without_a_file_what_compose_misses_is_told_too(
    make_project: MakeProject, tmp_path: Path
) -> None:
    project = make_project(UNSET)
    checked = pixel_tui(project, tmp_path, "env", "check")
    assert checked.returncode == 2
    assert "warning: A_TOKEN: It is not set" in checked.stdout
    assert "error: DB_PASSWORD: It is not set" in checked.stdout
    assert " C:" not in checked.stdout
    assert "No such environment file" in checked.stderr
    told = json.loads(pixel_tui(project, tmp_path, "env", "check", "--json").stdout)
    assert {item["key"] for item in told["findings"]} == {"A_TOKEN", "DB_PASSWORD"}
    assert all(not item["line"] for item in told["entries"])


def test_where_nothing_misses_the_file_its_absence_is_all_that_is_said(
    make_project: MakeProject, tmp_path: Path
) -> None:
    project = make_project("services: {api: {image: 'pixel-tui-test:latest'}}\n")
    checked = pixel_tui(project, tmp_path, "env", "check")
    assert (checked.returncode, checked.stdout) == (2, "")


def test_of_several_files_the_one_is_edited_and_applied_in_which_the_key_counts(
    make_project: MakeProject, tmp_path: Path
) -> None:
    yaml = """
services:
  api:
    image: pixel-tui-test:latest
    command: [sleep, "600"]
    stop_grace_period: 0s
    environment: {SHARED: , OWN: , LOW: , LONE: , FIRST: "${FIRST}", REF: "${REF}"}
"""
    base = "SHARED=base\nOWN=before\nLOW=base\n"
    prod = "FIRST=${LOW}\nLOW=prod\nSHARED=prod\nREF=${OWN}-${SHARED}\nLONE\n"
    files = {"base.env": base + "LONE=base\n", "prod.env": prod}
    project = make_project(yaml, files=files)
    paths = [project.directory / name for name in files]
    named = [word for path in paths for word in ("--env-file", str(path))]
    project.compose(*named, "up", "--detach", "--wait")
    for key in ("SHARED", "OWN", "LOW", "LONE", "FIRST", "REF"):
        inside = project.compose(*named, "exec", "api", "sh", "-c", f"echo ${key}").stdout
        assert pixel_tui(project, tmp_path, "env", "get", key, *named).stdout == inside
    # What a later file overrides changes nothing that runs.
    candidate = tmp_path / "candidate"
    candidate.write_text(files["base.env"].replace("=base", "=other", 1))
    arguments = ["set", "SHARED", "--in", str(paths[0]), "--apply", *named]
    done = pixel_tui(project, tmp_path, "env", *arguments, stdin="other\n")
    assert done.returncode == 0, done.stderr
    assert "prod.env overrides it" in done.stderr
    assert paths[0].read_text() == candidate.read_text()
    with start(project, tmp_path, "env", "set", "OWN", "--apply", *named) as process:
        assert process.stdin is not None
        process.stdin.write("after\n")
        process.stdin.close()
        process.stdin = None
        end = time.monotonic() + 60
        while pixel_tui(project, tmp_path, "env", "confirm", *named).returncode:
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < end
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0, out + err
    assert paths[0].read_text() == candidate.read_text().replace("before", "after")
    inside = project.compose(*named, "exec", "api", "sh", "-c", "echo $OWN $SHARED").stdout
    assert inside == "after prod\n"
    done = pixel_tui(project, tmp_path, "env", "unset", "SHARED", *named)
    assert done.returncode == 0, done.stderr
    assert paths[1].read_text() == prod.replace("SHARED=prod\n", "")
    assert "SHARED is still set by base.env." in done.stderr
    assert pixel_tui(project, tmp_path, "env", "get", "SHARED", *named).stdout == "other\n"
