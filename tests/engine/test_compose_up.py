"""What a plan says that `docker compose up` will do is what compose then does."""

import json
import random
from dataclasses import dataclass

import pytest

from pixel_tui.operations.planning.up_prediction import (
    ContainerChange,
    UpOptions,
    predict_up,
    services_cut_off,
)
from pixel_tui.stack.model.snapshot import SyncAction
from tests.builders.engine_compose_up import seen
from tests.engine.fixtures import MakeProject
from tests.engine.private_engine import BASE_IMAGE, Project

pytestmark = pytest.mark.engine

NAMES = ("a", "b", "c", "d", "e")
ROUNDS = 3
CHANGES = 5

Services = dict[str, dict[str, object]]


def written(services: Services) -> str:
    return json.dumps({"services": services})


def generated(chance: random.Random) -> Services:
    """Services that depend on earlier ones in every way that compose knows."""
    services: Services = {}
    for at, name in enumerate(NAMES):
        service: dict[str, object] = {
            "image": BASE_IMAGE,
            "command": ["sleep", "100000"],
            "stop_grace_period": "0s",
        }
        needs: dict[str, object] = {}
        for other in chance.sample(NAMES[:at], k=min(at, chance.choice([0, 1, 1, 2]))):
            needs[other] = {
                "condition": "service_started",
                "restart": chance.random() < 0.5,
            }
        if at and chance.random() < 0.3:
            shared = chance.choice(NAMES[:at])
            kind = chance.choice(["network_mode", "pid", "volumes_from"])
            if kind == "volumes_from":
                service[kind] = [shared]
            else:
                service[kind] = f"service:{shared}"
        if needs:
            service["depends_on"] = needs
        services[name] = service
    return services


def changed(services: Services, chance: random.Random) -> Services:
    """The same with another configuration of some that do not share what others have."""
    free = [
        name
        for name, service in services.items()
        if not {"network_mode", "pid", "volumes_from"} & set(service)
    ]
    again = {name: dict(service) for name, service in services.items()}
    for name in chance.sample(free, k=min(len(free), chance.choice([0, 1, 1, 2]))):
        again[name]["environment"] = {"SEED": str(chance.random())}
    return again


@dataclass(frozen=True)
class Lives:
    """Each service's containers and when they were started."""

    of: dict[str, frozenset[tuple[str, str]]]

    def change(self, later: "Lives", name: str) -> ContainerChange | None:
        before, after = self.of.get(name, frozenset()), later.of.get(name, frozenset())
        if before == after:
            return None
        if not before:
            return ContainerChange.CREATED
        same = {item for item, _ in before} == {item for item, _ in after}
        return ContainerChange.RESTARTED if same else ContainerChange.RECREATED


def lives(project: Project) -> Lives:
    ids = project.compose("ps", "--all", "--quiet", "--no-trunc").stdout.split()
    of: dict[str, set[tuple[str, str]]] = {}
    for container in ids:
        found = project.engine.inspect(container)
        service = found["Config"]["Labels"]["com.docker.compose.service"]
        of.setdefault(service, set()).add((found["Id"], found["State"]["StartedAt"]))
    return Lives({name: frozenset(items) for name, items in of.items()})


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_a_predicted_up_is_what_compose_does(make_project: MakeProject, seed: int) -> None:
    chance = random.Random(seed)
    services = generated(chance)
    project = make_project(written(services), up=True)
    for _ in range(CHANGES):
        services = changed(services, chance)
        (project.directory / "docker-compose.yml").write_text(written(services))
        for stopped in chance.sample(NAMES, k=chance.choice([0, 0, 1])):
            project.compose("stop", "--timeout", "0", stopped)
        named = sorted(chance.sample(NAMES, k=chance.choice([1, 1, 2])))
        force, alone = chance.random() < 0.3, chance.random() < 0.3
        predicted = predict_up(seen(project), named, UpOptions(force=force, no_deps=alone))
        before = lives(project)
        options = ["--force-recreate"] * force + ["--no-deps"] * alone
        result = project.compose("up", "--detach", *options, *named, check=False)
        if result.returncode:
            # What shares a container that is gone can't be started: the rest was done.
            assert "joining" in result.stderr or "No such container" in result.stderr, result.stderr
            project.compose("up", "--detach", "--force-recreate")
            continue
        after = lives(project)
        told = {name: _seen_as(item.change) for name, item in predicted.items()}
        real = {name: before.change(after, name) for name in NAMES}
        assert {name: change for name, change in real.items() if change} == told, (
            named, options, services, result.stderr
        )  # fmt: skip


def _seen_as(change: ContainerChange) -> ContainerChange:
    """A container that is started again has another start, as one that is restarted."""
    return ContainerChange.RESTARTED if change is ContainerChange.STARTED else change


def test_what_shares_a_namespace_and_is_not_named_is_told_to_lose_it(
    make_project: MakeProject,
) -> None:
    sleeper: dict[str, object] = {
        "image": BASE_IMAGE, "command": ["sleep", "100000"], "stop_grace_period": "0s",
    }  # fmt: skip
    services: Services = {"vpn": sleeper, "app": {**sleeper, "network_mode": "service:vpn"}}
    project = make_project(written(services), up=True)
    snapshot = seen(project)
    app = snapshot.service("app")
    assert app is not None
    assert app.sync.action is SyncAction.NOTHING
    predicted = predict_up(snapshot, ["vpn"], UpOptions(force=True))
    assert list(services_cut_off(snapshot, predicted)) == ["app"]
    project.compose("up", "--detach", "--force-recreate", "vpn")
    listed = project.engine.inspect(project.container("app"))["HostConfig"]["NetworkMode"]
    assert listed != f"container:{project.container('vpn')}", "it belongs to the one that is gone"
