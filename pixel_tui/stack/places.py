"""Where the containers of a project say that they come from: compose writes it on each."""

import os
from dataclasses import dataclass
from pathlib import Path

from pixel_tui.errors import EngineError
from pixel_tui.files import is_file
from pixel_tui.stack.json_value import Node
from pixel_tui.stack.model import Project
from pixel_tui.stack.parse import LABEL
from pixel_tui.stack.source import EngineReader
from pixel_tui.text import SafeText


@dataclass(frozen=True, slots=True)
class Place:
    """A project's folder, its compose files and its environment files."""

    directory: str
    files: tuple[str, ...]
    env_files: tuple[str, ...] = ()
    """What `--env-file` named; empty where it was not given."""


def find_place(engine: EngineReader, project: str) -> Place | None:
    """Where a project's files are, by its containers; None where they are not on this machine.

    An engine that can't be asked knows of no place.
    """
    try:
        listed = engine.containers(project)
    except EngineError:
        return None
    for item in map(Node, listed):
        place = _place(item["Labels"])
        if place.files and all(is_file(Path(file)) for file in place.files):
            return place
    return None


def read_other_names(engine: EngineReader, project: Project | None) -> tuple[SafeText, ...]:
    """The names under which containers of this project's folder or files were made.

    Raises:
        EngineError: It can't be asked.
    """
    if project is None or not project.services:
        return ()
    folder, files = os.path.realpath(project.directory), _real(project.files)
    found: set[SafeText] = set()
    for item in map(Node, engine.containers("")):
        labels = item["Labels"]
        place = _place(labels)
        here = bool(place.directory) and os.path.realpath(place.directory) == folder
        if here or (files and _real(place.files) == files):
            found.add(labels[f"{LABEL}project"].text)
    return tuple(sorted(found - {project.name}))


def _place(labels: Node) -> Place:
    files = labels[f"{LABEL}project.config_files"].raw
    env_files = labels[f"{LABEL}project.environment_file"].raw
    return Place(
        directory=labels[f"{LABEL}project.working_dir"].raw,
        files=tuple(filter(None, files.split(","))),
        env_files=tuple(filter(None, env_files.split(","))),
    )


def _real(paths: tuple[str, ...] | tuple[SafeText, ...]) -> frozenset[str]:
    return frozenset(map(os.path.realpath, paths))
