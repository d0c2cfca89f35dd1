"""The simulated containers in the JSON of Docker's API."""

from typing import Final

from pixel_tui.demo.stack.compose_file import host_path
from pixel_tui.demo.stack.container import DemoHealth, FakeContainer, Status
from pixel_tui.demo.stack.seeded_time import ZERO_TIME, how_long, nanoseconds, stamp
from pixel_tui.demo.stack.services import NETWORK, PROJECT, DemoHealthCheck
from pixel_tui.demo.stack.usage import HOST_MEMORY
from pixel_tui.stack.model.json_value import JsonObject, JsonValue

HOST_CPUS: Final = 4
_PROBE_SECONDS: Final = 0.043
NETWORK_ID: Final = "5f0c7f6d2f7e4a5fb1c3" + "0" * 44


def listed(actor: FakeContainer, now: float) -> JsonObject:
    """An item of `GET /containers/json`."""
    return {
        "Id": actor.id,
        "Names": [f"/{actor.name}"],
        "Image": actor.part.image_name,
        "ImageID": actor.image_id,
        "Command": " ".join(actor.part.command),
        "Created": int(actor.created),
        "Ports": _listed_ports(actor),
        "Labels": dict(actor.labels()),
        "State": actor.status.value,
        "Status": _status_words(actor, now),
        "HostConfig": {"NetworkMode": f"{PROJECT}_{NETWORK}"},
        "NetworkSettings": {"Networks": _networks(actor)},
        "Mounts": _mounts(actor),
    }


def inspected(actor: FakeContainer) -> JsonObject:
    """`GET /containers/{id}/json`."""
    part = actor.part
    path, *arguments = part.command
    return {
        "Id": actor.id,
        "Created": stamp(actor.created),
        "Path": path,
        "Args": list(arguments),
        "State": _state(actor),
        "Image": actor.image_id,
        "Name": f"/{actor.name}",
        "RestartCount": actor.restarts,
        "Driver": "overlay2",
        "Platform": "linux",
        "HostConfig": {
            "NetworkMode": f"{PROJECT}_{NETWORK}",
            "Memory": part.memory_limit,
            "LogConfig": {"Type": part.log_driver, "Config": {}},
            "PortBindings": _bindings(actor),
            "RestartPolicy": {"Name": part.restart, "MaximumRetryCount": 0},
            "AutoRemove": False,
        },
        "Mounts": _mounts(actor),
        "Config": {
            "Hostname": actor.id[:12],
            "Tty": False,
            "Env": [f"{name}={value}" for name, value in part.environment],
            "Cmd": list(part.command),
            "Image": part.image_name,
            "Labels": dict(actor.labels()),
            **({"Healthcheck": _healthcheck(part.check)} if part.check else {}),
        },
        "NetworkSettings": {
            "Ports": _live_ports(actor) if actor.running else {},
            "Networks": _networks(actor),
        },
    }


def stats(actor: FakeContainer, now: float) -> JsonObject:
    """`GET /containers/{id}/stats`, one sample, on a host with cgroup 2."""
    use = actor.use(now)
    base: JsonObject = {
        "name": f"/{actor.name}",
        "id": actor.id,
        "preread": ZERO_TIME,
        "num_procs": 0,
        "storage_stats": {},
    }
    if use is None:
        return {**base, "read": ZERO_TIME, "cpu_stats": {}, "memory_stats": {}, "pids_stats": {}}
    limit = actor.part.memory_limit or HOST_MEMORY
    cache = min(use.cache, limit - use.memory)
    return {
        **base,
        "read": stamp(now),
        "cpu_stats": {
            "cpu_usage": {
                "total_usage": use.cpu,
                "usage_in_kernelmode": use.cpu // 5,
                "usage_in_usermode": use.cpu - use.cpu // 5,
            },
            "system_cpu_usage": nanoseconds(now) * HOST_CPUS,
            "online_cpus": HOST_CPUS,
            "throttling_data": {"periods": 0, "throttled_periods": 0, "throttled_time": 0},
        },
        "memory_stats": {
            "usage": use.memory + cache,
            "limit": limit,
            "stats": {"anon": use.memory, "file": cache, "inactive_file": cache},
        },
        "networks": {
            "eth0": {
                "rx_bytes": use.received,
                "rx_packets": use.received // 700,
                "tx_bytes": use.sent,
                "tx_packets": use.sent // 700,
            }
        },
        "blkio_stats": {
            "io_service_bytes_recursive": [
                {"major": 259, "minor": 0, "op": "read", "value": use.read},
                {"major": 259, "minor": 0, "op": "write", "value": use.written},
            ]
        },
        "pids_stats": {"current": use.processes, "limit": 9448},
    }


def event(actor: FakeContainer, action: str, at: float, **attributes: str) -> JsonObject:
    """A message of `GET /events`."""
    image = actor.part.image_name
    return {
        "status": action,
        "id": actor.id,
        "from": image,
        "Type": "container",
        "Action": action,
        "Actor": {
            "ID": actor.id,
            "Attributes": {**actor.labels(), "image": image, "name": actor.name, **attributes},
        },
        "scope": "local",
        "time": int(at),
        "timeNano": nanoseconds(at),
    }


def _status_words(actor: FakeContainer, now: float) -> str:
    match actor.status:
        case Status.CREATED:
            return "Created"
        case Status.RUNNING:
            words = f"Up {how_long(now - actor.started)}"
            if actor.health is None:
                return words
            verdict = actor.health.verdict.value
            return f"{words} ({'health: starting' if verdict == 'starting' else verdict})"
        case Status.RESTARTING:
            return f"Restarting ({actor.exit_code}) {how_long(now - actor.finished)} ago"
        case Status.EXITED:
            return f"Exited ({actor.exit_code}) {how_long(now - actor.finished)} ago"


def _state(actor: FakeContainer) -> JsonObject:
    state: JsonObject = {
        "Status": actor.status.value,
        # The engine reports a container that waits for its restart as running.
        "Running": actor.up,
        "Paused": False,
        "Restarting": actor.status is Status.RESTARTING,
        "OOMKilled": actor.oom_killed,
        "Dead": False,
        "Pid": 1000 + int(actor.id[:3], 16) if actor.running else 0,
        "ExitCode": actor.exit_code,
        "Error": "",
        "StartedAt": stamp(actor.started),
        "FinishedAt": stamp(actor.finished),
    }
    if actor.health is not None:
        state["Health"] = _health(actor.health)
    return state


def _health(health: DemoHealth) -> JsonObject:
    log: list[JsonValue] = [
        {
            "Start": stamp(run.at),
            "End": stamp(run.at + _PROBE_SECONDS),
            "ExitCode": 0 if run.passed else 1,
            "Output": health.check.passing if run.passed else health.check.failing,
        }
        for run in health.runs
    ]
    return {"Status": health.verdict.value, "FailingStreak": health.streak, "Log": log}


def _healthcheck(check: DemoHealthCheck) -> JsonObject:
    return {
        "Test": list(check.test),
        "Interval": nanoseconds(check.interval),
        "Timeout": nanoseconds(5.0),
        "StartPeriod": nanoseconds(check.start_period),
        "StartInterval": nanoseconds(check.start_interval),
        "Retries": check.retries,
    }


def _mounts(actor: FakeContainer) -> list[JsonValue]:
    return [
        {
            "Type": "bind",
            "Source": host_path(source),
            "Destination": target,
            "Mode": "rw" if writable else "ro",
            "RW": writable,
            "Propagation": "rprivate",
        }
        for source, target, writable in actor.part.volumes
    ]


def _bindings(actor: FakeContainer) -> JsonObject:
    if actor.oneoff:
        return {}
    host_ip = actor.part.host_ip
    return {
        f"{inside}/tcp": [{"HostIp": host_ip, "HostPort": str(outside)}]
        for inside, outside in actor.part.published
    }


def _live_ports(actor: FakeContainer) -> JsonObject:
    exposed: JsonObject = {f"{actor.part.port}/tcp": None} if actor.part.port else {}
    return {**exposed, **_bindings(actor)}


def _listed_ports(actor: FakeContainer) -> list[JsonValue]:
    if not actor.running:
        return []
    if not actor.part.published and actor.part.port:
        return [{"PrivatePort": actor.part.port, "Type": "tcp"}]
    return [
        {
            "IP": actor.part.host_ip,
            "PrivatePort": inside,
            "PublicPort": outside,
            "Type": "tcp",
        }
        for inside, outside in actor.part.published
    ]


def _networks(actor: FakeContainer) -> JsonObject:
    return {
        f"{PROJECT}_{NETWORK}": {
            "Aliases": [actor.name, actor.part.name],
            "NetworkID": NETWORK_ID,
            "Gateway": "172.20.0.1" if actor.running else "",
            "IPAddress": actor.address if actor.running else "",
            "IPPrefixLen": 16 if actor.running else 0,
            "GlobalIPv6Address": "",
        }
    }
