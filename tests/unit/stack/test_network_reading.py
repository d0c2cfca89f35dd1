"""The networks of stopped containers: which are looked up, and which are removed."""

from typing import ClassVar

from pixel_tui.errors import EngineRefused
from pixel_tui.stack.model.container import Container, ContainerState, NetworkAddress
from pixel_tui.stack.model.json_value import JsonObject
from pixel_tui.stack.watch.network_reading import read_removed_networks
from pixel_tui.text import SafeText
from tests.builders.join import container
from tests.builders.scripted_engine import ScriptedEngine


class Asked(ScriptedEngine):
    """An engine without the network `gone` that refuses requests about `secret`."""

    asked: ClassVar[list[str]] = []

    def network(self, name: str) -> JsonObject | None:
        self.asked.append(name)
        if name == "secret":
            raise EngineRefused(403, "Forbidden", on="/networks/secret")
        return None if name == "gone" else {"Id": name}


def on(*identities: str, state: ContainerState = ContainerState.EXITED) -> Container:
    places = (
        NetworkAddress(SafeText(f"net-{item}"), SafeText(""), network_id=item)
        for item in identities
    )
    return container(state=state, networks=tuple(places))


def test_networks_of_stopped_containers_are_looked_up_once_by_id() -> None:
    engine = Asked()
    running = on("busy", state=ContainerState.RUNNING)
    containers = (on("here", "gone"), on("gone", "secret", ""), running)
    assert read_removed_networks(engine, containers) == {"gone"}
    assert engine.asked == ["gone", "here", "secret"]
