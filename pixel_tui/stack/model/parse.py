"""Engine and compose JSON to the model. Pure: no clock, no file, no engine."""

import re
import shlex
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Final

from pixel_tui.late_pattern import LatePattern
from pixel_tui.redaction.redactor import mask_value, redact, redacted_argv, spare_names
from pixel_tui.stack.model.built_with import arguments_of
from pixel_tui.stack.model.container import (
    Container,
    ContainerState,
    EnvironmentEntry,
    Health,
    HealthStatus,
    Mount,
    NetworkAddress,
    Port,
    Probe,
)
from pixel_tui.stack.model.json_value import JsonObject, Node
from pixel_tui.stack.model.project import Dependency, External, Project, ServiceSpec, VolumeSpec
from pixel_tui.stack.model.replacements import REPLACE_LABEL, replaced_id
from pixel_tui.stack.model.resources import parse_resources
from pixel_tui.stack.model.service_hash import NOT_UTF8
from pixel_tui.stack.model.snapshot import StackEvent
from pixel_tui.stack.model.source import ResolvedProject
from pixel_tui.stack.model.value_mark import marks
from pixel_tui.stack.model.words import exit_words
from pixel_tui.text import NO_TEXT, SafeText, plain, plain_lines

LABEL: Final = "com.docker.compose."
_ZERO_TIME: Final = "0001-01-01"
_TIME = LatePattern(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$")
_DURATION = LatePattern(r"(?<!\d)(\d+(?:\.\d+)?)(h|ms|m|s|us|µs|ns)")
_UNIT_SECONDS: Final[Mapping[str, float]] = {
    "h": 3600.0,
    "m": 60.0,
    "s": 1.0,
    "ms": 1e-3,
    "us": 1e-6,
    "µs": 1e-6,
    "ns": 1e-9,
}


def parse_time(raw: str) -> datetime | None:
    """An RFC 3339 time of the engine, in UTC; None for its zero time or for no time."""
    match = _TIME.match(raw)
    if match is None or raw.startswith(_ZERO_TIME):
        return None
    seconds, fraction, zone = match.groups()
    micro = (fraction or "").ljust(6, "0")[:6]
    offset = "+00:00" if zone == "Z" else zone
    try:
        return datetime.fromisoformat(f"{seconds}.{micro}{offset}").astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def parse_duration(raw: str) -> float | None:
    """A Go duration (`1m30s`) in seconds; None when it is none."""
    parts = [(match[1], match[2]) for match in _DURATION.finditer(raw)]
    if not parts or "".join(number + unit for number, unit in parts) != raw:
        return None
    return sum(float(number) * _UNIT_SECONDS[unit] for number, unit in parts)


def parse_container(inspected: JsonObject) -> Container:
    """A container from `GET /containers/{id}/json`, whatever fields an engine leaves out."""
    node = Node(inspected)
    state, config, host = node["State"], node["Config"], node["HostConfig"]
    labels = config["Labels"]
    status = _container_state(state)
    ended = status not in {ContainerState.RUNNING, ContainerState.PAUSED, ContainerState.CREATED}
    started_at = parse_time(state["StartedAt"].raw)
    spare_names(_container_names(node["Name"], config["Image"], labels))
    spare_names(item["Name"].raw for item in node["Mounts"])
    spare_names(name for name, _ in node["NetworkSettings"]["Networks"].members())
    return Container(
        id=_container_id(node["Id"]),
        name=plain(node["Name"].raw.removeprefix("/")),
        service=labels[f"{LABEL}service"].text,
        state=status,
        created_at=parse_time(node["Created"].raw),
        started_at=started_at,
        finished_at=parse_time(state["FinishedAt"].raw),
        number=labels[f"{LABEL}container-number"].integer or 1,
        oneoff=labels[f"{LABEL}oneoff"].raw == "True",
        image=config["Image"].text,
        image_id=labels[f"{LABEL}image"].text or node["Image"].text,
        health=_health(state["Health"], config["Healthcheck"], status),
        exit_code=state["ExitCode"].integer
        if ended and (started_at or state["ExitCode"])
        else None,
        oom_killed=ended and state["OOMKilled"].flag,
        error=plain(redact(state["Error"].raw)),
        restarts=node["RestartCount"].integer,
        restart_policy=_restart_policy(host["RestartPolicy"]),
        command=_command(node),
        ports=_ports(node),
        mounts=tuple(_mount(item) for item in node["Mounts"]),
        networks=_networks(node["NetworkSettings"]["Networks"]),
        labels=tuple(
            sorted(
                (plain(name), plain(mask_value(name, value.text)))
                for name, value in labels.members()
            )
        ),
        environment=_environment(config["Env"]),
        variables=marks(item.raw.partition("=")[::2] for item in config["Env"]),
        log_driver=host["LogConfig"]["Type"].text,
        tty=config["Tty"].flag,
        memory_limit=host["Memory"].integer or None,
        config_hash=labels[f"{LABEL}config-hash"].text,
        joins=tuple(dict.fromkeys(_joined_ids(host))),
        network_of=_owner(host["NetworkMode"]),
        ipc_of=_owner(host["IpcMode"]),
        pid_of=_owner(host["PidMode"]),
        replaces=replaced_id(
            node["Name"].raw.removeprefix("/"), labelled=bool(labels[REPLACE_LABEL])
        ),
    )


def parse_listed(listed: JsonObject, why: SafeText) -> Container:
    """A container as `GET /containers/json` lists it, where it can't be inspected.

    Args:
        listed: Its entry.
        why: Why it can't.
    """
    node = Node(listed)
    labels = node["Labels"]
    name = next((item.raw for item in node["Names"] if item.raw.count("/") == 1), "")
    spare_names(_container_names(Node(name), node["Image"], labels))
    return Container(
        id=_container_id(node["Id"]),
        name=plain(name.removeprefix("/")),
        service=labels[f"{LABEL}service"].text,
        state=_container_state(Node({"Status": node["State"].value})),
        number=labels[f"{LABEL}container-number"].integer or 1,
        oneoff=labels[f"{LABEL}oneoff"].raw == "True",
        replaces=replaced_id(name.removeprefix("/"), labelled=bool(node["Labels"][REPLACE_LABEL])),
        image=node["Image"].text,
        image_id=labels[f"{LABEL}image"].text or node["ImageID"].text,
        error=plain(redact(why)),
        command=plain(redact(node["Command"].raw)),
        config_hash=labels[f"{LABEL}config-hash"].text,
        partial=True,
    )


def _container_names(name: Node, image: Node, labels: Node) -> Iterator[str]:
    """What names a container, its image and its project, whose folder is in every path of it."""
    yield from (name.raw, image.raw)
    for key in ("project", "service", "project.working_dir", "project.config_files"):
        yield labels[f"{LABEL}{key}"].raw


def _owner(mode: Node) -> str:
    """Of `container:<id>`, as the engine writes it whatever it was given."""
    kind, _, owner = mode.raw.partition(":")
    return owner if kind == "container" else ""


def _owning_service(project: Node, mode: Node) -> SafeText:
    """Of `service:vpn`, and of `container:vpn` where that is the name of a service's container."""
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


def _joined_ids(host: Node) -> Iterator[str]:
    """`NetworkMode: container:<id>`, `PidMode`, `IpcMode`, and `VolumesFrom: [<id>:ro]`."""
    for key in ("NetworkMode", "PidMode", "IpcMode"):
        kind, _, name = host[key].raw.partition(":")
        if kind == "container":
            yield name
    for item in host["VolumesFrom"]:
        yield item.raw.partition(":")[0]


def _container_id(node: Node) -> str:
    return re.sub(r"[^0-9a-f]", "", node.raw)[:64]


def _container_state(state: Node) -> ContainerState:
    try:
        return ContainerState(state["Status"].raw)
    except ValueError:
        return ContainerState.UNKNOWN


def _health(health: Node, check: Node, state: ContainerState) -> Health | None:
    """What the checks found.

    The engine calls unhealthy whatever it does not check at the moment (`CloseMonitorChannel`
    of its health monitor): one that ended, is paused, or was not checked since its pause.
    """
    if not health or check["Test"].value == ["NONE"]:
        return None
    try:
        status = HealthStatus(health["Status"].raw)
    except ValueError:
        return None
    if status is HealthStatus.NONE:
        return None
    streak = health["FailingStreak"].integer
    if state is not ContainerState.RUNNING:
        status = HealthStatus.NONE
    elif status is HealthStatus.UNHEALTHY and not streak:
        status = HealthStatus.STARTING
    return Health(
        status=status,
        failing_streak=streak,
        probes=tuple(probe for item in health["Log"] if (probe := _probe(item)) is not None),
    )


def _probe(node: Node) -> Probe | None:
    started = parse_time(node["Start"].raw)
    if started is None:
        return None
    output = node["Output"].raw
    return Probe(
        started=started,
        ended=parse_time(node["End"].raw),
        exit_code=node["ExitCode"].integer,
        output=plain_lines(redact(output)) if output.strip() else (),
    )


def _restart_policy(node: Node) -> SafeText:
    name = node["Name"].text or SafeText("no")
    retries = node["MaximumRetryCount"].integer
    return SafeText(f"{name}:{retries}") if retries else name


def _command(node: Node) -> SafeText:
    words = [node["Path"].raw, *(item.raw for item in node["Args"])]
    return plain(shlex.join(redacted_argv([word for word in words if word])))


def declared_ports(service: Node) -> tuple[Port, ...]:
    """The ports of a service of the resolved model."""
    return tuple(
        Port(
            item["target"].integer,
            item["protocol"].text or "tcp",
            item["host_ip"].text,
            item["published"].integer or None,
        )
        for item in service["ports"]
    )


def _ports(node: Node) -> tuple[Port, ...]:
    found: set[Port] = set()
    live = node["NetworkSettings"]["Ports"]
    for key, bindings in (live or node["HostConfig"]["PortBindings"]).members():
        number, _, protocol = key.partition("/")
        if not number.isdecimal():
            continue
        proto = plain(protocol or "tcp")
        published = [
            Port(int(number), proto, item["HostIp"].text, item["HostPort"].integer or None)
            for item in bindings
        ]
        found.update(published or [Port(int(number), proto)])
    return tuple(sorted(found, key=lambda port: (port.container_port, port.protocol, port.host_ip)))


def _mount(node: Node) -> Mount:
    return Mount(
        kind=node["Type"].text,
        source=node["Name"].text or node["Source"].text,
        target=node["Destination"].text,
        writable=node["RW"].flag,
    )


def _networks(node: Node) -> tuple[NetworkAddress, ...]:
    return tuple(
        sorted(
            (
                NetworkAddress(
                    network=plain(name),
                    address=item["IPAddress"].text or item["GlobalIPv6Address"].text,
                    aliases=tuple(sorted({alias.text for alias in item["Aliases"]})),
                    network_id=item["NetworkID"].raw,
                )
                for name, item in node.members()
            ),
            key=lambda address: address.network,
        )
    )


def _environment(node: Node) -> tuple[EnvironmentEntry, ...]:
    entries = []
    for item in node:
        name, _, value = item.raw.partition("=")
        entries.append(EnvironmentEntry(plain(name), plain(mask_value(name, value))))
    return tuple(sorted(entries, key=lambda entry: entry.name))


def parse_project(resolved: ResolvedProject, hashes: Mapping[str, str]) -> Project:
    """A project from `docker compose config --format json` and its hashes."""
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
        left_out=plain(redact(resolved.left_out_why)),
        refused_together=plain(redact(resolved.refused_together)),
    )


def _names_in(project: Node) -> Iterator[str]:
    """The names of a project's services, images, containers, networks and volumes."""
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
        variables=marks(_values(node["environment"])),
        build_arguments=marks(arguments_of(node).items()),
        config_hash=plain(config_hash),
        networks=tuple(_network_names(project, node)),
        externals=tuple(sorted(set(externals_of(project, node)))),
        provider=node["provider"]["type"].text,
        hash_doubt=_hash_doubt(project, node, joined := tuple(dict.fromkeys(_joined(node)))),
        joins=joined,
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
        refused=plain(redact(resolved.refused.get(name, "")) or _without_image(node)),
    )


def _without_image(node: Node) -> str:
    """What compose says of it only when it makes a container, where it alone is named."""
    if any(node[key] for key in ("image", "build", "provider")):
        return ""
    return "it has neither an image nor a build (is a variable in it empty?)"


def _network_names(project: Node, node: Node) -> Iterator[SafeText]:
    for key, _ in node["networks"].members():
        yield project["networks"][key]["name"].text or plain(key)


def externals_of(project: Node, node: Node) -> Iterator[External]:
    """What a service needs and compose does not make, in the resolved model."""
    networks = (("network", key, project["networks"][key]) for key, _ in node["networks"].members())
    sources = [item["source"].raw for item in node["volumes"] if item["type"].raw == "volume"]
    volumes = (("volume", key, project["volumes"][key]) for key in sources)
    for kind, key, found in (*networks, *volumes):
        if found["external"].flag:
            yield External(kind, found["name"].text or plain(key))


def providers_of(project: Node, node: Node) -> list[SafeText]:
    """The services that a service of the resolved model depends on and that have a provider."""
    names = (name for name, _ in node["depends_on"].members())
    return [plain(name) for name in names if project["services"][name]["provider"]]


def _hash_doubt(project: Node, node: Node, joined: tuple[SafeText, ...]) -> SafeText:
    """Why the hash of the resolved model need not be the one that `up` writes.

    Compose hashes the ids of containers whose namespaces are shared, which the model does not
    have, and the variables that a provider answers with. It prints the same for bytes that are no
    UTF-8 as for one certain character.
    """
    if providers := providers_of(project, node):
        return plain(f"{', '.join(providers)} may add variables to it")
    if joined:
        return plain(f"it shares what {', '.join(joined)} has")
    names = [key for key, item in node.members() if item.mentions(NOT_UTF8)]
    if not names:
        return NO_TEXT
    return plain(f"its {', '.join(sorted(names))} has characters that are not UTF-8")


def _values(node: Node) -> Iterator[tuple[str, str]]:
    """Variables of the resolved model, as a container gets them."""
    for name, item in node.members():
        if isinstance(item.value, str):
            yield name, item.value.replace("$$", "$")


def _joined(node: Node) -> Iterator[SafeText]:
    """`network_mode: service:vpn`, `pid`, `ipc`, and `volumes_from: [data:ro]`."""
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


def parse_event(raw: JsonObject) -> StackEvent | None:
    """An event of a compose container from `GET /events`; None for anything else."""
    node = Node(raw)
    actor = node["Actor"]
    attributes = actor["Attributes"]
    container_id = _container_id(actor["ID"])
    if node["Type"].raw != "container" or not container_id:
        return None
    nanoseconds = node["timeNano"].integer or node["time"].integer * 1_000_000_000
    try:
        at = datetime.fromtimestamp(nanoseconds / 1e9, UTC)
    except (OverflowError, ValueError, OSError):
        return None
    action = node["Action"].text
    return StackEvent(
        at=at,
        action=action,
        container_id=container_id,
        container=attributes["name"].text,
        service=attributes[f"{LABEL}service"].text,
        detail=_event_detail(action, attributes),
    )


def _event_detail(action: str, attributes: Node) -> SafeText:
    if action == "die" and attributes["exitCode"]:
        return exit_words(attributes["exitCode"].integer)
    if action == "kill" and attributes["signal"]:
        return plain(f"signal {attributes['signal'].text}")
    if action == "rename" and attributes["oldName"]:
        return plain(f"was {attributes['oldName'].raw.removeprefix('/')}")
    return NO_TEXT
