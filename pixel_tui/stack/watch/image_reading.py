"""The images of a project, asked from the engine: the questions, without thread or state."""

import logging
from collections.abc import Collection, Iterable, Mapping
from typing import Final

from pixel_tui.errors import SINGLE_OBJECT_ERRORS, EngineRefused
from pixel_tui.stack.compose.build_records import BuildRecords
from pixel_tui.stack.model.built_with import Built, build_arguments, built_with, is_baked
from pixel_tui.stack.model.container import Container
from pixel_tui.stack.model.json_value import Node
from pixel_tui.stack.model.project import Project
from pixel_tui.stack.model.source import EngineReader
from pixel_tui.stack.model.sync import REFUSED
from pixel_tui.stack.model.value_mark import Marks, marks

log = logging.getLogger(__name__)

BAD_REQUEST: Final = 400


def read_images(
    engine: EngineReader, project: Project | None
) -> tuple[dict[str, str | None], dict[str, frozenset[str]]]:
    """The images that the project names.

    Returns:
        The id that each reference means now, None for a missing image, `REFUSED` where the
        engine takes it for no reference, and nothing where it can't say; and by these ids the
        names of the variables that an image sets itself, where it says so.

    Raises:
        EngineError: It can't be asked.
    """
    ids: dict[str, str | None] = {}
    own: dict[str, frozenset[str]] = {}
    specs = project.services if project else ()
    asked = {spec.image for spec in specs if not spec.provider and not spec.refused}
    for reference in sorted(asked):
        try:
            image = engine.image(reference)
        except SINGLE_OBJECT_ERRORS as error:
            log.warning("an image can't be read: %s", error)
            if _is_wrong(reference, error):
                ids[reference] = REFUSED
            continue
        ids[reference] = image_id = Node(image)["Id"].text if image is not None else None
        config = Node(image)["Config"]
        if image_id is not None and config:
            own[image_id] = frozenset(item.text.partition("=")[0] for item in config["Env"])
    return ids, own


def wrong_images(engine: EngineReader, references: Iterable[str]) -> frozenset[str]:
    """Those of these image names that the engine takes for none.

    Raises:
        EngineError: It can't be asked.
    """
    found = set()
    for reference in references:
        try:
            engine.image(reference)
        except SINGLE_OBJECT_ERRORS as error:
            if _is_wrong(reference, error):
                found.add(reference)
    return frozenset(found)


def _is_wrong(reference: str, error: Exception) -> bool:
    """Whether an engine that can't tell of an image takes its name for none."""
    # Two slashes are answered with a redirection.
    wrong = isinstance(error, EngineRefused) and error.status == BAD_REQUEST
    return wrong or "//" in reference


def read_histories(
    engine: EngineReader,
    project: Project | None,
    images: Mapping[str, str | None],
    containers: Iterable[Container],
    known: Mapping[str, Marks],
) -> dict[str, Marks]:
    """What images of services with baked-in values tell of their build arguments, by their ids.

    An image never changes, so that each is asked about once.

    Args:
        engine: The engine.
        project: The resolved model.
        images: The ids that references mean now.
        containers: All that there are.
        known: What was read before, by image id.

    Raises:
        EngineError: It can't be asked.
    """
    specs = {
        spec.name: spec.image
        for spec in (project.services if project else ())
        if any(is_baked(name) for name, _ in spec.build_arguments)
    }
    used = [item for item in containers if item.service in specs]
    asked = {str(item.image_id) for item in used}
    asked |= {now for item in used if (now := images.get(specs[item.service]))}
    found: dict[str, Marks] = {}
    for image_id in asked - {""}:
        if image_id in known:
            found[image_id] = known[image_id]
            continue
        try:
            arguments = build_arguments(engine.image_history(image_id))
        except SINGLE_OBJECT_ERRORS:  # nothing is known of this one, and it is not asked again
            arguments = {}
        found[image_id] = marks(arguments.items())
    return found


def read_built(
    histories: Mapping[str, Marks],
    records: BuildRecords | None,
    wanted: Collection[tuple[str, str]],
    images: Collection[str | None],
) -> dict[str, Built]:
    """What is known of how images were built, by their ids.

    Args:
        histories: What they tell by themselves.
        records: What was written down; asked only where anything can be compared with it.
        wanted: The build arguments of the project.
        images: The ids of those in question.
    """
    found = records.read() if records is not None and wanted else {}
    here = {image_id: record for image_id, record in found.items() if image_id in images}
    return built_with(histories, here, wanted)


def image_ids(images: Mapping[str, str | None], containers: Iterable[Container]) -> set[str | None]:
    """The ids that references mean now, and those that containers were made from."""
    return {*images.values(), *(item.image_id for item in containers)}
