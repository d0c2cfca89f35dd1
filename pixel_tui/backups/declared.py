"""What the compose file declares, as far as a backup needs it.

Containers are not enough: after `down` there are none, but their data still exists.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from pixel_tui.backups.stack_view import ASK_SECONDS, SeenContainer
from pixel_tui.errors import OperationError
from pixel_tui.stack.compose.command import EVERY_PROFILE, UNRESOLVED, ComposeCommand
from pixel_tui.stack.compose.message_masking import failure_reason
from pixel_tui.stack.model.json_value import Node, load_object
from pixel_tui.stack.model.program_output import ProgramOutput
from pixel_tui.stack.programs.program import Programs


@dataclass(frozen=True, slots=True)
class Declared:
    """What the compose file declares."""

    services: tuple[SeenContainer, ...] = ()
    """Every service, in the form of a container."""
    external: frozenset[str] = frozenset()
    """Volumes that belong to no project."""
    files: tuple[Path, ...] = ()
    """Files of its secrets and configs."""
    unclear: tuple[str, ...] = ()
    """Services that compose refuses, so that their mounts are unknown."""
    trouble: str = ""
    """Why this is unknown or incomplete."""


NOTHING_DECLARED: Final = Declared()


def read_declared(programs: Programs, command: ComposeCommand) -> Declared:
    """Return the project as compose resolves it, with all profiles.

    If profiles exclude each other, compose refuses all of them together: then each service of an
    inactive profile is resolved by its name, or taken unresolved if compose refuses that as well.
    """

    def ask(*words: str, names: Sequence[str] = ()) -> ProgramOutput:
        argv = command.compose_argv(*words, "--format", "json", names=names)
        return programs.run(argv, patience=ASK_SECONDS)

    try:
        resolved = ask(*EVERY_PROFILE, "config")
        if not resolved.code:
            return parse_declared(Node(load_object(resolved.output)))
        active, written = ask("config"), ask(*EVERY_PROFILE, "config", *UNRESOLVED)
        if active.code:
            reason = failure_reason(resolved, command, os.environ)
            return Declared(trouble=f"compose refuses it: {reason}")
        model = Node(load_object(active.output))
        found = parse_declared(model)
        if written.code:
            reason = failure_reason(resolved, command, os.environ)
            return replace(found, trouble=f"compose refuses its profiles: {reason}")
        raw = Node(load_object(written.output))
        for name in dict(raw["services"].members()).keys() - dict(model["services"].members()):
            result = ask("config", names=[name])
            alone = raw if result.code else Node(load_object(result.output))
            found = _with(found, name, parse_declared(alone, project=model["name"].raw))
    except OperationError as error:
        return Declared(trouble=str(error))
    except ValueError:
        return Declared(trouble="compose did not print JSON")
    return found


def _with(declared: Declared, name: str, other: Declared) -> Declared:
    """Return the declarations with a service of another view of the project added."""
    services = tuple(item for item in other.services if item.service == name)
    unclear = any("$" in place for item in services for place in (*item.binds, *_named(item)))
    return replace(
        declared,
        services=(*declared.services, *services),
        external=declared.external | other.external,
        files=tuple(dict.fromkeys((*declared.files, *other.files))),
        unclear=(*declared.unclear, *([name] if unclear or not services else [])),
    )


def _named(service: SeenContainer) -> tuple[str, ...]:
    return tuple(name for name, _ in service.volumes)


def parse_declared(model: Node, project: str = "") -> Declared:
    """Parse the output of compose.

    Args:
        model: The project, resolved or unresolved.
        project: Its name, for unresolved volume names; empty if they are resolved.
    """
    volumes = dict(model["volumes"].members())
    names = {
        key: node["name"].raw
        or (f"{project}_{key}" if project and not node["external"].flag else key)
        for key, node in volumes.items()
    }
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


def _service(name: str, node: Node, volumes: Mapping[str, str]) -> SeenContainer:
    mounts = list(node["volumes"])
    binds = [item for item in mounts if item["type"].raw == "bind"]
    variables = {key: value.raw for key, value in node["environment"].members()}
    return SeenContainer(
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
        bind_targets=tuple((item["source"].raw, item["target"].raw) for item in binds),
        read_only=tuple(item["target"].raw for item in mounts if item["read_only"].flag),
        data_folder=variables.get("PGDATA", ""),
        made=False,
        optional=bool(node["profiles"]),
    )
