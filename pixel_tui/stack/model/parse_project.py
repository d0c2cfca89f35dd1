"""Parses compose's resolved project into the model. Pure: no clock, no file, no engine."""

from collections.abc import Iterator, Mapping

from pixel_tui.redaction.redactor import redact, spare_names
from pixel_tui.stack.model.built_with import arguments_of
from pixel_tui.stack.model.container import Port
from pixel_tui.stack.model.fingerprints import fingerprints
from pixel_tui.stack.model.json_value import Node
from pixel_tui.stack.model.parse_times import parse_duration
from pixel_tui.stack.model.project import Dependency, External, Project, ServiceSpec, VolumeSpec
from pixel_tui.stack.model.resources import parse_resources
from pixel_tui.stack.model.service_hash import NOT_UTF8
from pixel_tui.stack.model.source import ResolvedProject
from pixel_tui.text import NO_TEXT, SafeText, plain


def parse_project(resolved: ResolvedProject, hashes: Mapping[str, str]) -> Project:
    """Parse a project from `docker compose config --format json` and its services' hashes."""
    node = Node(resolved.config)
    name = node["name"].text
    spare_names((name, resolved.directory, *_names_in(node)))
    return Project(
        name=name,
        directory=plain(resolved.directory),
        files=tuple(plain(file) for file in resolved.files),
        services=tuple(
            sorted(
                (
                    _service_spec(node, key, item, resolved, hashes.get(key, ""))
                    for key, item in node["services"].members()
                ),
                key=lambda spec: spec.name,
            )
        ),
        resources=tuple(parse_resources(resolved.config)),
        volumes=tuple(
            VolumeSpec(item["name"].text or plain(f"{name}_{key}"), external=item["external"].flag)
            for key, item in node["volumes"].members()
        ),
        profiles=tuple(sorted(map(plain, resolved.profiles))),
        env_files=tuple(map(plain, resolved.env_files)),
        adopted=resolved.adopted,
        moved=plain(resolved.moved),
        warnings=tuple(plain(redact(line)) for line in resolved.warnings),
        left_out=plain(redact(resolved.left_out_reason)),
        refused_together=plain(redact(resolved.refused_together)),
    )


def _names_in(project: Node) -> Iterator[str]:
    """Yield the names of a project's services, images, containers, networks and volumes."""
    for key, item in project["services"].members():
        yield from (key, item["image"].raw, item["container_name"].raw)
    for kind in ("networks", "volumes"):
        for key, item in project[kind].members():
            yield from (key, item["name"].raw)


def _service_spec(
    project: Node, name: str, node: Node, resolved: ResolvedProject, config_hash: str
) -> ServiceSpec:
    replicas = node["scale"].value if "scale" in _keys(node) else node["deploy"]["replicas"].value
    check = node["healthcheck"]
    grace = parse_duration(node["stop_grace_period"].raw)
    context, dockerfile = node["build"]["context"].raw, node["build"]["dockerfile"].raw
    return ServiceSpec(
        name=plain(name),
        image=node["image"].text or plain(f"{project['name'].raw}-{name}" if node["build"] else ""),
        active=name in resolved.active,
        profiles=tuple(item.text for item in node["profiles"]),
        replicas=replicas if isinstance(replicas, int) else 1,
        builds=bool(node["build"]),
        always_builds=bool(node["build"]) and node["pull_policy"].raw == "build",
        build_folder=context if context.startswith("/") else "",
        dockerfile="" if node["build"]["dockerfile_inline"] else dockerfile or "Dockerfile",
        depends_on=tuple(
            Dependency(
                service=plain(key),
                condition=item["condition"].text or SafeText("service_started"),
                restart=item["restart"].flag,
                required=item["required"].value is not False,
            )
            for key, item in node["depends_on"].members()
        ),
        has_health_check=bool(check)
        and not check["disable"].flag
        and check["test"].value != ["NONE"],
        restart_policy=node["restart"].text,
        container_name=node["container_name"].text,
        stop_grace_period=10.0 if grace is None else grace,
        log_driver=node["logging"]["driver"].text,
        ports=declared_ports(node),
        variables=fingerprints(_variables(node["environment"])),
        build_arguments=fingerprints(arguments_of(node).items()),
        config_hash=plain(config_hash),
        networks=tuple(_network_names(project, node)),
        externals=tuple(sorted(set(externals_of(project, node)))),
        provider=node["provider"]["type"].text,
        hash_doubt=_hash_doubt(
            project, node, joined := tuple(dict.fromkeys(_shared_services(node)))
        ),
        joins=joined,
        links=tuple(plain(item.text.partition(":")[0]) for item in node["links"]),
        network_of=_owning_service(project, node["network_mode"]),
        ipc_of=_owning_service(project, node["ipc"]),
        pid_of=_owning_service(project, node["pid"]),
        network_keys=tuple(plain(key) for key, _ in node["networks"].members()),
        volumes=tuple(
            dict.fromkeys(
                item["source"].text
                for item in node["volumes"]
                if item["type"].raw == "volume" and item["source"].raw
            )
        ),
        refused=plain(redact(resolved.refused.get(name, "")) or _missing_image_error(node)),
        deliveries=resolved.deliveries.get(name, ()),
    )


def _missing_image_error(node: Node) -> str:
    """Return the error that compose reports only when it creates a container of this service."""
    if any(node[key] for key in ("image", "build", "provider")):
        return ""
    return "it has no image and no build (is a variable in it empty?)"


def _network_names(project: Node, node: Node) -> Iterator[SafeText]:
    for key, _ in node["networks"].members():
        yield project["networks"][key]["name"].text or plain(key)


def declared_ports(service: Node) -> tuple[Port, ...]:
    """Return the ports of a service in the resolved model."""
    return tuple(
        Port(
            item["target"].integer,
            item["protocol"].text or "tcp",
            item["host_ip"].text,
            item["published"].integer or None,
        )
        for item in service["ports"]
    )


def externals_of(project: Node, node: Node) -> Iterator[External]:
    """Yield the external networks and volumes of a service in the resolved model."""
    networks = (("network", key, project["networks"][key]) for key, _ in node["networks"].members())
    sources = [item["source"].raw for item in node["volumes"] if item["type"].raw == "volume"]
    volumes = (("volume", key, project["volumes"][key]) for key in sources)
    for kind, key, found in (*networks, *volumes):
        if found["external"].flag:
            yield External(kind, found["name"].text or plain(key))


def providers_of(project: Node, node: Node) -> list[SafeText]:
    """Return the dependencies of a service in the resolved model that have a provider."""
    names = (name for name, _ in node["depends_on"].members())
    return [plain(name) for name in names if project["services"][name]["provider"]]


def _owning_service(project: Node, mode: Node) -> SafeText:
    """Return the service of `service:vpn`, or of `container:vpn` if it is a `container_name`."""
    kind, _, owner = mode.raw.partition(":")
    if kind == "service":
        return plain(owner)
    if kind != "container":
        return NO_TEXT
    named = (
        plain(name)
        for name, node in project["services"].members()
        if node["container_name"].raw == owner
    )
    return next(named, NO_TEXT)


def _hash_doubt(project: Node, node: Node, joined: tuple[SafeText, ...]) -> SafeText:
    """Return why the hash of the resolved model may differ from the one `up` would write.

    Compose also hashes the ids of containers whose namespaces are shared, and the variables that
    a provider returns; the model has neither. It prints bytes that are not UTF-8 as a replacement
    character.
    """
    if providers := providers_of(project, node):
        return plain(f"{', '.join(providers)} may add variables to it")
    if joined:
        return plain(f"it shares namespaces or volumes of {', '.join(joined)}")
    names = [key for key, item in node.members() if item.mentions(NOT_UTF8)]
    if not names:
        return NO_TEXT
    return plain(f"its {', '.join(sorted(names))} is not valid UTF-8")


def _variables(node: Node) -> Iterator[tuple[str, str]]:
    """Yield the variables of the resolved model, as a container gets them."""
    for name, item in node.members():
        if isinstance(item.value, str):
            yield name, item.value.replace("$$", "$")


def _shared_services(node: Node) -> Iterator[SafeText]:
    """Yield the services in `network_mode: service:vpn`, `pid`, `ipc` and `volumes_from`."""
    for key in ("network_mode", "pid", "ipc"):
        kind, _, name = node[key].text.partition(":")
        if kind == "service" and name:
            yield plain(name)
    for item in node["volumes_from"]:
        name = item.text.partition(":")[0]
        if name and name != "container":
            yield plain(name)


def _keys(node: Node) -> set[str]:
    return {key for key, _ in node.members()}
