"""The health of services that were just recreated: decided, pending, or failed."""

from dataclasses import dataclass, field

import pytest

from pixel_tui.environment.apply.service_health import SETTLE_SECONDS, EngineContainers
from pixel_tui.stack.model.json_value import JsonObject, JsonValue
from pixel_tui.stack.model.labels import LABEL
from tests.builders.scripted_engine import ScriptedEngine

SECOND = 1_000_000_000


@dataclass
class OneContainer(ScriptedEngine):
    """An engine with one container of the service `api`."""

    state: dict[str, JsonValue] = field(default_factory=dict)
    check: dict[str, JsonValue] = field(default_factory=dict)
    restarts: int = 0
    policy: str = ""
    gone: bool = False

    def containers(self, project: str) -> list[JsonObject]:
        if self.gone:
            return []
        return [{"Id": "a" * 64, "Labels": {f"{LABEL}service": "api"}}]

    def inspect(self, container_id: str) -> JsonObject:
        return {
            "Id": container_id,
            "Image": "sha256:old",
            "State": {"Running": True, "Status": "running", "StartedAt": "x", **self.state},
            "RestartCount": self.restarts,
            "HostConfig": {"RestartPolicy": {"Name": self.policy}},
            "Config": {"Image": "api:1", "Healthcheck": self.check},
        }


ENDED: dict[str, JsonValue] = {"Running": False, "Status": "exited", "ExitCode": 0}
FAILED: dict[str, JsonValue] = {**ENDED, "ExitCode": 3}


@pytest.mark.parametrize(
    ("engine", "failure", "pending"),
    [
        (OneContainer(state={"Health": {"Status": "healthy"}}), "", ""),
        (OneContainer(state={"Health": {"Status": "starting"}}), "", "api is starting"),
        (OneContainer(state={"Health": {"Status": "unhealthy"}}), "api is unhealthy", ""),
        (OneContainer(state={"Restarting": True}), "", "api restarts"),
        (OneContainer(restarts=3), "api exits again and again", ""),
        (OneContainer(state=FAILED), "api exited with exit code 3", ""),
        (OneContainer(state=ENDED), "", ""),
        (OneContainer(state=ENDED, policy="always"), "api exited with exit code 0", ""),
        (OneContainer(gone=True), "", "api has no container"),
        (OneContainer(), "", "api has just been started"),
    ],
)
def test_the_engines_state_decides(engine: OneContainer, failure: str, pending: str) -> None:
    found = EngineContainers(engine, "pixel").health(["api"])
    assert (found.failure, found.pending) == (failure, pending)


def test_a_container_without_a_health_check_must_keep_running() -> None:
    now = [1000.0]
    engine = OneContainer(state={"StartedAt": "2199-01-01T00:00:00Z"})
    containers = EngineContainers(engine, "pixel", lambda: now[0])
    assert containers.health(["api"]).pending
    now[0] += SETTLE_SECONDS
    assert not containers.health(["api"]).pending
    engine.state["StartedAt"] = "2199-01-01T00:00:09Z"
    assert containers.health(["api"]).pending


def test_a_health_check_gets_the_time_it_needs() -> None:
    check: dict[str, JsonValue] = {
        "StartPeriod": 90 * SECOND, "Interval": 10 * SECOND, "Timeout": 5 * SECOND, "Retries": 3,
    }  # fmt: skip
    engine = OneContainer(state={"Health": {"Status": "starting"}}, check=check)
    assert EngineContainers(engine, "pixel").health(["api"]).timeout == 150
    engine.check["StartPeriod"] = 10_000 * SECOND
    assert EngineContainers(engine, "pixel").health(["api"]).timeout == 900


def test_the_previous_images_are_those_of_the_containers() -> None:
    assert EngineContainers(OneContainer(), "pixel").images(["api"]) == {"api:1": "sha256:old"}
    assert EngineContainers(OneContainer(), "pixel").images(["web"]) == {}
