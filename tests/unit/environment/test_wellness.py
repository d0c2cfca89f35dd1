"""Whether what was just made anew is well: decided, still open, or given up."""

from dataclasses import dataclass, field

import pytest

from pixel_tui.environment.apply.wellness import SETTLE_SECONDS, EngineContainers
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
    ("engine", "ill", "waiting"),
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
def test_the_engine_s_words_decide(engine: OneContainer, ill: str, waiting: str) -> None:
    found = EngineContainers(engine, "pixel").wellness(["api"])
    assert (found.ill, found.waiting) == (ill, waiting)


def test_what_has_no_health_check_has_to_last_by_the_clock_of_this_machine() -> None:
    now = [1000.0]
    engine = OneContainer(state={"StartedAt": "2199-01-01T00:00:00Z"})
    containers = EngineContainers(engine, "pixel", lambda: now[0])
    assert containers.wellness(["api"]).waiting
    now[0] += SETTLE_SECONDS
    assert not containers.wellness(["api"]).waiting
    engine.state["StartedAt"] = "2199-01-01T00:00:09Z"
    assert containers.wellness(["api"]).waiting


def test_a_health_check_gets_the_time_that_it_may_take() -> None:
    check: dict[str, JsonValue] = {
        "StartPeriod": 90 * SECOND, "Interval": 10 * SECOND, "Timeout": 5 * SECOND, "Retries": 3,
    }  # fmt: skip
    engine = OneContainer(state={"Health": {"Status": "starting"}}, check=check)
    assert EngineContainers(engine, "pixel").wellness(["api"]).patience == 150
    engine.check["StartPeriod"] = 10_000 * SECOND
    assert EngineContainers(engine, "pixel").wellness(["api"]).patience == 900


def test_the_images_of_before_are_those_that_the_containers_run() -> None:
    assert EngineContainers(OneContainer(), "pixel").images(["api"]) == {"api:1": "sha256:old"}
    assert EngineContainers(OneContainer(), "pixel").images(["web"]) == {}
