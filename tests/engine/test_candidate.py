"""What compose says of a candidate `.env` is what it does once that is really saved."""

import random

import pytest

from pixel_tui.environment.apply.impact import ServiceChange
from pixel_tui.environment.apply.impact_reading import ImpactReader
from pixel_tui.files import replace_file
from pixel_tui.settings import state_folder
from pixel_tui.stack.compose.candidate import CandidateReader
from pixel_tui.stack.compose.find import find_command
from pixel_tui.stack.compose.project import ComposeProject
from tests.builders.engine_readers import command_of, environment_of
from tests.engine.fixtures import MakeProject
from tests.engine.private_engine import Engine, Project

pytestmark = pytest.mark.engine

YAML = """
services:
  interpolated:
    image: pixel-tui-test:${TAG:-latest}
    environment: {URL: "http://${HOST:-nowhere}/", DOLLAR: "a$$b"}
    volumes: ["${DATA:-./data}:/data", "./plain:/plain:ro"]
    command: [sleep, "600"]
  whole:
    image: pixel-tui-test:latest
    env_file: .env
    command: [sleep, "600"]
  both:
    image: pixel-tui-test:latest
    env_file: [first.env, {path: ./.env, required: false}, last.env]
    environment: {HOST: "${HOST:-unset}", NEXT: "1"}
    labels: {host: "${HOST:-unset}"}
    command: [sleep, "600"]
  named:
    image: pixel-tui-test:latest
    env_file: "${WHICH:-.env}"
    depends_on: [whole]
    command: [sleep, "600"]
  built:
    build: {context: ., args: {NEXT_PUBLIC_API_URL: "${NEXT_PUBLIC_API_URL:-none}"}}
    command: [sleep, "600"]
  other:
    image: pixel-tui-test:latest
    command: [sleep, "600"]
  tool:
    image: pixel-tui-test:latest
    profiles: [tools]
    env_file: [.env]
    command: [sleep, "600"]
"""
FILES = {
    "first.env": "HOST=first\nONLY_FIRST=1\n",
    "last.env": "ONLY_LAST=${HOST}\n",
    "Dockerfile": "FROM pixel-tui-test:latest\nARG NEXT_PUBLIC_API_URL\nRUN echo > /built\n",
}
KEYS = ("HOST", "DATA", "NEXT_PUBLIC_API_URL", "LONELY", "PASSWORD", "TWICE")
VALUES = ("one", '"two words"', "'$single'", '"a$$b"', "${HOST}x", "tail # note", "", "\\n", "ü✓🎉")
LINES = ("# a comment", "", "export EXPORTED=yes", "KEYALONE")


def reader_of(engine: Engine, project: Project, *, name: str | None = None) -> CandidateReader:
    environment = environment_of(engine)
    command = find_command(
        environment, host=engine.host, directory=str(project.directory), project=name
    )
    return CandidateReader(ComposeProject(command, environment))


def generated(seed: int) -> str:
    chance = random.Random(seed)
    lines = [f"{key}={chance.choice(VALUES)}" for key in chance.sample(KEYS, 4)]
    lines += chance.sample(LINES, 2)
    chance.shuffle(lines)
    # A data folder has to be one that can be mounted.
    kept = [line for line in lines if not line.startswith("DATA=") or line == "DATA=one"]
    return "\n".join(kept) + "\n"


def labels(engine: Engine, project: Project) -> dict[str, str]:
    marked = '{{.Label "com.docker.compose.service"}} {{.Label "com.docker.compose.config-hash"}}'
    listed = engine.docker(
        "ps", "-a", "--format", marked, f"--filter=label=com.docker.compose.project={project.name}"
    )
    return dict(line.split() for line in listed.stdout.splitlines())


def test_the_hashes_of_a_candidate_are_the_labels_that_up_writes(
    engine: Engine, make_project: MakeProject
) -> None:
    project = make_project(YAML, files=FILES)
    reader = reader_of(engine, project, name=project.name)
    candidates = [generated(seed) for seed in range(6)]
    candidates.append("COMPOSE_PROFILES=tools\nHOST=x\n")
    candidates.append("WHICH=first.env\nHOST=y\n")
    previous = "HOST=before\n"
    (project.directory / ".env").write_text(previous)
    for candidate in candidates:
        said = reader.read(candidate.encode())
        assert (project.directory / ".env").read_text() == previous
        assert not said.refusal
        (project.directory / ".env").write_text(candidate)
        project.compose("create", "--build")
        active = {name: item for name, item in said.services.items() if item.active}
        written = {name: label for name, label in labels(engine, project).items() if name in active}
        assert written == {name: item.config_hash for name, item in active.items()}, candidate
        previous = candidate


def test_a_project_without_a_file_is_read_as_it_would_be_with_the_candidate(
    engine: Engine, make_project: MakeProject
) -> None:
    project = make_project(YAML, files=FILES)
    reader = reader_of(engine, project, name=project.name)
    assert "not found" in reader.read(None).refusal
    said = reader.read(b"HOST=a\n")
    assert said.services["whole"].environment == {"HOST": "a"}
    assert said.services["whole"].reads_file
    assert not said.services["interpolated"].reads_file
    assert said.services["interpolated"].keys == {"TAG", "HOST", "DATA"}


def test_the_variables_of_compose_itself_count_from_the_candidate(
    engine: Engine, make_project: MakeProject
) -> None:
    extra = "services: {added: {image: 'pixel-tui-test:latest', env_file: .env}}\n"
    project = make_project(YAML, files={**FILES, "more.yml": extra, ".env": "HOST=a\n"})
    said = reader_of(engine, project).read(
        b"COMPOSE_PROJECT_NAME=other\nCOMPOSE_PROFILES=tools\n"
        b"COMPOSE_FILE=docker-compose.yml:more.yml\n"
    )
    assert said.project == "other"
    assert said.services["tool"].active
    assert said.services["added"].environment["COMPOSE_PROJECT_NAME"] == "other"
    assert said.services["added"].reads_file


def test_the_file_that_is_there_may_be_broken(engine: Engine, make_project: MakeProject) -> None:
    project = make_project(YAML, files={**FILES, ".env": 'HOST="never ended\n'})
    said = reader_of(engine, project).read(b"HOST=mended\n")
    assert not said.refusal
    assert said.services["both"].environment["HOST"] == "mended"
    assert said.services["both"].config_hash


@pytest.mark.parametrize(
    ("candidate", "said", "line"),
    [
        ('HOST=a\nAPI_TOKEN="very secret\nB=c\n', "unterminated quoted value", 4),
        ("A=b\nvery secret key=1\n", "key cannot contain a space", 2),
        ("API_TOKEN=very-secret\nHOST=${API_TOKEN:?very-secret}${X:?not here}\n", "not here", 0),
        ("TAG=very secret\n", "invalid", 0),
    ],
)
def test_a_refusal_is_composes_own_and_tells_no_value(
    engine: Engine, make_project: MakeProject, candidate: str, said: str, line: int
) -> None:
    project = make_project(YAML, files={**FILES, ".env": "HOST=a\n"})
    reading = reader_of(engine, project).read(candidate.encode())
    assert said in reading.refusal or said == "invalid"
    assert reading.line == line
    assert "very" not in reading.refusal


def test_the_impact_is_what_up_then_does(engine: Engine, make_project: MakeProject) -> None:
    before = "HOST=a\nNEXT_PUBLIC_API_URL=http://a\nPASSWORD=hidden-one\n"
    quick = YAML.replace('"600"]', '"600"]\n    stop_grace_period: 0s')
    project = make_project(quick, files={**FILES, ".env": before}, up=True)
    reader = ImpactReader(command_of(project), environment_of(engine), state_folder())
    assert reader.read(before.encode()).services == ()
    candidate = before.replace("hidden-one", "hidden-two").replace("//a", "//b")
    found = {item.service: item for item in reader.read(candidate.encode()).services}
    assert {name: (item.change, item.keys, item.running) for name, item in found.items()} == {
        "built": (ServiceChange.REBUILD, ("NEXT_PUBLIC_API_URL",), True),
        **dict.fromkeys(
            ("whole", "both", "named"),
            (ServiceChange.RECREATE, ("NEXT_PUBLIC_API_URL", "PASSWORD"), True),
        ),
    }
    assert "hidden" not in repr(found)
    ids = {name: project.container(name) for name in ("interpolated", "other", *found)}
    (project.directory / ".env").write_text(candidate)
    # What the file gives now is not what runs: that is found without any other candidate.
    assert {item.service for item in reader.read(candidate.encode()).services} == {
        "whole", "both", "named", "built",
    }  # fmt: skip
    project.compose("up", "--detach", "--build")
    anew = {name for name, before_id in ids.items() if project.container(name) != before_id}
    assert anew == set(found)
    assert reader.read(candidate.encode()).services == ()


def test_what_only_a_build_gets_is_a_rebuild(engine: Engine, make_project: MakeProject) -> None:
    yaml = """
services:
  argued: {build: {context: ., args: {NPM_TOKEN: "${ARGUED_TOKEN}"}}}
  listed: {build: {context: ., args: [LISTED_TOKEN]}}
  given: {build: {context: ., secrets: [npm]}}
  staged: {build: {context: ., target: "${STAGE:-first}"}}
  other: {build: {context: .}}
secrets: {npm: {environment: GIVEN_TOKEN}}
"""
    keys = {"ARGUED_TOKEN": "argued", "LISTED_TOKEN": "listed", "GIVEN_TOKEN": "given"}
    before = "".join(f"{key}=fake-one\n" for key in keys) + "STAGE=first\n"
    project = make_project(yaml, files={**FILES, ".env": before})
    reader = ImpactReader(command_of(project), environment_of(engine), state_folder())
    assert reader.read(before.encode()).services == ()
    for key, name in {**keys, "STAGE": "staged"}.items():
        candidate = before.replace(f"{key}=f", f"{key}=another-f")
        (found,) = reader.read(candidate.encode()).services
        assert (found.service, found.change, found.keys) == (name, ServiceChange.REBUILD, (key,))
        assert "fake" not in repr(found)


def test_profiles_that_exclude_each_other_do_not_refuse_a_candidate(
    engine: Engine, make_project: MakeProject
) -> None:
    project = make_project(
        "services: {app: {image: 'pixel-tui-test:latest', env_file: .env},"
        " cpu: {image: x, container_name: same, profiles: [cpu]},"
        " gpu: {image: x, container_name: same, profiles: [gpu]}}",
        files={".env": "A=1\n"},
    )
    reading = reader_of(engine, project).read(b"A=2\n")
    assert reading.refusal == ""
    assert reading.services["app"].environment == {"A": "2"}
    refused = reader_of(engine, project).read(b"A='2\n")
    assert "unterminated" in refused.refusal


DELIVERING = """
services:
  holder:
    image: pixel-tui-test:latest
    command: [sleep, "600"]
    stop_grace_period: 0s
    secrets: [token]
    configs: [site]
  mounting:
    image: pixel-tui-test:latest
    command: [sleep, "600"]
    stop_grace_period: 0s
    volumes: ["./.env:/app/.env:ro"]
  other:
    image: pixel-tui-test:latest
    command: [sleep, "600"]
    stop_grace_period: 0s
    volumes: [".:/app:ro"]
secrets: {token: {environment: API_TOKEN}}
configs: {site: {content: "host=${SITE}"}}
"""


def test_what_is_delivered_or_mounted_counts_though_its_hash_stays(
    engine: Engine, make_project: MakeProject
) -> None:
    before = b"API_TOKEN=old-one\nSITE=a\nNOBODY=1\n"
    project = make_project(DELIVERING, files={".env": before.decode()}, up=True)
    reader = ImpactReader(command_of(project), environment_of(engine), state_folder())

    def changes(candidate: bytes) -> dict[str, ServiceChange]:
        found = reader.read(candidate).services
        return {str(item.service): item.change for item in found}

    assert changes(before) == {}
    assert changes(before.replace(b"NOBODY=1", b"NOBODY=2")) == {"mounting": ServiceChange.RESTART}
    expected = {"mounting": ServiceChange.RESTART, "holder": ServiceChange.RECREATE}
    assert changes(before.replace(b"SITE=a", b"SITE=b")) == expected
    after = before.replace(b"old-one", b"new-one")
    assert changes(after) == expected

    def said(service: str, path: str) -> str:
        return project.compose("exec", "-T", service, "cat", path).stdout

    replace_file(project.directory / ".env", after)
    assert "old-one" in said("mounting", "/app/.env")
    assert "new-one" in said("other", "/app/.env")
    project.compose("restart", "mounting")
    assert "new-one" in said("mounting", "/app/.env")
    project.compose("up", "--detach")
    assert said("holder", "/run/secrets/token") == "old-one"
    project.compose("up", "--detach", "--no-deps", "--force-recreate", "holder")
    assert said("holder", "/run/secrets/token") == "new-one"
