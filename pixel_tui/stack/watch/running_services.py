"""What the containers of a project were made with: asked once, compared, and forgotten."""

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
from pixel_tui.stack.watch.container_reading import is_gone
from pixel_tui.text import NO_TEXT, SafeText


@dataclass(frozen=True, slots=True)
class RunningService:
    """The containers of a service. Holds secrets: its values are never shown."""

    name: str
    up: bool
    """One of them runs."""
    hashes: frozenset[str]
    """Their labels."""
    environment: Mapping[str, str] = field(repr=False)
    """Of the first, with what its image sets."""
    built_with: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Its image's build arguments, as far as its history tells them."""
    record: BuildRecord | None = None
    """All that its image was built with, where that was written down."""
    mounts_file: bool = False
    """One that runs mounts the project's environment file by itself."""
    unread: SafeText = NO_TEXT
    """Why a container of it can't be inspected; empty where all can. Of such a one is known what
    the engine lists: its labels, and whether it runs."""


def read_running(
    engine: EngineReader,
    project: str,
    *,
    built: Collection[str] = (),
    records: Mapping[str, BuildRecord] = NO_RECORDS,
    file: Path | None = None,
) -> Mapping[str, RunningService]:
    """The services of a project that have containers.

    Args:
        engine: The engine.
        project: The project's name.
        built: Services whose image is asked for its build arguments.
        records: What images were built with, by their ids.
        file: The environment file.

    Raises:
        EngineError: It can't be asked.
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
            if is_gone(error):
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
    """What the list tells of a container, in the places where an inspection has it."""
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
