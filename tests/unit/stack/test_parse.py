"""Parsing JSON of the engine and of compose: recordings of a real engine, and hostile JSON."""

import json
from datetime import UTC
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixel_tui.redaction.redactor import MASK
from pixel_tui.stack.model.container import ContainerState, HealthStatus, Port
from pixel_tui.stack.model.json_value import JsonObject, load_object
from pixel_tui.stack.model.parse_container import parse_container
from pixel_tui.stack.model.parse_event import parse_event
from pixel_tui.stack.model.parse_project import parse_project
from pixel_tui.stack.model.source import ResolvedProject
from pixel_tui.text import is_harmless

DATA = Path(__file__).parents[2] / "data"
ENGINES = sorted(path.name for path in DATA.glob("engine-*"))


def recording(engine: str, name: str) -> JsonObject:
    return load_object((DATA / engine / f"{name}.json").read_bytes())


@pytest.mark.parametrize("engine", ENGINES)
def test_a_running_container_is_parsed_completely(engine: str) -> None:
    container = parse_container(recording(engine, "inspect-running"))
    assert container.name == "p1-api-1"
    assert container.service == "api"
    assert container.state is ContainerState.RUNNING
    assert container.health_status is HealthStatus.HEALTHY
    assert container.exit_code is None
    assert container.ports == (Port(80, "tcp", container.ports[0].host_ip, 18080),)
    assert container.memory_limit == 64 * 1024 * 1024
    assert container.log_driver == "json-file"
    assert container.restart_policy == "unless-stopped"
    assert container.started_at is not None
    assert container.started_at.tzinfo is UTC
    assert {network.network for network in container.networks} == {"p1_default", "p1_n1"}
    assert {mount.target for mount in container.mounts} >= {"/data", "/src"}
    assert container.config_hash
    assert not container.oneoff


@pytest.mark.parametrize("engine", ENGINES)
def test_secrets_of_a_container_never_enter_the_model(engine: str) -> None:
    container = parse_container(recording(engine, "inspect-running"))
    values = {str(entry.name): entry.value for entry in container.environment}
    assert values["SECRET_KEY"] == MASK
    assert values["DOLLAR"] == "a$b"
    sick = parse_container(recording(engine, "inspect-unhealthy"))
    assert "fakepw" not in repr(sick)
    assert "fake-token" not in repr(sick)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_failing_health_check_has_its_output(engine: str) -> None:
    sick = parse_container(recording(engine, "inspect-unhealthy"))
    assert sick.health is not None
    assert sick.health.status is HealthStatus.UNHEALTHY
    assert sick.health.failing_streak >= 2
    assert sick.health.probes[-1].exit_code == 3
    assert sick.health.probes[-1].output == ("no db: connection refused",)


@pytest.mark.parametrize(
    ("state", "streak", "status"),
    [
        ("running", 3, HealthStatus.UNHEALTHY),
        ("running", 0, HealthStatus.STARTING),  # not checked since a pause
        ("paused", 0, HealthStatus.NONE),
        ("exited", 0, HealthStatus.NONE),
        ("exited", 3, HealthStatus.NONE),
        ("restarting", 0, HealthStatus.NONE),
    ],
)
def test_a_container_that_is_not_checked_is_not_unhealthy(
    state: str, streak: int, status: HealthStatus
) -> None:
    raw = recording(ENGINES[0], "inspect-unhealthy")
    told = raw["State"]
    assert isinstance(told, dict)
    assert isinstance(told["Health"], dict)
    told["Status"] = state
    told["Running"] = state != "exited"
    told["Health"]["FailingStreak"] = streak
    sick = parse_container(raw)
    assert sick.health_status is status
    assert sick.health is not None
    assert sick.health.probes


@pytest.mark.parametrize("engine", ENGINES)
def test_an_oom_kill_is_distinguished_from_an_exit(engine: str) -> None:
    dead = parse_container(recording(engine, "inspect-oom"))
    assert dead.state is ContainerState.EXITED
    assert dead.exit_code == 137
    assert dead.oom_killed
    assert not dead.running


@pytest.mark.parametrize("engine", ENGINES)
def test_a_container_of_compose_run_is_a_one_off(engine: str) -> None:
    assert parse_container(recording(engine, "inspect-oneoff")).oneoff


@pytest.mark.parametrize("engine", ENGINES)
def test_the_resolved_project_has_every_service(engine: str) -> None:
    resolved = ResolvedProject(
        recording(engine, "config"), frozenset({"api", "web"}), "/srv/p1", warnings=("w",)
    )
    project = parse_project(resolved, {"api": "abc"})
    specs = {str(spec.name): spec for spec in project.services}
    assert list(specs) == ["api", "tools", "web"]
    assert specs["api"].builds
    assert specs["api"].config_hash == "abc"
    assert specs["api"].stop_grace_period == 30.0
    assert specs["api"].has_health_check
    assert specs["web"].replicas == 2
    assert specs["web"].depends_on[0].service == "api"
    assert specs["web"].depends_on[0].condition == "service_healthy"
    assert specs["web"].log_driver == "none"
    assert specs["tools"].profiles == ("tools",)
    assert not specs["tools"].active
    assert project.needed_by("api") == ("web",)
    assert project.warnings == ("w",)


def test_the_hash_of_a_service_that_depends_on_a_provider_is_in_doubt() -> None:
    config: JsonObject = {
        "services": {
            "app": {"image": "a", "depends_on": {"db": {}, "cache": {}}},
            "cache": {"image": "c"},
            "db": {"provider": {"type": "cloud"}},
            "web": {"image": "w", "depends_on": {"app": {}}},
        }
    }
    project = parse_project(ResolvedProject(config, frozenset(config), "/x"), {"app": "abc"})
    doubts = {str(spec.name): str(spec.hash_doubt) for spec in project.services}
    assert doubts == {"app": "db may add variables to it", "cache": "", "db": "", "web": ""}


def test_links_are_services_without_their_aliases() -> None:
    config: JsonObject = {"services": {"app": {"image": "a", "links": ["db:base", "cache"]}}}
    (app,) = parse_project(ResolvedProject(config, frozenset(config), "/x"), {}).services
    assert app.links == ("db", "cache")


def _words(text: str) -> list[str]:
    return text.split()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                _words(
                    "Id Name State Config HostConfig Labels Health Log "
                    "Status Ports Mounts Networks NetworkSettings Env Args Path "
                    "Cmd Start Output services name ports depends_on deploy "
                    "Actor Attributes Type Action ID time timeNano RestartPolicy "
                    "Memory"
                )
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=25,
)
objects = st.dictionaries(
    st.sampled_from(
        _words(
            "Id Name State Config HostConfig Mounts NetworkSettings Args "
            "Path services name Actor Type Action time timeNano "
            "RestartCount Created"
        )
    ),
    json_values,
    max_size=8,
)


@given(objects)
def test_json_of_any_shape_can_be_parsed(raw: JsonObject) -> None:
    container = parse_container(raw)
    assert is_harmless(container.name)
    assert is_harmless(container.command)
    parse_event(raw)
    project = parse_project(ResolvedProject(raw, frozenset(), "/x"), {})
    assert all(is_harmless(spec.name) for spec in project.services)


def test_names_and_labels_are_sanitised() -> None:
    container = parse_container(
        {
            "Id": "ab/..\x1b[2J",
            "Name": "/evil\x1b[2J",
            "Config": {"Labels": {"a\x07": "\x1b]52;c;x\x07[/red]"}, "Image": "i\u202e"},
        }
    )
    assert container.id == "ab2"
    assert container.name == "evil"
    assert container.labels == (("a␇", "[/red]"),)
    assert container.image == "i"


def test_recordings_have_no_path_of_the_recording_machine() -> None:
    for path in DATA.rglob("*.json"):
        assert "/tmp/" not in json.dumps(json.loads(path.read_text()))
