"""Finding networks and volumes whose configuration differs from the compose file.

Compose labels each network and volume that it creates with a hash of its configuration. If the hash
has changed (observed with 2.40.3 and 5.6.1 on a real engine):

- `up` stops those services of the command that are on a *network*, and removes it. If another
  container runs on it, that fails, and the stopped services stay down.
- `up` asks whether to recreate a *volume*, which loses its data. Without a terminal it assumes no,
  and keeps the volume.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from pixel_tui.errors import SINGLE_OBJECT_ERRORS
from pixel_tui.stack.model.container import Container
from pixel_tui.stack.model.json_value import JsonObject, JsonValue, Node
from pixel_tui.stack.model.labels import LABEL
from pixel_tui.stack.model.project import Project
from pixel_tui.stack.model.resource_model import AttachedContainer, Diverged, Resource, ResourceKind
from pixel_tui.stack.model.source import EngineReader
from pixel_tui.text import NO_TEXT, plain

HASH_LABEL: Final = f"{LABEL}config-hash"
_RUNNING_STATES: Final = frozenset({"running", "paused", "restarting"})
_ESCAPED: Final = "<>&\u2028\u2029"
"""Characters that Go's JSON escapes and Python's does not."""
_KEYS: Final = {ResourceKind.NETWORK: "networks", ResourceKind.VOLUME: "volumes"}


def parse_resources(config: JsonObject) -> Iterator[Resource]:
    """Parse the networks and volumes of `docker compose config --format json`."""
    for kind, key in _KEYS.items():
        for name, node in Node(config)[key].members():
            external = node["external"].flag
            yield Resource(
                kind=kind,
                key=plain(name),
                name=node["name"].text or plain(name),
                config_hash="" if external else resource_hash(kind, node.value),
            )


def resource_hash(kind: ResourceKind, value: JsonValue) -> str:
    """Return the hash that compose labels it with: the SHA-256 of its JSON as Go writes it.

    Args:
        kind: A volume without a driver is hashed with `driver: local`.
        value: Its configuration as compose prints it, with each `$` doubled.
    """
    members: dict[str, JsonValue] = {}
    for key, item in Node(value).members():
        members[key] = item.value
        if kind is ResourceKind.VOLUME and key == "name" and not Node(value)["driver"]:
            members["driver"] = "local"
    text = json.dumps(_unescape_dollars(members), ensure_ascii=False, separators=(",", ":"))
    for character in _ESCAPED:
        text = text.replace(character, f"\\u{ord(character):04x}")
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _unescape_dollars(value: JsonValue) -> JsonValue:
    if isinstance(value, str):
        return value.replace("$$", "$")
    if isinstance(value, dict):
        return {key.replace("$$", "$"): _unescape_dollars(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_unescape_dollars(item) for item in value]
    return value


class ResourceReader:
    """Finds the networks and volumes that differ from the compose file.

    A network or volume in use can't be removed or recreated. So they are listed again only if the
    project or the containers have changed; the containers on a diverged network are read each time.

    Args:
        engine: The engine to read from.
    """

    def __init__(self, engine: EngineReader) -> None:
        self._engine = engine
        self._compared: object = None
        self._aliases: dict[tuple[str, str], tuple[str, ...]] = {}
        self._diverged: tuple[Diverged, ...] = ()

    def read(
        self, project: Project | None, containers: Iterable[Container]
    ) -> tuple[Diverged, ...]:
        """Return the networks and volumes that compose would recreate, or that are unreadable.

        Raises:
            EngineError: The engine can't be reached.
        """
        resources = project.resources if project else ()
        states = frozenset((item.id, item.state, item.started_at) for item in containers)
        if self._compared != (resources, states):
            self._diverged = self._compare(resources)
            self._compared = (resources, states)
        return tuple(
            item if item.unread else with_attached(self._engine, item, self._aliases)
            for item in self._diverged
        )

    def _compare(self, resources: Iterable[Resource]) -> tuple[Diverged, ...]:
        found: list[Diverged] = []
        for kind in ResourceKind:
            wanted = [item for item in resources if item.kind is kind and item.config_hash]
            if not wanted:
                continue
            try:
                actual = config_hashes(self._engine, kind)
            except SINGLE_OBJECT_ERRORS as error:
                found += [
                    Diverged(kind, item.key, item.name, unread=error.sentence) for item in wanted
                ]
                continue
            found += [
                Diverged(kind, item.key, item.name)
                for item in wanted
                if actual.get(item.name, item.config_hash) != item.config_hash
            ]
        return tuple(found)


def with_attached(
    engine: EngineReader, item: Diverged, aliases: dict[tuple[str, str], tuple[str, ...]]
) -> Diverged:
    """Return a network with the containers on it, running and stopped.

    Args:
        engine: The engine to read from.
        item: The network; a volume is returned unchanged.
        aliases: Cache of the aliases of stopped containers, by container and network.

    Raises:
        EngineError: The engine can't be reached.
    """
    if item.kind is not ResourceKind.NETWORK:
        return item
    try:
        node = Node(engine.network(item.name))["Containers"]
    except SINGLE_OBJECT_ERRORS as error:
        return replace(item, unread=error.sentence)
    running = {
        key: AttachedContainer(key, container["Name"].text) for key, container in node.members()
    }
    stopped, unlisted = [], NO_TEXT
    try:
        listed = list(map(Node, engine.containers_on(item.name)))
    except SINGLE_OBJECT_ERRORS as error:
        listed, unlisted = [], error.sentence
    for entry in listed:
        found = _attached(entry)
        if found.container_id in running:
            continue
        # Between two restarts, a container in a restart loop is not listed in the network.
        if entry["State"].raw in _RUNNING_STATES:
            running[found.container_id] = found
        else:
            stopped.append(_with_aliases(engine, item.name, found, aliases))
    return replace(
        item,
        attached=tuple(sorted(running.values(), key=lambda found: found.container_id)),
        stopped=tuple(sorted(stopped, key=lambda found: found.name)),
        unlisted=unlisted,
    )


def _attached(listed: Node) -> AttachedContainer:
    labels = listed["Labels"]
    name = next((item.raw for item in listed["Names"] if item.raw.count("/") == 1), "")
    return AttachedContainer(
        container_id=listed["Id"].raw,
        name=plain(name.removeprefix("/")),
        project=labels[f"{LABEL}project"].text,
        service=labels[f"{LABEL}service"].text,
        directory=labels[f"{LABEL}project.working_dir"].raw,
        files=tuple(filter(None, labels[f"{LABEL}project.config_files"].raw.split(","))),
    )


def _with_aliases(
    engine: EngineReader,
    network: str,
    item: AttachedContainer,
    cache: dict[tuple[str, str], tuple[str, ...]],
) -> AttachedContainer:
    """Return a container with its aliases, unless compose created it and sets them by itself."""
    if item.project:
        return item
    key = (item.container_id, network)
    if key not in cache:
        try:
            found = Node(engine.inspect(item.container_id))
        except SINGLE_OBJECT_ERRORS:
            return item
        endpoint = found["NetworkSettings"]["Networks"][network]
        names = [name.raw for name in endpoint["Aliases"]]
        # The engine adds the short id by itself.
        cache[key] = tuple(name for name in names if not item.container_id.startswith(name))
    return replace(item, aliases=cache[key])


def config_hashes(engine: EngineReader, kind: ResourceKind) -> Mapping[str, str]:
    """Return the hash in the label of each network or volume that has one, by name.

    Raises:
        EngineError: The engine can't be reached.
    """
    listed = engine.networks() if kind is ResourceKind.NETWORK else engine.labelled_volumes()
    nodes = list(map(Node, listed))
    return {
        node["Name"].text: node["Labels"][HASH_LABEL].raw
        for node in nodes
        if node["Labels"][HASH_LABEL].raw
    }
