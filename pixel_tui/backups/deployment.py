"""The deployment of the project: images, commits, and the model that compose resolved."""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pixel_tui.backups.commits import read_commits
from pixel_tui.backups.stack_view import ASK_SECONDS, SeenContainer, StackView
from pixel_tui.files import read_regular
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.compose.message_masking import failure_reason
from pixel_tui.stack.model.json_value import JsonObject, JsonValue, Node, load_object
from pixel_tui.stack.programs.program import Programs

DEPLOYMENT: Final = "deployment/deployment.json"
MAX_BYTES: Final = 4 * 1024 * 1024
RESOLVED: Final = "deployment/compose.resolved.yaml"


@dataclass(frozen=True, slots=True)
class RanImage:
    """The image of a service."""

    service: str
    image: str
    """Its name in the compose file."""
    image_id: str
    running: bool


@dataclass(frozen=True, slots=True)
class Deployment:
    """A deployment, as read from a backup."""

    images: tuple[RanImage, ...] = ()
    commit: str = ""
    submodules: tuple[tuple[str, str], ...] = ()
    """Path and commit; an empty commit if it was not checked out."""
    moved: tuple[str, ...] = ()
    """Submodules at another commit than the one the folder records for them."""
    dirty: tuple[str, ...] = ()
    """Where there were uncommitted changes: `.`, and paths of submodules."""
    trouble: str = ""
    """Why git did not report everything."""


NO_DEPLOYMENT: Final = Deployment()


def deployment_json(view: StackView, seen: Sequence[SeenContainer], project: Path) -> bytes:
    """Return the deployment as JSON for the backup.

    Raises:
        OperationError: The engine can't be queried.
    """
    ids = sorted({item.image_id for item in seen if item.image_id})
    images = {node["Id"].raw: node for node in map(Node, view.inspect("image", ids))} if ids else {}
    services: list[JsonValue] = []
    for item in seen:
        image = images.get(item.image_id, Node(None))
        services.append(
            {
                "service": item.service,
                "container": item.name,
                "running": item.running,
                "image": item.image,
                "image_id": item.image_id,
                "digests": [digest.raw for digest in image["RepoDigests"]],
                "tags": [tag.raw for tag in image["RepoTags"]],
            }
        )
    content: JsonObject = {
        "version": 1,
        "project": view.project,
        "services": services,
        "git": read_commits(os.environ, project),
    }
    return f"{json.dumps(content, indent=2)}\n".encode()


def read_resolved(programs: Programs, command: ComposeCommand) -> tuple[bytes, str]:
    """Return the resolved compose model, or why there is none."""
    result = programs.run(command.compose_argv("--profile", "*", "config"), patience=ASK_SECONDS)
    if result.code:  # profiles may exclude each other
        active = programs.run(command.compose_argv("config"), patience=ASK_SECONDS)
        result = result if active.code else active
    return (
        (b"", failure_reason(result, command, os.environ)) if result.code else (result.output, "")
    )


def read_deployment(folder: Path) -> Deployment:
    """Return the deployment in a backup; an empty one if there is none."""
    try:
        return deployment_from(
            load_object(read_regular(folder / DEPLOYMENT, MAX_BYTES, follow=False))
        )
    except (OSError, ValueError):
        return Deployment()


def deployment_from(content: JsonObject) -> Deployment:
    """Parse a deployment."""
    node = Node(content)
    git = node["git"]
    root = (".",) if git["changed"].flag else ()
    return Deployment(
        images=tuple(
            RanImage(
                item["service"].raw,
                item["image"].raw,
                item["image_id"].raw,
                item["running"].flag,
            )
            for item in node["services"]
        ),
        commit=git["commit"].raw,
        submodules=tuple((name, value.raw) for name, value in git["submodules"].members()),
        moved=tuple(item.raw for item in git["moved"]),
        dirty=(*root, *(item.raw for item in git["dirty"])),
        trouble=git["trouble"].raw,
    )
