"""One look at an engine and a project: the questions, without any thread or state."""

import logging
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Final

from pixel_tui.clock import Clock
from pixel_tui.errors import (
    OF_ONE_OBJECT,
    ComposeError,
    ConsoleError,
    EngineAnswerInvalid,
    EngineError,
    EngineRefused,
)
from pixel_tui.stack.compose.build_records import BuildRecords
from pixel_tui.stack.compose.places import labelled_name, read_other_names
from pixel_tui.stack.model.built_with import (
    Built,
    argument_values,
    build_arguments,
    built_with,
    is_baked,
)
from pixel_tui.stack.model.container import Container, ContainerState, HealthStatus
from pixel_tui.stack.model.ends import Ends
from pixel_tui.stack.model.join import join
from pixel_tui.stack.model.json_value import JsonObject, Node
from pixel_tui.stack.model.parse import parse_container, parse_listed, parse_project
from pixel_tui.stack.model.project import External, Project, ServiceSpec
from pixel_tui.stack.model.resources import ResourceReader
from pixel_tui.stack.model.service_hash import as_up_hashes, partners
from pixel_tui.stack.model.snapshot import EngineStatus, Link, StackSnapshot, Trouble
from pixel_tui.stack.model.source import EngineReader, ProjectReader, ResolvedProject
from pixel_tui.stack.model.sync import REFUSED
from pixel_tui.stack.model.value_mark import Marks, marks
from pixel_tui.text import NO_TEXT, plain

log = logging.getLogger(__name__)

NOT_FOUND: Final = 404
BAD_REQUEST: Final = 400


def read_engine(engine: EngineReader, clock: Clock) -> EngineStatus:
    """Who the engine is.

    Raises:
        EngineError: It can't be asked.
    """
    version, info = Node(engine.version()), Node(engine.info())
    return EngineStatus(
        address=engine.address,
        context=engine.context,
        link=Link.READY,
        version=version["Version"].text,
        api_version=version["ApiVersion"].text,
        host_name=info["Name"].text,
        cpus=info["NCPU"].integer,
        memory=info["MemTotal"].integer,
        seen_at=clock.now(),
    )


def read_containers(
    engine: EngineReader,
    listed: Iterable[JsonObject],
    known: Mapping[str, Container],
    dirty: Collection[str],
) -> dict[str, Container]:
    """Inspect what is new, what is dirty, and what the list shows changed.

    One that the engine lists and can't inspect is known by the list, and asked for again.

    Raises:
        EngineError: It can't be asked.
    """
    containers = {}
    for entry in listed:
        item = Node(entry)
        container_id = item["Id"].raw
        before = known.get(container_id)
        if before is not None and container_id not in dirty and _unchanged(before, item):
            containers[container_id] = before
            continue
        try:
            containers[container_id] = parse_container(engine.inspect(container_id))
        except OF_ONE_OBJECT as error:
            if not is_gone(error):
                log.warning("a container can't be inspected: %s", error)
                containers[container_id] = parse_listed(entry, error.sentence)
    return containers


def is_gone(error: EngineRefused | EngineAnswerInvalid) -> bool:
    """Whether the object went between the list and the question."""
    return isinstance(error, EngineRefused) and error.status == NOT_FOUND


def _unchanged(before: Container, listed: Node) -> bool:
    """Whether the list says the same of a container as when it was inspected.

    One whose health is not settled is always asked again: its probes' output changes
    without an event.
    """
    return (
        listed["State"].raw == before.state.value
        and not before.partial
        and before.state is not ContainerState.RESTARTING
        and before.health_status not in {HealthStatus.STARTING, HealthStatus.UNHEALTHY}
        and listed["Names"].value == [f"/{before.name}"]
    )


def sharing_services(resolved: ResolvedProject) -> dict[str, JsonObject]:
    """The services that share namespaces or volumes of others, as they were resolved."""
    return {
        name: service
        for name, node in Node(resolved.config)["services"].members()
        if isinstance(service := node.value, dict) and any(partners(service))
    }


def with_shared(
    project: Project, sharing: Mapping[str, JsonObject], containers: Collection[Container]
) -> Project:
    """The project with the hashes that `up` would write now for what shares others' namespaces.

    Args:
        project: The project, with the hashes that compose tells.
        sharing: The services that share anything.
        containers: All that there are: their ids are in these hashes.
    """
    if not sharing:
        return project
    regular = (item for item in containers if not (item.oneoff or item.replaces))
    ordered = sorted(regular, key=lambda item: item.number, reverse=True)
    ids = {str(item.service): item.id for item in ordered}
    return replace(
        project,
        services=tuple(
            _shared(spec, sharing[spec.name], ids) if spec.name in sharing else spec
            for spec in project.services
        ),
    )


def _shared(spec: ServiceSpec, service: JsonObject, ids: Mapping[str, str]) -> ServiceSpec:
    found = as_up_hashes(service, spec.config_hash, ids=ids) if spec.config_hash else ""
    return replace(spec, config_hash=plain(found), hash_doubt=NO_TEXT) if found else spec


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
        except OF_ONE_OBJECT as error:
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
        except OF_ONE_OBJECT as error:
            if _is_wrong(reference, error):
                found.add(reference)
    return frozenset(found)


def _is_wrong(reference: str, error: Exception) -> bool:
    """Whether an engine that can't tell of an image takes its name for none."""
    # Two slashes are answered with a redirection.
    wrong = isinstance(error, EngineRefused) and error.status == BAD_REQUEST
    return wrong or "//" in reference


def read_missing(
    engine: EngineReader, project: Project | None, containers: Iterable[Container]
) -> frozenset[External]:
    """The external networks and volumes that are not there.

    Asked for only of what is meant or has containers, and does not run: what runs has what it
    needs. What a plan creates of the others is looked up for that plan.

    Raises:
        EngineError: It can't be asked.
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
        except OF_ONE_OBJECT as error:  # then it is not known to be missing
            log.warning("an external %s can't be looked up: %s", item.kind, error)
    return frozenset(missing)


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
        except OF_ONE_OBJECT:  # nothing is known of this one, and it is not asked again
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


def trouble(error: ConsoleError, before: Trouble | None, clock: Clock) -> Trouble:
    """An error as a state; since when is kept where it is the trouble of before."""
    return Trouble(error.sentence, error.remedy, clock.now()).lasting(before)


def look_once(
    engine: EngineReader,
    project: ProjectReader,
    clock: Clock,
    records: BuildRecords | None = None,
    ends: Ends | None = None,
) -> StackSnapshot:
    """The whole stack, asked once. A project that can't be resolved is a state of it.

    Args:
        engine: The engine.
        project: The project.
        clock: Where times come from.
        records: What its images were built with, as far as that was written down.
        ends: How its containers ended, as far as that was written down.

    Raises:
        EngineError: The engine can't be asked.
    """
    resolved_project, project_trouble, name = None, None, plain(project.name_guess)
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
            name = labelled_name(engine, project)
    except EngineError as error:
        error.beside = refusal  # who repairs the one would only then learn of the other
        raise
    containers = read_containers(engine, engine.containers(name), {}, ())
    if ends is not None:
        ends.look_back(name, containers.values())
        containers = {key: ends.told(item) for key, item in containers.items()}
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
    )


def _hashes(project: ProjectReader, resolved: ResolvedProject) -> Mapping[str, str]:
    """The hashes; without them only what `up` would do is unknown."""
    try:
        return project.hashes(resolved)
    except ComposeError as error:
        log.warning("compose gave no hashes: %s", error)
        return {}


def unreachable(engine: EngineReader, error: EngineError, clock: Clock) -> EngineStatus:
    """The state of an engine that can't be asked."""
    return EngineStatus(
        address=engine.address,
        context=engine.context,
        link=Link.LOST,
        trouble=trouble(error, None, clock),
    )
