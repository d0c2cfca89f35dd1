"""Finds projects by the labels of their containers, which have folder, files and name."""

import os
from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path

from pixel_tui.errors import EngineError
from pixel_tui.files import is_file
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.compose.files import FILE_NAMES, OVERRIDE_NAMES
from pixel_tui.stack.model.json_value import Node
from pixel_tui.stack.model.label_model import CONFIG_FILES, ENVIRONMENT_FILE, WORKING_DIR
from pixel_tui.stack.model.labels import LABEL
from pixel_tui.stack.model.project import Project
from pixel_tui.stack.model.source import EngineReader, ProjectLocation, ProjectReader
from pixel_tui.text import SafeText, plain


def find_location(engine: EngineReader, project: str) -> ProjectLocation | None:
    """Return the location of a project by its containers' labels.

    Returns:
        None if its files are not on this machine, or the engine can't be reached.
    """
    try:
        listed = engine.containers(project)
    except EngineError:
        return None
    for item in map(Node, listed):
        place = _location_in(item["Labels"])
        if place.files and all(is_file(Path(file)) for file in place.files):
            return place
    return None


def name_from_labels(engine: EngineReader, project: ProjectReader) -> SafeText:
    """Return the name of a project that compose can't read, by its containers' labels.

    Containers created from exactly these files count, else those created in this folder. Of
    several names, the one with the most containers is returned.

    Returns:
        The name; the fallback name if there are no such containers.

    Raises:
        EngineError: The engine can't be reached.
    """
    place, guess = project.location, plain(project.fallback_name)
    if place.name:
        return plain(place.name)
    folder, files = os.path.realpath(place.directory), _real_paths(place.files)
    of_files: list[SafeText] = []
    of_folder: list[SafeText] = []
    for labels in (Node(item)["Labels"] for item in engine.containers("")):
        created_from = _location_in(labels)
        if files and _real_paths(created_from.files) == files:
            of_files.append(plain(created_from.name))
        elif created_from.directory and os.path.realpath(created_from.directory) == folder:
            of_folder.append(plain(created_from.name))
    found = Counter(of_files or of_folder)
    if not found or guess in found:
        return guess
    return max(sorted(found), key=lambda name: found[name])


def creation_location(
    engine: EngineReader, place: ProjectLocation, guess: str
) -> ProjectLocation | None:
    """Return the location that the containers of a project were created from.

    One-offs are ignored: a worker may have been started from another folder with other files.

    Args:
        engine: The engine.
        place: The project's location.
        guess: The project's name if none was given.

    Returns:
        None if the containers have different locations, or there are none.

    Raises:
        EngineError: The engine can't be reached.
    """
    folder = os.path.realpath(place.directory)
    found: dict[str, set[ProjectLocation]] = defaultdict(set)
    for labels in (Node(item)["Labels"] for item in engine.containers(place.name)):
        created_from = _location_in(labels)
        here = created_from.directory and os.path.realpath(created_from.directory) == folder
        if here and labels[f"{LABEL}oneoff"].raw != "True":
            found[created_from.name].add(created_from)
    names = [place.name or guess] if (place.name or guess) in found else list(found)
    places = found[names[0]] if len(names) == 1 else set()
    return next(iter(places)) if len(places) == 1 else None


def adopt_files(
    command: ComposeCommand, created_from: ProjectLocation, *, finds_files: bool
) -> ComposeCommand | None:
    """Return the command with the files that the containers were created with, if none are named.

    Files with default names do not prove that `-f` was used: an override file that was added since
    then is a pending change. Files that no longer exist are not used.

    Args:
        command: The compose command.
        created_from: The location in the labels of the containers.
        finds_files: Whether compose finds the compose files by their default names.

    Returns:
        None if nothing changes.
    """
    folder = Path(command.directory)
    usual = {os.path.realpath(folder / name) for name in FILE_NAMES + OVERRIDE_NAMES}
    files, env_files = command.files, command.env_files
    if finds_files and not _real_paths(created_from.files) <= usual and _exist(created_from.files):
        files = created_from.files
    # Another env file would hide the `.env` whose COMPOSE_FILE names the compose files.
    named_in_env = not finds_files and not command.files
    reads_env = command.reads_default_env and not named_in_env
    if not env_files and reads_env and _exist(created_from.env_files):
        env_files = created_from.env_files
    if (files, env_files) == (command.files, command.env_files):
        return None
    search = command.search if files == command.files else None
    return replace(command, files=files, env_files=env_files, search=search, adopted=True)


def _exist(paths: tuple[str, ...]) -> bool:
    return all(is_file(Path(path)) for path in paths)


def read_other_names(engine: EngineReader, project: Project | None) -> tuple[SafeText, ...]:
    """Return other project names of containers created from this project's folder or files.

    Raises:
        EngineError: The engine can't be reached.
    """
    if project is None or not project.services:
        return ()
    folder, files = os.path.realpath(project.directory), _real_paths(project.files)
    found: set[SafeText] = set()
    for item in map(Node, engine.containers("")):
        labels = item["Labels"]
        place = _location_in(labels)
        here = bool(place.directory) and os.path.realpath(place.directory) == folder
        if here or (files and _real_paths(place.files) == files):
            found.add(labels[f"{LABEL}project"].text)
    return tuple(sorted(found - {project.name}))


def _location_in(labels: Node) -> ProjectLocation:
    return ProjectLocation(
        directory=labels[WORKING_DIR].raw,
        files=tuple(filter(None, labels[CONFIG_FILES].raw.split(","))),
        env_files=tuple(filter(None, labels[ENVIRONMENT_FILE].raw.split(","))),
        name=labels[f"{LABEL}project"].text,
    )


def _real_paths(paths: tuple[str, ...] | tuple[SafeText, ...]) -> frozenset[str]:
    return frozenset(map(os.path.realpath, paths))
