"""Parses the engine's containers into the model. Pure: no clock, no file, no engine."""

import re
import shlex
from collections.abc import Iterator

from pixel_tui.redaction.redactor import mask_value, redact, redact_argv, spare_names
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
from pixel_tui.stack.model.fingerprints import fingerprints
from pixel_tui.stack.model.json_value import JsonObject, Node
from pixel_tui.stack.model.labels import LABEL
from pixel_tui.stack.model.parse_times import parse_time
from pixel_tui.stack.model.replacements import REPLACE_LABEL, replaced_id
from pixel_tui.text import SafeText, plain, plain_lines


def parse_container(inspected: JsonObject) -> Container:
    """Parse a container from `GET /containers/{id}/json`; any field may be missing."""
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
        id=container_id(node["Id"]),
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
        variables=fingerprints(item.raw.partition("=")[::2] for item in config["Env"]),
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
    """Parse a container from `GET /containers/json`, for one that can't be inspected.

    Args:
        listed: Its entry in the list.
        why: Why it can't be inspected.
    """
    node = Node(listed)
    labels = node["Labels"]
    name = next((item.raw for item in node["Names"] if item.raw.count("/") == 1), "")
    spare_names(_container_names(Node(name), node["Image"], labels))
    return Container(
        id=container_id(node["Id"]),
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
    """Yield the names of a container, its image and its project, and the project's paths."""
    yield from (name.raw, image.raw)
    for key in ("project", "service", "project.working_dir", "project.config_files"):
        yield labels[f"{LABEL}{key}"].raw


def _owner(mode: Node) -> str:
    """Return the id from `container:<id>`; the engine has replaced any name by the id."""
    kind, _, owner = mode.raw.partition(":")
    return owner if kind == "container" else ""


def _joined_ids(host: Node) -> Iterator[str]:
    """Yield the ids in `NetworkMode: container:<id>`, `PidMode`, `IpcMode`, and `VolumesFrom`."""
    for key in ("NetworkMode", "PidMode", "IpcMode"):
        kind, _, name = host[key].raw.partition(":")
        if kind == "container":
            yield name
    for item in host["VolumesFrom"]:
        yield item.raw.partition(":")[0]


def container_id(node: Node) -> str:
    """Return a container id, reduced to at most 64 hexadecimal digits."""
    return re.sub(r"[^0-9a-f]", "", node.raw)[:64]


def _container_state(state: Node) -> ContainerState:
    try:
        return ContainerState(state["Status"].raw)
    except ValueError:
        return ContainerState.UNKNOWN


def _health(health: Node, check: Node, state: ContainerState) -> Health | None:
    """Parse the state of the health check.

    The engine reports a container that it does not check at the moment as unhealthy
    (`CloseMonitorChannel` of its health monitor): one that has exited, is paused, or was not
    checked since it was paused. Such a container is not reported as unhealthy here.
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
    return plain(shlex.join(redact_argv([word for word in words if word])))


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
