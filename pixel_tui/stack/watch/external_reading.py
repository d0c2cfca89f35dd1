"""Reads from the engine which external networks and volumes are missing."""

import logging
from collections.abc import Iterable

from pixel_tui.errors import SINGLE_OBJECT_ERRORS
from pixel_tui.stack.model.container import Container
from pixel_tui.stack.model.project import External, Project
from pixel_tui.stack.model.source import EngineReader

log = logging.getLogger(__name__)


def read_missing(
    engine: EngineReader, project: Project | None, containers: Iterable[Container]
) -> frozenset[External]:
    """Return the missing external networks and volumes.

    They are looked up only for services that are active or have containers and that do not run:
    running ones have what they need. Those of other services are looked up for a plan that
    creates them.

    Raises:
        EngineError: The engine can't be reached.
    """
    regular = [item for item in containers if not item.oneoff]
    up, made = (
        {item.service for item in regular if item.running},
        {item.service for item in regular},
    )
    specs = project.services if project else ()
    asked = {
        item
        for spec in specs
        if (spec.active or spec.name in made) and spec.name not in up
        for item in spec.externals
    }
    missing = set()
    for item in sorted(asked):
        ask = engine.network if item.kind == "network" else engine.volume
        try:
            if ask(item.name) is None:
                missing.add(item)
        except SINGLE_OBJECT_ERRORS as error:  # then it is not known to be missing
            log.warning("an external %s can't be looked up: %s", item.kind, error)
    return frozenset(missing)
