"""External networks and volumes: which ones are looked up."""

from typing import ClassVar

from pixel_tui.stack.model.container import ContainerState
from pixel_tui.stack.model.json_value import JsonObject
from pixel_tui.stack.model.project import External, Project, ServiceSpec
from pixel_tui.stack.watch.external_reading import read_missing
from pixel_tui.text import SafeText
from tests.builders.join import container, spec
from tests.builders.scripted_engine import ScriptedEngine


def test_externals_of_active_services_and_of_those_with_containers_are_looked_up() -> None:
    class Asked(ScriptedEngine):
        names: ClassVar[list[str]] = []

        def network(self, name: str) -> JsonObject | None:
            self.names.append(name)
            return None

    def on(name: str, **changes: object) -> ServiceSpec:
        return spec(name, externals=(External("network", SafeText(f"net-{name}")),), **changes)

    services = (on("api"), on("up"), on("put-down", active=False), on("off", active=False))
    project = Project(SafeText("p"), SafeText("/srv/p"), services=services)
    containers = (
        container("up"),
        container("put-down", state=ContainerState.EXITED, exit_code=0),
    )
    missing = read_missing(Asked(), project, containers)
    assert Asked.names == ["net-api", "net-put-down"]
    assert {item.name for item in missing} == {"net-api", "net-put-down"}
