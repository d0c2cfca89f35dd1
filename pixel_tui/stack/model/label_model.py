"""A project derived from the labels of its containers, for when compose can't read it. Pure.

Compose labels each container with its project and service, the paths of the project's files, and
the dependencies of the service.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final

from pixel_tui.stack.model.container import Container
from pixel_tui.stack.model.labels import LABEL
from pixel_tui.stack.model.project import Dependency, Project, ServiceSpec
from pixel_tui.stack.model.snapshot import Service
from pixel_tui.text import NO_TEXT, SafeText, plain

PROJECT: Final = f"{LABEL}project"
WORKING_DIR: Final = f"{LABEL}project.working_dir"
CONFIG_FILES: Final = f"{LABEL}project.config_files"
ENVIRONMENT_FILE: Final = f"{LABEL}project.environment_file"
DEPENDS_ON: Final = f"{LABEL}depends_on"


def labelled_project(
    name: SafeText, containers: Iterable[Container], *, exclude: Collection[str] = ()
) -> Project:
    """Return the project as the labels of its containers describe it.

    Args:
        name: The project's name.
        containers: All containers with this name in their label.
        exclude: Services to leave out, because they are known from elsewhere.
    """
    containers = tuple(containers)
    by_service: dict[SafeText, list[Container]] = defaultdict(list)
    for container in containers:
        by_service[container.service].append(container)
    services = {container.id: container.service for container in containers}
    every = [item for members in by_service.values() for item in members if not item.oneoff]
    return Project(
        name=name,
        directory=next(iter(label_values(every, WORKING_DIR)), SafeText("")),
        files=tuple(_paths(label_values(every, CONFIG_FILES))),
        services=tuple(
            _spec(service, members, services)
            for service, members in sorted(by_service.items())
            if service not in exclude
        ),
        env_files=tuple(_paths(label_values(every, ENVIRONMENT_FILE))),
        from_labels=True,
    )


def label_values(containers: Iterable[Container], label: str) -> Sequence[SafeText]:
    """Return the distinct values that containers have for this label."""
    values = (value for item in containers for name, value in item.labels if name == label)
    return tuple(dict.fromkeys(filter(None, values)))


def _paths(values: Iterable[SafeText]) -> Iterator[SafeText]:
    yield from dict.fromkeys(plain(path) for value in values for path in value.split(",") if path)


def _spec(
    service: SafeText, members: Sequence[Container], services: Mapping[str, SafeText]
) -> ServiceSpec:
    """Return a service as its containers were created; inactive if it has only one-offs.

    Containers created with `--no-deps` have no dependencies in their labels, not even the service
    whose namespaces they share. The restart policy `no` is left out: Docker reports it also for a
    service that sets none.
    """
    regular = Service(service, None, tuple(members)).regular
    first = min(regular or members, key=lambda item: item.number)
    labels: Mapping[str, SafeText] = {str(name): value for name, value in first.labels}
    joined = (first.network_of, first.ipc_of, first.pid_of)
    owners = [services.get(owner, NO_TEXT) for owner in joined]
    dependencies = list(_dependencies(labels.get(DEPENDS_ON, NO_TEXT)))
    for owner in dict.fromkeys(filter(None, owners)):
        if all(item.service != owner for item in dependencies):
            dependencies.append(Dependency(owner, SafeText("service_started")))
    return ServiceSpec(
        name=service,
        image=first.image,
        active=bool(regular),
        replicas=len(regular),
        depends_on=tuple(dependencies),
        network_of=owners[0],
        ipc_of=owners[1],
        pid_of=owners[2],
        has_health_check=first.health is not None,
        restart_policy=NO_TEXT if first.restart_policy == "no" else first.restart_policy,
        log_driver=first.log_driver,
    )


def _dependencies(label: str) -> Iterator[Dependency]:
    """Parse `db:service_healthy:false,cache:service_started:true`, as compose 2 writes it."""
    for item in label.split(","):
        name, _, rest = item.partition(":")
        condition, _, restart = rest.partition(":")
        if name:
            yield Dependency(
                plain(name), plain(condition or "service_started"), restart=restart == "true"
            )
