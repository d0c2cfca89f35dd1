"""Reads the images of a project from the engine. Stateless."""

import logging
from collections.abc import Collection, Iterable, Mapping
from typing import Final

from pixel_tui.errors import SINGLE_OBJECT_ERRORS, EngineRefused
from pixel_tui.stack.compose.build_records import BuildRecords
from pixel_tui.stack.model.built_with import KnownBuild, build_arguments, built_with, is_baked
from pixel_tui.stack.model.container import Container
from pixel_tui.stack.model.fingerprints import Fingerprints, fingerprints
from pixel_tui.stack.model.json_value import Node
from pixel_tui.stack.model.project import Project
from pixel_tui.stack.model.source import EngineReader
from pixel_tui.stack.model.sync import REFUSED

log = logging.getLogger(__name__)

BAD_REQUEST: Final = 400


def read_images(
    engine: EngineReader, project: Project | None
) -> tuple[dict[str, str | None], dict[str, frozenset[str]]]:
    """Read the images that the project names.

    Returns:
        Image reference to its present id: None if the image is missing, `REFUSED` if the engine
        rejects the reference; references that can't be read are left out. And image id to the
        names of the variables that the image sets, if known.

    Raises:
        EngineError: The engine can't be reached.
    """
    ids: dict[str, str | None] = {}
    own: dict[str, frozenset[str]] = {}
    specs = project.services if project else ()
    references = {spec.image for spec in specs if not spec.provider and not spec.refused}
    for reference in sorted(references):
        try:
            image = engine.image(reference)
        except SINGLE_OBJECT_ERRORS as error:
            log.warning("an image can't be read: %s", error)
            if _is_invalid_reference(reference, error):
                ids[reference] = REFUSED
            continue
        ids[reference] = image_id = Node(image)["Id"].text if image is not None else None
        config = Node(image)["Config"]
        if image_id is not None and config:
            own[image_id] = frozenset(item.text.partition("=")[0] for item in config["Env"])
    return ids, own


def invalid_images(engine: EngineReader, references: Iterable[str]) -> frozenset[str]:
    """Return those of these image names that the engine rejects as invalid.

    Raises:
        EngineError: The engine can't be reached.
    """
    found = set()
    for reference in references:
        try:
            engine.image(reference)
        except SINGLE_OBJECT_ERRORS as error:
            if _is_invalid_reference(reference, error):
                found.add(reference)
    return frozenset(found)


def _is_invalid_reference(reference: str, error: Exception) -> bool:
    """Return whether the error means that the image's name is invalid."""
    # The engine responds to two slashes with a redirect.
    rejected = isinstance(error, EngineRefused) and error.status == BAD_REQUEST
    return rejected or "//" in reference


def read_histories(
    engine: EngineReader,
    project: Project | None,
    images: Mapping[str, str | None],
    containers: Iterable[Container],
    known: Mapping[str, Fingerprints],
) -> dict[str, Fingerprints]:
    """Read the build arguments in the histories of images of services with baked-in values.

    An image never changes, so each history is read once.

    Args:
        engine: The engine.
        project: The resolved model.
        images: Image reference to its present id.
        containers: All containers of the project.
        known: The result of the previous call.

    Returns:
        Image id to its build arguments as fingerprints.

    Raises:
        EngineError: The engine can't be reached.
    """
    specs = {
        spec.name: spec.image
        for spec in (project.services if project else ())
        if any(is_baked(name) for name, _ in spec.build_arguments)
    }
    used = [item for item in containers if item.service in specs]
    image_ids = {str(item.image_id) for item in used}
    image_ids |= {now for item in used if (now := images.get(specs[item.service]))}
    found: dict[str, Fingerprints] = {}
    for image_id in image_ids - {""}:
        if image_id in known:
            found[image_id] = known[image_id]
            continue
        try:
            arguments = build_arguments(engine.image_history(image_id))
        except SINGLE_OBJECT_ERRORS:  # this one is unknown, and is not read again
            arguments = {}
        found[image_id] = fingerprints(arguments.items())
    return found


def read_built(
    histories: Mapping[str, Fingerprints],
    records: BuildRecords | None,
    wanted: Collection[tuple[str, str]],
    images: Collection[str | None],
) -> dict[str, KnownBuild]:
    """Return the known build arguments by image id.

    Args:
        histories: Image id to the arguments in its history.
        records: The build records; read only if the project has build arguments.
        wanted: The build arguments of the project.
        images: The ids of the images to look up.
    """
    found = records.read() if records is not None and wanted else {}
    here = {image_id: record for image_id, record in found.items() if image_id in images}
    return built_with(histories, here, wanted)


def image_ids(images: Mapping[str, str | None], containers: Iterable[Container]) -> set[str | None]:
    """Return the present ids of references, and those that containers were created from."""
    return {*images.values(), *(item.image_id for item in containers)}
