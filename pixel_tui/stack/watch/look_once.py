"""Reads a snapshot of a stack once, without threads or state."""

import logging
from collections.abc import Collection, Mapping

from pixel_tui.clock import Clock
from pixel_tui.errors import ComposeError, EngineError
from pixel_tui.stack.compose.build_records import BuildRecords
from pixel_tui.stack.compose.places import name_from_labels, read_other_names
from pixel_tui.stack.model.built_with import argument_values
from pixel_tui.stack.model.exit_tracker import ExitTracker
from pixel_tui.stack.model.join import join
from pixel_tui.stack.model.json_value import JsonObject
from pixel_tui.stack.model.parse_project import parse_project
from pixel_tui.stack.model.resources import ResourceReader
from pixel_tui.stack.model.snapshot import StackSnapshot
from pixel_tui.stack.model.source import EngineReader, ProjectReader, ResolvedProject
from pixel_tui.stack.watch.container_reading import read_containers
from pixel_tui.stack.watch.engine_status import read_engine, trouble
from pixel_tui.stack.watch.external_reading import read_missing
from pixel_tui.stack.watch.image_reading import image_ids, read_built, read_histories, read_images
from pixel_tui.stack.watch.network_reading import read_removed_networks
from pixel_tui.stack.watch.shared_hashes import sharing_services, with_shared
from pixel_tui.text import plain

log = logging.getLogger(__name__)


def read_snapshot(
    engine: EngineReader,
    project: ProjectReader,
    clock: Clock,
    records: BuildRecords | None = None,
    ends: ExitTracker | None = None,
) -> StackSnapshot:
    """Read the complete stack once. If the project can't be resolved, the snapshot has the error.

    Args:
        engine: The engine.
        project: The project.
        clock: The clock.
        records: The build records of the project, if any.
        ends: Has the recorded stops of containers, if any.

    Raises:
        EngineError: The engine can't be reached.
    """
    resolved_project, project_trouble, name = None, None, plain(project.fallback_name)
    refusal: ComposeError | None = None
    sharing: dict[str, JsonObject] = {}
    arguments: Collection[tuple[str, str]] = ()
    try:
        resolved = project.resolve()
        arguments = argument_values(resolved.config)
        resolved_project = parse_project(resolved, _hashes(project, resolved))
        name, sharing = resolved_project.name, sharing_services(resolved)
    except ComposeError as error:
        refusal, project_trouble = error, trouble(error, None, clock)
    try:
        status = read_engine(engine, clock)
        if resolved_project is None:
            name = name_from_labels(engine, project)
    except EngineError as error:
        error.also = refusal  # who repairs the one would only then learn of the other
        raise
    containers = read_containers(engine, engine.containers(name), {}, ())
    if ends is not None:
        ends.check_recorded_stops(name, containers.values())
        containers = {key: ends.annotate(item) for key, item in containers.items()}
    images, own_variables = read_images(engine, resolved_project)
    if resolved_project is not None:
        resolved_project = with_shared(resolved_project, sharing, containers.values())
    histories = read_histories(engine, resolved_project, images, containers.values(), {})
    return join(
        engine=status,
        project=resolved_project,
        project_name=name,
        project_trouble=project_trouble,
        containers=containers.values(),
        images=images,
        own_variables=own_variables,
        built=read_built(histories, records, arguments, image_ids(images, containers.values())),
        missing=read_missing(engine, resolved_project, containers.values()),
        taken_at=clock.now(),
        other_names=() if containers else read_other_names(engine, resolved_project),
        diverged=ResourceReader(engine).read(resolved_project, containers.values()),
        removed_networks=read_removed_networks(engine, containers.values()),
        typed=project.typed,
    )


def _hashes(project: ProjectReader, resolved: ResolvedProject) -> Mapping[str, str]:
    """Return the hashes; none if compose fails, in which case only SYNC is unknown."""
    try:
        return project.hashes(resolved)
    except ComposeError as error:
        log.warning("compose printed no hashes: %s", error)
        return {}
