"""Finding networks and volumes that differ from the compose file."""

from typing import ClassVar

from pixel_tui.errors import EngineRefused
from pixel_tui.stack.model.json_value import JsonObject
from pixel_tui.stack.model.project import Project
from pixel_tui.stack.model.resource_model import Resource, ResourceKind
from pixel_tui.stack.model.resources import HASH_LABEL, ResourceReader
from pixel_tui.text import SafeText
from tests.builders.join import container
from tests.builders.scripted_engine import ScriptedEngine


def test_stopped_containers_on_a_changed_network_are_read_once() -> None:
    labels: JsonObject = {f"com.docker.compose.{key}": value for key, value in LABELS.items()}

    class OnNetwork(ScriptedEngine):
        asked: ClassVar[list[str]] = []
        refused = False

        def networks(self) -> list[JsonObject]:
            return [{"Name": "p_net", "Labels": {HASH_LABEL: "another"}}]

        def network(self, name: str) -> JsonObject | None:
            return {"Name": name, "Containers": {"a" * 64: {"Name": "p-api-1"}}}

        def containers_on(self, network: str) -> list[JsonObject]:
            if self.refused:
                raise EngineRefused(403, "Forbidden", on="/containers/json")
            assert network == "p_net"
            return [
                {"Id": "a" * 64, "Names": ["/p-api-1"], "State": "running"},
                {"Id": "b" * 64, "Names": ["/loops"], "State": "restarting"},
                {"Id": "c" * 64, "Names": ["/debug"], "State": "exited"},
                {"Id": "d" * 64, "Names": ["/shop-db-1"], "State": "created", "Labels": labels},
            ]

        def inspect(self, container_id: str) -> JsonObject:
            self.asked.append(container_id)
            place: JsonObject = {"Aliases": ["probe", "c" * 12]}
            return {"NetworkSettings": {"Networks": {"p_net": place}}}

    resources = (Resource(ResourceKind.NETWORK, SafeText("net"), SafeText("p_net"), "a hash"),)
    project = Project(SafeText("p"), SafeText("/srv/p"), resources=resources)
    engine = OnNetwork()
    reader = ResourceReader(engine)
    for _ in range(2):
        (found,) = reader.read(project, ())
        assert [item.name for item in found.attached] == ["p-api-1", "loops"]
        debug, db = found.stopped
        assert (debug.name, debug.aliases) == ("debug", ("probe",))
        assert (db.project, db.service, db.directory) == ("shop", "db", "/srv/shop")
        assert db.files == ("/srv/shop/a.yml", "/srv/shop/b.yml")
    assert engine.asked == ["c" * 64], "compose gives its names by itself"
    engine.refused = True
    (found,) = reader.read(project, ())
    assert [item.name for item in found.attached] == ["p-api-1"]
    assert "Forbidden" in found.unlisted


LABELS = {
    "project": "shop",
    "service": "db",
    "project.working_dir": "/srv/shop",
    "project.config_files": "/srv/shop/a.yml,/srv/shop/b.yml",
}


def test_networks_are_listed_again_only_if_containers_changed() -> None:
    class Counting(ScriptedEngine):
        asked = 0

        def networks(self) -> list[JsonObject]:
            self.asked += 1
            return [{"Name": "p_net", "Labels": {HASH_LABEL: "another"}}]

        def network(self, name: str) -> JsonObject | None:
            return {"Name": name, "Containers": {}}

    resources = (Resource(ResourceKind.NETWORK, SafeText("net"), SafeText("p_net"), "a hash"),)
    project = Project(SafeText("p"), SafeText("/srv/p"), resources=resources)
    engine = Counting()
    reader = ResourceReader(engine)
    for containers in ((container(),), (container(),), (container(number=2),)):
        (found,) = reader.read(project, containers)
        assert (found.name, found.unread) == ("p_net", "")
    assert engine.asked == 2
