"""Reading what containers were created with, even if one can't be inspected."""

import pytest

from pixel_tui.environment.apply.impact import ServiceChange
from pixel_tui.environment.apply.impact_finding import find_impact
from pixel_tui.errors import EngineAnswerInvalid, EngineError, EngineRefused, EngineUnreachable
from pixel_tui.stack.compose.candidate_reading import CandidateReading, ServiceReading
from pixel_tui.stack.model.json_value import JsonObject
from pixel_tui.stack.watch.running_services import RunningService, read_running
from pixel_tui.text import plain
from tests.builders.scripted_engine import ScriptedEngine

LABEL = "com.docker.compose."


def labels(service: str) -> JsonObject:
    return {f"{LABEL}service": service, f"{LABEL}config-hash": f"hash-{service}"}


class OneBroken(ScriptedEngine):
    """It can list but not inspect `db`."""

    error: EngineError = EngineRefused(500, "layer does not exist")

    def containers(self, project: str) -> list[JsonObject]:
        return [
            {"Id": f"id-{name}", "Labels": labels(name), "State": "running", "ImageID": "sha256:1"}
            for name in ("api", "db")
        ]

    def inspect(self, container_id: str) -> JsonObject:
        if container_id == "id-db":
            raise self.error
        config: JsonObject = {"Labels": labels("api"), "Env": ["TOKEN=old"]}
        return {"Id": container_id, "State": {"Running": True}, "Config": config, "Image": "i"}


def running(error: EngineError) -> dict[str, RunningService]:
    engine = OneBroken()
    engine.error = error
    return dict(read_running(engine, "p"))


@pytest.mark.parametrize(
    "error", [EngineRefused(500, "layer does not exist"), EngineAnswerInvalid("No JSON.")]
)
def test_an_uninspectable_container_has_its_labels(error: EngineError) -> None:
    found = running(error)
    assert found["api"].environment == {"TOKEN": "old"}
    assert not found["api"].unread
    db = found["db"]
    assert (db.up, db.hashes, db.environment) == (True, frozenset({"hash-db"}), {})
    assert db.unread


def test_a_removed_container_is_skipped_and_a_lost_engine_is_an_error() -> None:
    assert set(running(EngineRefused(404, "No such container"))) == {"api"}
    with pytest.raises(EngineUnreachable):
        running(EngineUnreachable("Nobody answers."))


def test_the_impact_is_derived_from_the_hash_and_the_doubt_is_named() -> None:
    found = running(EngineRefused(500, "layer does not exist"))

    def reading(config_hash: str) -> CandidateReading:
        db = ServiceReading(plain("db"), config_hash, True, False, "x", {"A": config_hash}, {})
        return CandidateReading(services={"db": db})

    same = find_impact(reading("hash-db"), reading("hash-db"), found, ())
    assert not same.services
    assert "A container of db can't be inspected" in same.warnings[0]
    other = find_impact(reading("new"), reading("hash-db"), found, ("A",))
    assert [(item.service, item.change) for item in other.services] == [
        ("db", ServiceChange.RECREATE)
    ]
    assert other.services[0].cause == "its environment changes"
