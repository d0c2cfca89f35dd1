"""Reads what the containers of a project were created with, for one comparison."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from pixel_tui.errors import SINGLE_OBJECT_ERRORS
from pixel_tui.stack.model.build_record import NO_RECORDS, BuildRecord
from pixel_tui.stack.model.built_with import build_arguments
from pixel_tui.stack.model.json_value import JsonObject, Node
from pixel_tui.stack.model.labels import LABEL
from pixel_tui.stack.model.mounted_file import mounts_single_file, symlinks_in
from pixel_tui.stack.model.replacements import listed_leftovers
from pixel_tui.stack.model.source import EngineReader
from pixel_tui.stack.watch.container_reading import is_removed
from pixel_tui.text import NO_TEXT, SafeText


@dataclass(frozen=True, slots=True)
class RunningService:
    """The containers of a service. Contains secrets: its values must never be shown."""

    name: str
    up: bool
    """Whether one of them runs."""
    hashes: frozenset[str]
    """The hashes in their labels."""
    environment: Mapping[str, str] = field(repr=False)
    """The environment of the first container, including the variables of its image."""
    built_with: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The build arguments in its image's history."""
    record: BuildRecord | None = None
    """The record of its image's build, if there is one."""
    mounts_file: bool = False
    """Whether a running container mounts the project's environment file as a single file."""
    unread: SafeText = NO_TEXT
    """Why a container can't be inspected; empty if all can. Only the labels and the state of such
    a container are known, from the engine's list."""


def read_running(
    engine: EngineReader,
    project: str,
    *,
    built: Collection[str] = (),
    records: Mapping[str, BuildRecord] = NO_RECORDS,
    file: Path | None = None,
) -> Mapping[str, RunningService]:
    """Read the services of a project that have containers.

    Args:
        engine: The engine.
        project: The project's name.
        built: The services whose image's history is read.
        records: The build records by image id.
        file: The environment file.

    Raises:
        EngineError: The engine can't be reached.
    """
    inspected: dict[str, list[JsonObject]] = {}
    unread: dict[str, SafeText] = {}
    listed = engine.containers(project)
    left = listed_leftovers(listed)
    for item in map(Node, listed):
        if item["Id"].raw in left:
            continue
        try:
            found = engine.inspect(item["Id"].raw)
        except SINGLE_OBJECT_ERRORS as error:
            if is_removed(error):
                continue
            found = _as_inspected(item)
            if item["Labels"][f"{LABEL}oneoff"].raw != "True":
                unread[item["Labels"][f"{LABEL}service"].raw] = error.sentence
        labels = Node(found)["Config"]["Labels"]
        if labels[f"{LABEL}oneoff"].raw != "True":
            inspected.setdefault(labels[f"{LABEL}service"].raw, []).append(found)
    return {
        name: replace(
            _service(engine, name, containers, records, asked=name in built),
            unread=unread.get(name, NO_TEXT),
            mounts_file=file is not None and _mounts(containers, file),
        )
        for name, containers in inspected.items()
    }


def _as_inspected(listed: Node) -> JsonObject:
    """Convert a container's entry in the list to the form of an inspection."""
    return {
        "Image": listed["ImageID"].value,
        "State": {"Running": listed["State"].raw in {"running", "paused", "restarting"}},
        "Config": {"Labels": listed["Labels"].value, "Env": []},
        "Mounts": listed["Mounts"].value,
    }


def _mounts(containers: list[JsonObject], file: Path) -> bool:
    mounts = [
        item["Source"].raw
        for node in map(Node, containers)
        if node["State"]["Running"].flag
        for item in node["Mounts"]
        if item["Type"].raw == "bind"
    ]
    return mounts_single_file(
        mounts, {str(file), str(file.resolve())}, symlinks_in(file.parent, mounts)
    )


def _service(
    engine: EngineReader,
    name: str,
    containers: list[JsonObject],
    records: Mapping[str, BuildRecord],
    *,
    asked: bool,
) -> RunningService:
    nodes = [Node(item) for item in containers]
    image = nodes[0]["Image"].raw
    pairs = (item.raw.partition("=") for item in nodes[0]["Config"]["Env"])
    return RunningService(
        name=name,
        up=any(node["State"]["Running"].flag for node in nodes),
        hashes=frozenset(node["Config"]["Labels"][f"{LABEL}config-hash"].raw for node in nodes),
        environment={key: value for key, _, value in pairs},
        built_with=_built_with(engine, image) if asked and image else {},
        record=records.get(image),
    )


def _built_with(engine: EngineReader, image: str) -> Mapping[str, str]:
    try:
        return build_arguments(engine.image_history(image))
    except SINGLE_OBJECT_ERRORS:  # nothing is known of this one
        return {}
