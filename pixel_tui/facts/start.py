"""Reads what prevents services from starting: used ports, and folders that can't be built."""

from collections.abc import Mapping
from pathlib import Path

from pixel_tui.operations.planning.facts import HeldPort
from pixel_tui.stack.engine.docker_engine import DockerEngine
from pixel_tui.stack.model.json_value import Node
from pixel_tui.stack.model.snapshot import StackSnapshot
from pixel_tui.text import plain


def read_held_ports(engine: DockerEngine) -> tuple[HeldPort, ...]:
    """Return the host ports that running containers use. Blocks.

    Raises:
        EngineError: The engine can't be reached.
    """
    return tuple(
        HeldPort(
            port["PublicPort"].integer,
            port["Type"].raw or "tcp",
            port["IP"].raw,
            plain(next((item.raw.removeprefix("/") for item in container["Names"]), "")),
            container["Id"].raw,
        )
        for container in map(Node, engine.published_ports())
        for port in container["Ports"]
        if port["PublicPort"].integer
    )


def read_build_troubles(snapshot: StackSnapshot) -> Mapping[str, str]:
    """Return why services can't be built from their build contexts, by service. Blocks.

    An unreadable folder is not reported, because the build reports it.
    """
    specs = snapshot.project.services if snapshot.project else ()
    return {
        spec.name: trouble
        for spec in specs
        if spec.build_folder
        and (trouble := _build_trouble(Path(spec.build_folder), spec.dockerfile))
    }


def _build_trouble(folder: Path, dockerfile: str) -> str:
    try:
        if not folder.is_dir():
            return f"folder {folder} does not exist"
        if not any(folder.iterdir()):
            return f"{folder} is empty (a submodule? `git submodule update --init`)"
        if dockerfile and not (folder / dockerfile).is_file():
            return f"no {dockerfile} in {folder}"
    except OSError:
        return ""
    return ""
