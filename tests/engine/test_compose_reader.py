"""The compose program resolves the project; its hashes are the labels that `up` writes."""

from pathlib import Path

import pytest

from pixel_tui.clock import SystemClock
from pixel_tui.errors import ComposeMissing, ComposeRefused, OperationError, ProjectMissing
from pixel_tui.health.findings import finding_of
from pixel_tui.operations.actions import plan_action
from pixel_tui.stack.compose.files import find_directory
from pixel_tui.stack.compose.find import find_command
from pixel_tui.stack.compose.project import ComposeProject
from pixel_tui.stack.model.snapshot import ServiceState, StackSnapshot, SyncAction
from pixel_tui.stack.watch.look_once import read_snapshot
from tests.builders.actions import COMMAND
from tests.builders.engine_readers import engine_reader, environment_of, project_reader
from tests.engine.fixtures import MakeProject
from tests.engine.private_engine import Engine, Project

pytestmark = pytest.mark.engine

RICH = """
services:
  app:
    image: pixel-tui-test:latest
    command: [sleep, "600"]
    env_file: [app.env]
    environment: {DOLLAR: "a$$b", EMPTY: "", FROM_DOTENV: "${FROM_DOTENV:-none}"}
    labels: {team: "a b"}
    healthcheck: {test: [CMD, "true"], interval: 1s, start_period: 2m}
    logging: {driver: json-file, options: {max-size: 10m}}
    secrets: [token]
    tmpfs: [/run/x]
    ulimits: {nofile: 1024}
    networks: {default: {aliases: [other]}}
    volumes: [data:/data, "./app.env:/etc/app.env:ro"]
    stop_grace_period: 0s
  twin:
    image: pixel-tui-test:latest
    command: [sleep, "600"]
    deploy: {replicas: 2}
    depends_on: {app: {condition: service_started, restart: true}}
    stop_grace_period: 0s
  tool:
    image: pixel-tui-test:latest
    profiles: [tools]
    command: [sleep, "600"]
secrets: {token: {file: ./app.env}}
volumes: {data: {}}
"""
FILES = {"app.env": "GREETING=hello # note\nPASSWORD='fa$ke'\n", ".env": "FROM_DOTENV=yes\n"}


@pytest.fixture
def project(make_project: MakeProject, base_image: str) -> Project:
    return make_project(RICH, files=FILES, up=True)


def look(engine: Engine, project: Project) -> dict[str, tuple[SyncAction, str]]:
    snapshot = read_snapshot(
        engine_reader(engine),
        project_reader(project),
        SystemClock(),
    )
    assert snapshot.project_trouble is None
    return {item.name: (item.sync.action, str(item.sync.reason)) for item in snapshot.services}


def test_what_up_has_just_made_is_in_sync(engine: Engine, project: Project) -> None:
    found = look(engine, project)
    assert found["app"][0] is SyncAction.NOTHING
    assert found["twin"][0] is SyncAction.NOTHING
    assert found["tool"] == (SyncAction.OFF, "profile tools is not active")


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        ("app.env", "hello", "goodbye", "its environment has changed (GREETING)"),
        ("app.env", "GREETING=hello # note\n", "", "its environment has changed (GREETING)"),
        (".env", "yes", "no", "its environment has changed (FROM_DOTENV)"),
        ("docker-compose.yml", "team:", "crew:", "its configuration has changed"),
    ],
)
def test_a_change_of_any_file_that_up_would_act_on_is_seen(
    engine: Engine, project: Project, file: str, old: str, new: str, words: str
) -> None:
    before = project_reader(project).fingerprint()
    path = project.directory / file
    path.write_text(path.read_text().replace(old, new))
    assert project_reader(project).fingerprint() != before
    action, reason = look(engine, project)["app"]
    assert (action, reason) == (SyncAction.RECREATE, words)
    project.compose("up", "--detach")
    assert look(engine, project)["app"][0] is SyncAction.NOTHING


def test_a_scale_that_differs_is_seen(engine: Engine, project: Project) -> None:
    project.compose("up", "--detach", "--scale", "twin=3", "--no-recreate")
    assert look(engine, project)["twin"][0] is SyncAction.SCALE_DOWN
    project.compose("up", "--detach", "--scale", "twin=1", "--no-recreate")
    assert look(engine, project)["twin"][0] is SyncAction.SCALE_UP


def test_an_image_that_was_built_anew_is_seen(engine: Engine, make_project: MakeProject) -> None:
    project = make_project(
        "services: {app: {build: ., command: [sleep, '600'], stop_grace_period: 0s}}",
        files={"Dockerfile": "FROM pixel-tui-test:latest\nLABEL edition=1\n"},
        up=True,
    )
    assert look(engine, project)["app"][0] is SyncAction.NOTHING
    (project.directory / "Dockerfile").write_text("FROM pixel-tui-test:latest\nLABEL edition=2\n")
    project.compose("build")
    action, reason = look(engine, project)["app"]
    assert action is SyncAction.RECREATE
    assert "has changed" in reason


def test_a_broken_file_is_refused_in_composes_own_words(make_project: MakeProject) -> None:
    project = make_project("services:\n  app:\n    imagee: x\n")
    with pytest.raises(ComposeRefused, match="imagee") as error:
        project_reader(project).resolve()
    assert str(project.directory) in error.value.on


def test_a_folder_without_a_compose_file_is_told_apart(engine: Engine, tmp_path: Path) -> None:
    environment = environment_of(engine)
    command = find_command(environment, host=engine.host, directory=str(tmp_path))
    with pytest.raises(ProjectMissing, match="No compose file"):
        ComposeProject(command, environment).resolve()


def test_a_file_or_folder_that_is_not_there_is_named(engine: Engine, tmp_path: Path) -> None:
    environment = environment_of(engine)
    for wrong in (
        find_command(environment, files=[str(tmp_path / "no.yaml")]),
        find_command(environment, directory=str(tmp_path / "nowhere")),
    ):
        with pytest.raises(ProjectMissing, match="No such"):
            ComposeProject(wrong, environment).resolve()


def test_a_missing_compose_program_says_how_to_get_it(project: Project) -> None:
    environment = {"PATH": "/nonexistent", "HOME": "/nonexistent"}
    command = find_command(environment, directory=str(project.directory))
    with pytest.raises(ComposeMissing) as error:
        ComposeProject(command, environment).resolve()
    assert "docker-compose-plugin" in error.value.hint


def test_the_project_is_found_from_a_folder_below_it(project: Project) -> None:
    below = project.directory / "some" / "where"
    below.mkdir(parents=True)
    assert find_directory(below) == project.directory


def test_what_compose_warns_about_is_kept(make_project: MakeProject) -> None:
    project = make_project(
        "services: {app: {image: pixel-tui-test, environment: {A: '${NOT_SET_ANYWHERE}'}}}"
    )
    warnings = project_reader(project).resolve().warnings
    assert any("NOT_SET_ANYWHERE" in warning for warning in warnings)


def test_an_image_that_was_built_with_another_public_value_is_seen(
    engine: Engine, make_project: MakeProject
) -> None:
    project = make_project(
        "services: {app: {build: {context: ., args: {NEXT_PUBLIC_URL: '${URL}'}},"
        " command: [sleep, '600'], stop_grace_period: 0s}}",
        files={
            "Dockerfile": "FROM pixel-tui-test:latest\nARG NEXT_PUBLIC_URL\nRUN echo > /built\n",
            ".env": "URL=http://a\n",
        },
        up=True,
    )
    assert look(engine, project)["app"][0] is SyncAction.NOTHING
    (project.directory / ".env").write_text("URL=http://c\n")
    project.compose("up", "--detach")
    words = "image built with another NEXT_PUBLIC_URL"
    assert look(engine, project)["app"] == (SyncAction.REBUILD, words)
    project.compose("up", "--detach", "--build")
    assert look(engine, project)["app"][0] is SyncAction.NOTHING


def test_a_character_beyond_the_bmp_is_as_good_as_any(
    engine: Engine, make_project: MakeProject
) -> None:
    project = make_project(
        "services: {app: {image: 'pixel-tui-test:latest', command: [sleep, '600'],"
        " stop_grace_period: 0s, environment: {A: 'tada 🎉', B: '${B}', C: '${C}'}}}",
        files={".env": "B=🐳 whale\nC='a\x7f\x9b\ufeffb'\n"},
        up=True,
    )
    assert look(engine, project)["app"][0] is SyncAction.NOTHING
    (project.directory / ".env").write_text("B=🐋\nC='a\x7f\x9b\ufeffb'\n")
    assert look(engine, project)["app"] == (
        SyncAction.RECREATE,
        "its environment has changed (B)",
    )


ODD = """
x-common: &common
  image: pixel-tui-test:latest
  command: [sleep, "600"]
  stop_grace_period: 0s
services:
  labelled: {<<: *common, label_file: [labels.txt, "./more.txt"], labels: {own: "1"}}
  latin: {<<: *common, env_file: latin.env}
  put-in: {<<: *common, environment: {A: "${LATIN}"}}
  gateway: {<<: *common, scale: 2, ipc: shareable}
  network: {<<: *common, network_mode: "service:gateway"}
  volumes: {<<: *common, volumes_from: ["gateway:ro"]}
  processes: {<<: *common, pid: "service:gateway", ipc: "service:gateway"}
  plain: {<<: *common, environment: {A: "<&>"}}
"""


def test_what_no_answer_of_compose_survives_is_compared_all_the_same(
    engine: Engine, make_project: MakeProject
) -> None:
    project = make_project(ODD, files={"labels.txt": "a=$b\n", "more.txt": "own=2\nc=<d>\n"})
    (project.directory / ".env").write_bytes(b"LATIN=caf\xe9\n")
    (project.directory / "latin.env").write_bytes(b"A=caf\xe9 $5\n")
    project.compose("up", "--detach")
    found = look(engine, project)
    assert found == dict.fromkeys(found, (SyncAction.NOTHING, ""))

    (project.directory / "more.txt").write_text("c=e\n")
    (project.directory / "latin.env").write_bytes(b"A=caf\xe9s\n")
    found = look(engine, project)
    assert found["labelled"] == (SyncAction.RECREATE, "its configuration has changed")
    assert found["latin"][0] is SyncAction.UNKNOWN
    assert "not valid UTF-8" in found["latin"][1]
    assert found["put-in"][0] is SyncAction.NOTHING

    project.compose("up", "--detach", "--no-deps", "--force-recreate", "gateway")
    found = look(engine, project)
    for name in ("network", "volumes", "processes"):
        assert found[name][0] is SyncAction.RECREATE
        assert "the container of gateway that it shared with is gone" in found[name][1]
    assert found["plain"][0] is SyncAction.NOTHING


def test_a_reference_that_is_none_concerns_its_own_service(
    engine: Engine, make_project: MakeProject
) -> None:
    project = make_project(
        "services: {app: {image: 'pixel-tui-test:latest', command: [sleep, '600'],"
        " stop_grace_period: 0s}, lost: {image: 'busybox:${TAG}'}, slashes: {image: 'a//b'},"
        " capital: {image: 'MyApp:latest'}, missing: {image: 'nowhere.test/x'}}"
    )
    project.compose("up", "--detach", "app")
    found = look(engine, project)
    assert found["app"][0] is SyncAction.NOTHING
    for name in ("lost", "slashes", "capital"):
        assert found[name][0] is SyncAction.UNKNOWN
        assert "not a valid image name" in found[name][1]
    assert found["missing"][0] is SyncAction.PULL


COMMON = "image: 'pixel-tui-test:latest', command: [sleep, '600'], stop_grace_period: 0s"
ALTERNATIVES = {
    "one container name": (
        (
            f"cpu: {{{COMMON}, container_name: pixel-tui-same, profiles: [cpu]}},"
            f" gpu: {{{COMMON}, container_name: pixel-tui-same, profiles: [gpu]}}"
        ),
        "container name",
    ),
    "a file that is not there": (
        (
            f"cpu: {{{COMMON}, profiles: [cpu]}},"
            f" gpu: {{{COMMON}, env_file: none.env, profiles: [gpu]}}"
        ),
        "none.env",
    ),
    "a service that is not there": (
        (
            f"cpu: {{{COMMON}, profiles: [cpu]}},"
            f" gpu: {{{COMMON}, depends_on: [nobody], profiles: [gpu]}}"
        ),
        "nobody",
    ),
    "an image without a name": (
        f"cpu: {{{COMMON}, profiles: [cpu]}}, gpu: {{image: '${{NONE}}', profiles: [gpu]}}",
        "neither an image nor a build",
    ),
}


OURS = {"neither an image nor a build": "no image and no build"}
"""What pixel-tui says of one service where compose says this of the project."""


@pytest.mark.parametrize(("services", "words"), ALTERNATIVES.values(), ids=list(ALTERNATIVES))
def test_profiles_that_exclude_each_other_leave_the_active_ones(
    engine: Engine, make_project: MakeProject, services: str, words: str
) -> None:
    project = make_project(
        f"services: {{app: {{{COMMON}}}, {services}}}", files={".env": "COMPOSE_PROFILES=cpu\n"}
    )
    project.compose("up", "--detach")
    snapshot = read_snapshot(
        engine_reader(engine),
        project_reader(project),
        SystemClock(),
    )
    found = {item.name: item.sync.action for item in snapshot.services}
    assert found == {
        "app": SyncAction.NOTHING,
        "cpu": SyncAction.NOTHING,
        "gpu": SyncAction.OFF,
    }
    assert snapshot.project is not None
    assert "gpu" in snapshot.project.left_out
    assert words in snapshot.project.left_out
    assert not snapshot.orphans
    file = ("--file", str(project.directory / "docker-compose.yml"))
    down = (*file, "-p", project.name, "--profile", "*", "down", "--dry-run")
    refused = engine.compose(project.directory, *down, check=False).returncode != 0
    assert bool(snapshot.project.refused_together) == refused
    gpu = next(item for item in snapshot.project.services if item.name == "gpu")
    project.compose("rm", "--stop", "--force", "cpu")
    starts = not project.compose("up", "--detach", "gpu", check=False).returncode
    assert starts == (not gpu.refused)
    if gpu.refused:
        ours = OURS.get(words, words)
        assert ours in gpu.refused
        with pytest.raises(OperationError, match=r"gpu is refused by compose: .*" + ours):
            plan_action("start", ["gpu"], snapshot, COMMAND, now=SystemClock().now())


def test_what_the_active_profiles_refuse_is_refused(make_project: MakeProject) -> None:
    project = make_project(
        f"services: {{app: {{{COMMON}, depends_on: [nobody]}}, x: {{{COMMON}, profiles: [x]}}}}"
    )
    with pytest.raises(ComposeRefused, match="nobody"):
        project_reader(project).resolve()


def snapshot_of(engine: Engine, project: Project) -> StackSnapshot:
    reader = engine_reader(engine)
    return read_snapshot(reader, project_reader(project), SystemClock())


def said(snapshot: StackSnapshot, name: str) -> str:
    service = snapshot.service(name)
    assert service is not None
    finding = finding_of(service, snapshot, SystemClock().now())
    return f"{finding.what}; {finding.why}; {finding.hint}" if finding else ""


def test_what_compose_will_not_make_is_named_before_a_start_fails(
    engine: Engine, make_project: MakeProject
) -> None:
    project = make_project(
        f"services: {{net: {{{COMMON}, networks: [far]}}, vol: {{{COMMON}, volumes: ['old:/v']}},"
        f" image: {{image: 'nowhere.test/x', depends_on: [net]}}, waits: {{{COMMON}, depends_on:"
        " [net]}}\nnetworks: {far: {external: true, name: pixel-tui-far}}\n"
        "volumes: {old: {external: true, name: pixel-tui-old}}\n"
    )
    now = snapshot_of(engine, project)
    assert "external network pixel-tui-far does not exist" in said(now, "net")
    assert " network create pixel-tui-far" in said(now, "net")
    assert "external volume pixel-tui-old does not exist" in said(now, "vol")
    assert "nowhere.test/x is missing" in said(now, "image")
    assert " pull image && docker " in said(now, "image")
    assert "it waits for net: external network" in said(now, "waits")

    engine.docker("network", "create", "pixel-tui-far")
    engine.docker("volume", "create", "pixel-tui-old")
    try:
        now = snapshot_of(engine, project)
        for name in ("net", "vol"):
            assert "Start it: docker " in said(now, name)
            assert f" --project-directory {project.directory} " in said(now, name)
            assert f" up -d {name}" in said(now, name)
        project.compose("up", "--detach", "net", "vol")
        now = snapshot_of(engine, project)
        assert (said(now, "net"), said(now, "vol")) == ("", "")
    finally:
        project.down()
        engine.docker("network", "rm", "pixel-tui-far")
        engine.docker("volume", "rm", "pixel-tui-old")


def test_a_container_that_was_taken_from_its_network_is_not_well(
    engine: Engine, make_project: MakeProject
) -> None:
    project = make_project(
        f"services: {{app: {{{COMMON}, networks: [default, inner]}}, other: {{{COMMON}}}}}\n"
        "networks: {inner: {}}\n",
        up=True,
    )
    network = f"{project.name}_inner"
    (container,) = snapshot_of(engine, project).services[0].regular
    engine.docker("network", "disconnect", network, container.id)
    now = snapshot_of(engine, project)
    assert not now.services[0].is_ok
    assert f"is not connected to its network {network}" in said(now, "app")
    assert now.services[0].sync.action is SyncAction.RECREATE
    assert now.services[1].is_ok
    project.compose("up", "--detach", "app")
    now = snapshot_of(engine, project)
    assert now.services[0].is_ok
    assert now.services[0].sync.action is SyncAction.NOTHING


def test_a_service_of_a_provider_has_no_container_and_wants_no_image(
    engine: Engine, make_project: MakeProject
) -> None:
    project = make_project(
        f"services: {{app: {{{COMMON}}}, db: {{provider: {{type: cloud, options: {{kind: x}}}}}}}}"
    )
    project.compose("up", "--detach", "--no-deps", "app")
    now = snapshot_of(engine, project)
    app, db = now.services
    assert (app.sync.action, app.is_ok) == (SyncAction.NOTHING, True)
    assert (db.state, db.sync.action) == (ServiceState.UNKNOWN, SyncAction.PROVIDER)
    assert "cloud provides it" in db.sync.reason
    assert said(now, "db") == ""


INCLUDING = {
    "docker-compose.yml": """
include:
  - sub/inner.yml
  - {path: sub/deep/more.yml, project_directory: sub, env_file: sub/own.env}
services:
  outer: {extends: {file: sub/base.yml, service: base}}
""",
    "sub/inner.yml": """
services:
  inner:
    extends: {file: base.yml, service: base}
    label_file: ./labels.txt
    labels: {t: "${T:-none}"}
""",
    "sub/base.yml": f"""
services: {{base: {{{COMMON}, volumes: ['./data:/d'], env_file: base.env}}}}
""",
    "sub/deep/more.yml": f"""
services: {{more: {{{COMMON}, env_file: own.env, labels: {{t: '$T'}}}}}}
""",
    "sub/base.env": "B=1\n",
    "sub/own.env": "T=own\n",
    "sub/.env": "T=sub\n",
    "sub/labels.txt": "l=1\n",
}


def test_paths_inside_of_included_and_extended_files_are_where_compose_has_them(
    engine: Engine, make_project: MakeProject
) -> None:
    project = make_project("", files=INCLUDING, up=True)
    found = look(engine, project)
    assert found == dict.fromkeys(("inner", "more", "outer"), (SyncAction.NOTHING, ""))
    reader = project_reader(project)
    for name, changed in (
        ("sub/base.env", {"inner", "outer"}),
        ("sub/own.env", {"more"}),
        ("sub/.env", {"inner"}),
        ("sub/labels.txt", {"inner"}),
        ("sub/base.yml", {"inner", "outer"}),
    ):
        before, path = reader.fingerprint(), project.directory / name
        old = path.read_text()
        path.write_text(old.replace("=", "=x").replace("/data", "/other"))
        assert reader.fingerprint() != before, name
        found = look(engine, project)
        assert {key for key, item in found.items() if item[0] is SyncAction.RECREATE} == changed
        path.write_text(old)
