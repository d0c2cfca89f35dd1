"""Where the containers of a project say that they come from: compose writes it on each."""

import os
from collections import Counter
from pathlib import Path

from pixel_tui.errors import EngineError
from pixel_tui.files import is_file
from pixel_tui.stack.json_value import Node
from pixel_tui.stack.label_model import CONFIG_FILES, ENVIRONMENT_FILE, WORKING_DIR
from pixel_tui.stack.model import Project
from pixel_tui.stack.parse import LABEL
from pixel_tui.stack.source import EngineReader, Place, ProjectReader
from pixel_tui.text import SafeText, plain


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


def labelled_name(engine: EngineReader, project: ProjectReader) -> SafeText:
    """The name of a project that compose can't read, by the containers that were made from it.

    What was made from exactly these files is it, else what was made in this folder. Of several
    the one with the most containers.

    Returns:
        The name; a guess where no container says that it is from here.

    Raises:
        EngineError: It can't be asked.
    """
    place, guess = project.place, plain(project.name_guess)
    if place.name:
        return plain(place.name)
    folder, files = os.path.realpath(place.directory), _real(place.files)
    of_files: list[SafeText] = []
    of_folder: list[SafeText] = []
    for labels in (Node(item)["Labels"] for item in engine.containers("")):
        made = _place(labels)
        if files and _real(made.files) == files:
            of_files.append(plain(made.name))
        elif made.directory and os.path.realpath(made.directory) == folder:
            of_folder.append(plain(made.name))
    found = Counter(of_files or of_folder)
    if not found or guess in found:
        return guess
    return max(sorted(found), key=lambda name: found[name])


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
    return Place(
        directory=labels[WORKING_DIR].raw,
        files=tuple(filter(None, labels[CONFIG_FILES].raw.split(","))),
        env_files=tuple(filter(None, labels[ENVIRONMENT_FILE].raw.split(","))),
        name=labels[f"{LABEL}project"].text,
    )


def _real(paths: tuple[str, ...] | tuple[SafeText, ...]) -> frozenset[str]:
    return frozenset(map(os.path.realpath, paths))
