"""What the compose file says of the project, as far as a backup has to know it.

The containers alone do not tell: after `down` there are none, and their data is still there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pixel_tui.backups.stack_view import ASK_SECONDS, Seen
from pixel_tui.errors import OperationError
from pixel_tui.stack.compose_command import ComposeCommand, remote_not_read
from pixel_tui.stack.json_value import Node, load_object
from pixel_tui.stack.program import Programs


@dataclass(frozen=True, slots=True)
class Declared:
    """The compose file's side of a project."""

    services: tuple[Seen, ...] = ()
    """Every service, as a container of it would be seen."""
    external: frozenset[str] = frozenset()
    """Volumes that belong to no project."""
    files: tuple[Path, ...] = ()
    """Files of its secrets and configs."""
    trouble: str = ""
    """Why it is not known."""


NOTHING_DECLARED: Final = Declared()


def read_declared(programs: Programs, command: ComposeCommand) -> Declared:
    """The project as compose resolves it, with every profile if it can."""
    try:
        said = programs.run(
            command.compose_argv("--profile", "*", "config", "--format", "json"),
            patience=ASK_SECONDS,
        )
        if said.code:  # profiles may be alternatives that can't all be on
            whole, said = (
                said,
                programs.run(
                    command.compose_argv("config", "--format", "json"), patience=ASK_SECONDS
                ),
            )
            said = whole if said.code else said
        if said.code:
            reason = remote_not_read(said.reason) or said.reason
            return Declared(trouble=f"compose refuses it: {reason}")
        return parse_declared(Node(load_object(said.output)))
    except OperationError as error:
        return Declared(trouble=str(error))
    except ValueError:
        return Declared(trouble="compose did not print it as JSON")


def parse_declared(model: Node) -> Declared:
    """The same, from what compose printed."""
    volumes = dict(model["volumes"].members())
    names = {key: node["name"].raw or key for key, node in volumes.items()}
    return Declared(
        services=tuple(_service(key, node, names) for key, node in model["services"].members()),
        external=frozenset(names[key] for key, node in volumes.items() if node["external"].flag),
        files=tuple(
            Path(node["file"].raw)
            for kind in ("secrets", "configs")
            for _, node in model[kind].members()
            if node["file"].raw
        ),
    )


def _service(name: str, node: Node, volumes: Mapping[str, str]) -> Seen:
    mounts = list(node["volumes"])
    binds = [item for item in mounts if item["type"].raw == "bind"]
    variables = {key: value.raw for key, value in node["environment"].members()}
    return Seen(
        id="",
        name=name,
        service=name,
        image=node["image"].raw,
        image_id="",
        running=False,
        environment=tuple(variables),
        binds=tuple(item["source"].raw for item in binds),
        volumes=tuple(
            (volumes.get(item["source"].raw, item["source"].raw), item["target"].raw)
            for item in mounts
            if item["type"].raw == "volume" and item["source"].raw
        ),
        bind_places=tuple((item["source"].raw, item["target"].raw) for item in binds),
        read_only=tuple(item["target"].raw for item in mounts if item["read_only"].flag),
        data_folder=variables.get("PGDATA", ""),
        made=False,
        optional=bool(node["profiles"]),
    )
